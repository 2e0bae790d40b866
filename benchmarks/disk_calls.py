"""System calls as changes of the model of a disk, and the files that a process holds open."""

from __future__ import annotations

import os
import re
from pathlib import Path

from benchmarks.disk_model import (
    Change,
    Mark,
    Naming,
    Node,
    Resize,
    Sync,
    Write,
    applied,
)
from benchmarks.disk_opened import Opened, Traced, TraceError

CALLS = (
    "open,openat,creat,close,dup,dup2,dup3,fcntl,lseek,write,writev,pwrite64,pwritev,pwritev2,"
    "ftruncate,truncate,fallocate,fsync,fdatasync,sync,syncfs,sync_file_range,msync,mmap,rename,"
    "renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,symlink,symlinkat,"
    "sendfile,copy_file_range,splice,chdir,fchdir,fork,vfork,clone,clone3,io_uring_setup,ioctl"
)
# The shared memory of SQLite, which it makes anew from its log after a crash.
VOLATILE = "-shm"
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
READS = {"fcntl", "ioctl", "mmap", "lseek"}


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


def _texts(argument: str) -> bytes:
    texts = TEXT.findall(argument)
    if any(cut for _, cut in texts):
        raise TraceError("strace cut a text short")
    return b"".join(bytes.fromhex(text.replace("\\x", "")) for text, _ in texts)
