"""Every change that a process makes under one folder, in order and with its bytes, by strace.

What native libraries write is seen as well. A trace that does not end in the very tree that lies
on the disk is refused, as is a call that the model does not know.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.disk_calls import CALLS, VOLATILE, Taker
from benchmarks.disk_model import (
    Change,
    Tree,
    scanned,
    tree,
)
from benchmarks.disk_opened import Traced, TraceError

LONGEST = 1 << 26
LINE = re.compile(r"(\d+) +(.*)")
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?|0x[0-9a-f]+)(.*)", re.DOTALL)
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)", re.DOTALL)


def missing() -> str | None:
    """Why no process can be traced here; None when it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-e", "trace=fsync", "true"], capture_output=True)
    return None if tried.returncode == 0 else "strace may not trace a process here"


def trace(command: Sequence[str], place: Path, aside: Path) -> Traced:
    """Run a command under strace; `aside` holds the trace and ``marks``, where it may write marks.

    Raises:
        TraceError: the command failed, or the trace does not end in the tree that it left.
    """
    place, aside = place.resolve(), aside.resolve()
    log, marks = aside / "strace", aside / "marks"
    traced = Traced(scanned(place), str(place), str(marks), cwd=os.getcwd())
    arguments = ["strace", "-f", "--seccomp-bpf", "-qq", "-xx", "-s", str(LONGEST), "-e",
                 f"trace={CALLS}", "-e", "signal=none", "-o", str(log), *command]  # fmt: skip
    ran = subprocess.run(arguments, capture_output=True, text=True)
    if ran.returncode:
        raise TraceError(f"{command} failed under strace: {ran.stderr[-2000:]}")
    with log.open(encoding="ascii") as lines:
        for pid, call, begun in _calls(lines, traced.changes):
            _take(traced, pid, call, begun)
    log.unlink()
    real = tree(scanned(place), {}, {})
    _compare(traced.tree(), real)
    return traced


def _compare(ours: Tree, real: Tree) -> None:
    volatile = {path for path in (*ours, *real) if path.endswith(VOLATILE)}
    for path in sorted({*ours, *real} - volatile):
        if path not in ours or path not in real or ours[path] != real[path]:
            raise TraceError(f"the trace does not end in what lies on the disk: {path}")


def _calls(lines: Iterator[str], changes: list[Change]) -> Iterator[tuple[int, str, int]]:
    """Whole calls in the order of their ends, with how many changes there were when they began."""
    begun: dict[int, tuple[str, int]] = {}
    for line in lines:
        found = LINE.match(line)
        if found is None:
            raise TraceError(f"no line of strace: {line[:200]}")
        pid, text = int(found[1]), found[2]
        if text.endswith(" <unfinished ...>"):
            text = text.removesuffix(" <unfinished ...>")
            if text.startswith("close("):
                # Its number is free from here on, before the call ends.
                yield pid, text.rstrip(")") + ") = 0", len(changes)
            begun[pid] = text, len(changes)
        elif resumed := RESUMED.match(text):
            first, number = begun.pop(pid)
            if not first.startswith("close("):
                yield pid, first + resumed[2], number
        elif not text.startswith(("+++", "---")):
            yield pid, text, len(changes)


def _take(traced: Traced, pid: int, text: str, begun: int) -> None:
    found = CALL.match(text)
    if found is None:
        raise TraceError(f"no call of strace: {text[:200]}")
    name, arguments, said, _ = found.groups()
    process = traced.process.setdefault(pid, pid)
    files = traced.files.setdefault(process, {})
    if said == "?" or said.startswith("-"):
        return
    result = int(said, 0)
    if name in ("fork", "vfork", "clone", "clone3"):
        shared = "CLONE_FILES" in arguments
        traced.process[result] = process if shared else result
        if not shared:
            traced.files[result] = dict(files)
        return
    Taker(traced, files, begun).take(name, _split(arguments), result)


def _split(arguments: str) -> list[str]:
    """Arguments, apart; brackets hold together."""
    parts, depth, start = [], 0, 0
    for found in re.finditer(r'"[^"]*"|[\[{(]|[\]})]|, ', arguments):
        mark = found[0]
        if mark in "[{(":
            depth += 1
        elif mark in "]})":
            depth -= 1
        elif mark == ", " and depth == 0:
            parts.append(arguments[start : found.start()])
            start = found.end()
    return [*parts, arguments[start:]]
