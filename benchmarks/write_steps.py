"""The steps in which a process changes the disk: their names, and a death before one of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.children import in_child
from data.control import Control, Submission

STEPS = ("fsync", "replace", "rename", "unlink", "rmdir", "mkdir")
# What a name says of a file, by what is in it; the first that fits.
KINDS = {
    "receipt.json.partial": "a receipt, half written",
    "receipt.json": "a receipt",
    "rejected": "rejected rows",
    ".parquet": "accepted rows",
    "/.done-": "a package that is done",
    "/.partial-": "a copy, half made",
    "/received-": "a workplace",
    "manifest.json": "a manifest",
    ".csv": "a file as sent",
}


def at_steps(before: Callable[[str], None]) -> None:
    """Call `before` with a name before each of this process's steps: changes of the disk."""

    def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            at = named.get("dir_fd")
            folder = "" if at is None else os.readlink(f"/proc/self/fd/{at}")
            target = arguments[1] if name in ("replace", "rename") else arguments[0]
            if name == "fsync":
                target = os.readlink(f"/proc/self/fd/{target}")
            before(f"{name} {place_of(os.path.join(folder, os.fsdecode(target)))}")
            return real(*arguments, **named)

        return call

    for name in STEPS:
        setattr(os, name, wrapped(name, getattr(os, name)))
    real = Control.record_submission

    def record(control: Control, submission: Submission) -> Submission:
        before("commit ledger: a row")
        return real(control, submission)

    setattr(Control, "record_submission", record)  # noqa: B010


def place_of(path: str) -> str:
    """The kind of place that a path of a home is: its first folder, and what lies there."""
    inside = path.partition("/home/")[2]
    first, _, rest = inside.partition("/")
    name = os.path.basename(rest)
    for kind, what in KINDS.items():
        if kind in f"/{name}":
            return f"{first or 'home'}: {what}"
    what = "a folder" if "." not in name else "a file"
    return f"{first or 'home'}: {what if rest else 'the folder itself'}"


def dying_at(step: int) -> None:
    """Let this process die just before its step of that number."""
    left = step

    def before(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    at_steps(before)


def named_steps(work: Callable[[], object], out: Path) -> list[str]:
    """The names of the steps of a run, in their order."""

    def recording() -> None:
        names: list[str] = []
        at_steps(names.append)
        work()
        out.write_text("\n".join(names))

    assert in_child(recording) == 0, "the calm run failed"
    return out.read_text().splitlines()
