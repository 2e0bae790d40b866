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
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.disk_model import (
    Change,
    Mark,
    Naming,
    Node,
    Resize,
    Sync,
    Tree,
    Write,
    applied,
    scanned,
    tree,
)

CALLS = (
    "open,openat,creat,close,dup,dup2,dup3,fcntl,lseek,write,writev,pwrite64,pwritev,pwritev2,"
    "ftruncate,truncate,fallocate,fsync,fdatasync,sync,syncfs,sync_file_range,msync,mmap,rename,"
    "renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,symlink,symlinkat,"
    "sendfile,copy_file_range,splice,chdir,fchdir,fork,vfork,clone,clone3,io_uring_setup,ioctl"
)
LONGEST = 1 << 26
# The shared memory of SQLite, which it makes anew from its log after a crash.
VOLATILE = "-shm"
LINE = re.compile(r"(\d+) +(.*)")
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?|0x[0-9a-f]+)(.*)", re.DOTALL)
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)", re.DOTALL)
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
READS = {"fcntl", "ioctl", "mmap", "lseek"}


class TraceError(Exception):
    """The trace holds what the model does not know, or misses something."""


def missing() -> str | None:
    """Why no process can be traced here; None when it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-e", "trace=fsync", "true"], capture_output=True)
    return None if tried.returncode == 0 else "strace may not trace a process here"


@dataclass
class Opened:
    """An open file: its node (or a path outside the folder), where it stands, how it writes."""

    node: Node | None
    path: str
    flags: frozenset[str] = frozenset()
    at: int = 0


@dataclass
class Traced:
    """The changes of a process, and the folder before and after them."""

    root: Node
    place: str
    marks: str
    changes: list[Change] = field(default_factory=list)
    files: dict[int, dict[int, Opened]] = field(default_factory=dict)
    process: dict[int, int] = field(default_factory=dict)
    cwd: str = "/"

    def tree(self) -> Tree:
        """The folder after the last change."""
        nodes: dict[Node, dict[str, Node]] = {}
        contents: dict[Node, bytes] = {}
        waiting = [self.root]
        while waiting:
            folder = waiting.pop()
            nodes[folder] = folder.names
            for node in folder.names.values():
                if node.kind == "folder":
                    waiting.append(node)
                else:
                    contents[node] = bytes(node.content)
        return tree(self.root, contents, nodes)


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


def _texts(argument: str) -> bytes:
    texts = TEXT.findall(argument)
    if any(cut for _, cut in texts):
        raise TraceError("strace cut a text short")
    return b"".join(bytes.fromhex(text.replace("\\x", "")) for text, _ in texts)


class Taker:
    """Turns one call into changes, and keeps the process's open files."""

    def __init__(self, traced: Traced, files: dict[int, Opened], begun: int) -> None:
        self.traced, self.files, self.begun = traced, files, begun

    def take(self, name: str, given: list[str], result: int) -> None:
        """Take a call that succeeded."""
        method = getattr(self, f"_{name.removesuffix('64')}", None)
        if method is not None:
            method(given, result)
        elif name in CALLS.split(",") and name not in READS and self._inside(given):
            raise TraceError(f"{name}({', '.join(given)[:200]}) is not modelled")

    def _inside(self, given: list[str]) -> bool:
        opened = self.files.get(int(given[0])) if given and given[0].isdigit() else None
        return opened is None or opened.node is not None

    # --- open files

    def _openat(self, given: list[str], result: int) -> None:
        flags = frozenset(given[2].split("|"))
        folder, name, path = self._place(given[1], given[0])
        node = None
        if "O_TMPFILE" in flags and path.startswith(self.traced.place):
            raise TraceError(f"O_TMPFILE is not modelled: {path}")
        if folder is not None:
            node = folder.names.get(name) if name else folder
            if node is None:
                node = Node("file")
                self._add(Naming(((folder, name, node),), (node,)))
            elif "O_TRUNC" in flags and node.content:
                self._add(Resize(node, 0))
        self.files[result] = Opened(node, path, flags)

    def _open(self, given: list[str], result: int) -> None:
        self._openat(["AT_FDCWD", *given], result)

    def _creat(self, given: list[str], result: int) -> None:
        self._openat(["AT_FDCWD", given[0], "O_WRONLY|O_CREAT|O_TRUNC"], result)

    def _close(self, given: list[str], _: int) -> None:
        self.files.pop(int(given[0]), None)

    def _dup(self, given: list[str], result: int) -> None:
        if int(given[0]) in self.files:
            self.files[result] = self.files[int(given[0])]

    _dup2 = _dup3 = _dup

    def _fcntl(self, given: list[str], result: int) -> None:
        if given[1].startswith("F_DUPFD"):
            self._dup(given, result)

    def _lseek(self, given: list[str], result: int) -> None:
        if int(given[0]) in self.files:
            self.files[int(given[0])].at = result

    def _ioctl(self, given: list[str], _: int) -> None:
        if "CLONE" in given[1] and self._node(given[0]) is not None:
            raise TraceError("a cloned range is not modelled")

    def _mmap(self, given: list[str], _: int) -> None:
        node = self._node(given[4])
        writes = "PROT_WRITE" in given[2] and "MAP_SHARED" in given[3]
        if node is not None and writes and not self.files[int(given[4])].path.endswith(VOLATILE):
            raise TraceError(f"{self.files[int(given[4])].path} is written through memory")

    # --- bytes

    def _write(self, given: list[str], result: int) -> None:
        opened = self.files.get(int(given[0]))
        if opened is None:
            return
        data = _texts(given[1])[:result]
        if opened.path == self.traced.marks:
            self.traced.changes += [Mark(line) for line in data.decode().splitlines()]
        if opened.node is not None:
            at = len(opened.node.content) if "O_APPEND" in opened.flags else opened.at
            self._write_at(opened, at, data)
            opened.at = at + result

    _writev = _write

    def _pwrite(self, given: list[str], result: int) -> None:
        opened = self.files.get(int(given[0]))
        if opened is not None and opened.node is not None:
            at = [each for each in given[2:] if each.isdigit()]
            self._write_at(opened, int(at[-1]), _texts(given[1])[:result])

    def _pwritev(self, given: list[str], result: int) -> None:
        self._pwrite([given[0], given[1], given[3]], result)

    _pwritev2 = _pwritev

    def _sendfile(self, given: list[str], result: int) -> None:
        source = self.files[int(given[1])]
        at = source.at if given[2] == "NULL" else int(given[2].strip("[]").split("]")[0])
        self._copied(self.files.get(int(given[0])), source, at, result)
        if given[2] == "NULL":
            source.at += result

    def _copy_file_range(self, given: list[str], result: int) -> None:
        if given[1] != "NULL" or given[3] != "NULL":
            raise TraceError("copy_file_range at an offset is not modelled")
        source = self.files[int(given[0])]
        self._copied(self.files.get(int(given[2])), source, source.at, result)
        source.at += result

    def _copied(self, opened: Opened | None, source: Opened, at: int, count: int) -> None:
        if opened is not None and opened.node is not None and count:
            held = source.node.content if source.node else Path(source.path).read_bytes()
            self._write_at(opened, opened.at, bytes(held[at : at + count]))
            opened.at += count

    def _write_at(self, opened: Opened, at: int, data: bytes) -> None:
        assert opened.node is not None
        if data:
            self._add(Write(opened.node, at, data))
        if opened.flags & {"O_SYNC", "O_DSYNC"}:
            self._add(Sync(opened.node, len(self.traced.changes)))

    def _ftruncate(self, given: list[str], _: int) -> None:
        node = self._node(given[0])
        if node is not None:
            self._add(Resize(node, int(given[1])))

    def _truncate(self, given: list[str], _: int) -> None:
        folder, name, _path = self._place(given[0])
        if folder is not None:
            self._add(Resize(folder.names[name], int(given[1])))

    def _fallocate(self, given: list[str], _: int) -> None:
        node = self._node(given[0])
        if node is not None and given[1] != "0":
            raise TraceError(f"fallocate {given[1]} is not modelled")
        end = int(given[2]) + int(given[3])
        if node is not None and end > len(node.content):
            self._add(Resize(node, end))

    # --- the disk

    def _fsync(self, given: list[str], _: int) -> None:
        node = self._node(given[0])
        if node is not None:
            self._add(Sync(node, self.begun))

    _fdatasync = _fsync

    def _sync(self, _given: list[str], _: int) -> None:
        self._add(Sync(None, self.begun))

    def _syncfs(self, given: list[str], _: int) -> None:
        self._add(Sync(None, self.begun))

    def _sync_file_range(self, _given: list[str], _: int) -> None:
        """It promises nothing about sizes or the disk's cache: as if it had not been called."""

    def _msync(self, _given: list[str], _: int) -> None:
        """Memory that is written through is refused where it is mapped."""

    # --- names

    def _mkdirat(self, given: list[str], _: int) -> None:
        self._made(given[1], given[0], Node("folder"))

    def _mkdir(self, given: list[str], _: int) -> None:
        self._made(given[0], "AT_FDCWD", Node("folder"))

    def _symlinkat(self, given: list[str], _: int) -> None:
        self._made(given[2], given[1], Node("link", target=os.fsdecode(_texts(given[0]))))

    def _symlink(self, given: list[str], result: int) -> None:
        self._symlinkat([given[0], "AT_FDCWD", given[1]], result)

    def _made(self, path: str, at: str, node: Node) -> None:
        folder, name, _ = self._place(path, at)
        if folder is not None:
            self._add(Naming(((folder, name, node),), (node,)))

    def _linkat(self, given: list[str], _: int) -> None:
        source, name, path = self._place(given[1], given[0])
        if source is not None:
            raise TraceError(f"a hard link is not modelled: {path}/{name}")

    def _link(self, given: list[str], result: int) -> None:
        self._linkat(["AT_FDCWD", given[0]], result)

    def _unlinkat(self, given: list[str], _: int) -> None:
        folder, name, _path = self._place(given[1], given[0])
        if folder is not None:
            self._add(Naming(((folder, name, None),), (folder.names[name],)))

    def _unlink(self, given: list[str], result: int) -> None:
        self._unlinkat(["AT_FDCWD", given[0]], result)

    _rmdir = _unlink

    def _renameat2(self, given: list[str], _: int) -> None:
        if len(given) > 4 and "EXCHANGE" in given[4]:
            raise TraceError("an exchange of names is not modelled")
        source, old, path = self._place(given[1], given[0])
        target, new, _path = self._place(given[3], given[2])
        if source is None and target is None:
            return
        if source is None or target is None:
            raise TraceError(f"{path} was renamed out of the folder, or into it")
        node, replaced = source.names[old], target.names.get(new)
        if node is not replaced:
            moved = (node,) if replaced is None else (node, replaced)
            self._add(Naming(((source, old, None), (target, new, node)), moved))

    _renameat = _renameat2

    def _rename(self, given: list[str], result: int) -> None:
        self._renameat2(["AT_FDCWD", given[0], "AT_FDCWD", given[1]], result)

    def _chdir(self, given: list[str], _: int) -> None:
        self.traced.cwd = os.path.join(self.traced.cwd, os.fsdecode(_texts(given[0])))

    def _fchdir(self, given: list[str], _: int) -> None:
        self.traced.cwd = self.files[int(given[0])].path

    # --- the model

    def _node(self, number: str) -> Node | None:
        opened = self.files.get(int(number))
        return opened.node if opened else None

    def _place(self, argument: str, at: str = "AT_FDCWD") -> tuple[Node | None, str, str]:
        """The folder's node and the name in it (none: the folder itself), and the whole path."""
        said = os.fsdecode(_texts(argument))
        opened = None if at == "AT_FDCWD" else self.files[int(at)]
        base = self.traced.cwd if opened is None else opened.path
        path = os.path.normpath(os.path.join(base, said))
        if opened is not None and opened.node is not None and not os.path.isabs(said):
            node, parts = opened.node, said.split("/")
        elif path == self.traced.place:
            return self.traced.root, "", path
        elif path.startswith(f"{self.traced.place}/"):
            node, parts = self.traced.root, path[len(self.traced.place) + 1 :].split("/")
        else:
            return None, "", path
        for part in parts[:-1]:
            node = node.names[part]
        return (node, "", path) if parts[-1] in ("", ".") else (node, parts[-1], path)

    def _add(self, change: Change) -> None:
        self.traced.changes.append(change)
        if isinstance(change, Write | Resize):
            applied(change.node.content, change)
        elif isinstance(change, Naming):
            for folder, name, node in change.names:
                if node is None:
                    del folder.names[name]
                else:
                    folder.names[name] = node
