"""What a disk may hold after a power cut: a model of files and folders, and of what was synced.

It is stricter than any one file system, so that what survives it survives on all of them. A file's
bytes and size are durable when that file was synced, a name in a folder when that folder was;
syncing a new file does not make its name durable. Of what was not synced anything may be there: any
of a write's 512-byte sectors, some torn, a longer size with zeros, any names. A rename is whole or
not at all, and what happened to one name, or to one file's place, happened in its order.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
TORN_SHARE = 0.1
# none: only what is durable; names: all names and no bytes; order: names as a journal keeps them,
# up to some instant; any: names in any choice; all: a crash of the process alone.
MODES = ("none", "names", "order", "any", "any")


@dataclass(eq=False)
class Node:
    """A folder, file or link; `first` is what it held before the trace began."""

    kind: str
    first: bytes = b""
    target: str = ""
    first_names: dict[str, Node] = field(default_factory=dict)
    names: dict[str, Node] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, eq=False)
class Write:
    """Bytes written at an offset."""

    node: Node
    offset: int
    data: bytes


@dataclass(frozen=True, eq=False)
class Resize:
    """A file cut or lengthened to a size."""

    node: Node
    size: int


@dataclass(frozen=True, eq=False)
class Naming:
    """Names set and removed (None) in folders, all at once; `moved` are the nodes concerned."""

    names: tuple[tuple[Node, str, Node | None], ...]
    moved: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Sync:
    """A file or folder (None: everything) made durable, as it was after `begun` changes."""

    node: Node | None
    begun: int


@dataclass(frozen=True, eq=False)
class Mark:
    """What the traced process said of itself."""

    text: str


Change = Write | Resize | Naming | Sync | Mark
Tree = dict[str, bytes | str | None]


def scanned(place: Path) -> Node:
    """A folder of the disk as nodes, taken as durable."""
    if place.is_symlink():
        return Node("link", target=str(place.readlink()))
    if not place.is_dir():
        held = place.read_bytes()
        return Node("file", held, content=bytearray(held))
    names = {path.name: scanned(path) for path in sorted(place.iterdir())}
    return Node("folder", first_names=names, names=dict(names))


def applied(content: bytearray, change: Write | Resize) -> None:
    """Change a file's bytes."""
    if isinstance(change, Resize):
        del content[change.size :]
        content.extend(bytes(change.size - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.data)] = change.data


def tree(root: Node, contents: dict[Node, bytes], names: dict[Node, dict[str, Node]]) -> Tree:
    """Paths under a folder: bytes of files, targets of links, None for folders."""
    found: Tree = {}
    waiting = [("", root)]
    while waiting:
        at, folder = waiting.pop()
        for name, node in names.get(folder, folder.first_names).items():
            path = f"{at}{name}"
            if node.kind == "folder":
                found[path] = None
                waiting.append((f"{path}/", node))
            else:
                found[path] = contents.get(node, node.first) if node.kind == "file" else node.target
    return found


def written(found: Tree, place: Path) -> None:
    """Write a tree to a new folder."""
    place.mkdir()
    for path, held in sorted(found.items()):
        if held is None:
            (place / path).mkdir()
        elif isinstance(held, str):
            (place / path).symlink_to(held)
        else:
            (place / path).write_bytes(held)


def seen(root: Node, changes: Sequence[Change]) -> Tree:
    """What a reader sees after changes while the power is on."""
    return state(root, changes, "all", random.Random(0))


def state(root: Node, changes: Sequence[Change], mode: str, generator: random.Random) -> Tree:
    """What the disk may hold when the power goes after changes."""
    durable: dict[Node, bytearray] = {}
    pending: dict[Node, list[tuple[int, Write | Resize]]] = {}
    namings: list[tuple[int, Naming]] = []
    forced: set[int] = set()
    for number, change in enumerate(changes):
        if isinstance(change, Write | Resize):
            pending.setdefault(change.node, []).append((number, change))
        elif isinstance(change, Naming):
            namings.append((number, change))
        elif isinstance(change, Sync):
            nodes = [change.node] if change.node else list(pending)
            for each in nodes:
                _settle(each, change.begun, durable, pending)
            forced.update(
                at for at, naming in namings
                if at < change.begun
                and (change.node is None or any(f is change.node for f, _, _ in naming.names))
            )  # fmt: skip
    kept = _kept_namings(namings, forced, mode, generator)
    names: dict[Node, dict[str, Node]] = {}
    for number, naming in namings:
        if number in kept:
            for folder, name, node in naming.names:
                inside = names.setdefault(folder, dict(folder.first_names))
                if node is None:
                    inside.pop(name, None)
                else:
                    inside[name] = node
    contents = {node: bytes(held) for node, held in durable.items()}
    for node, waiting in pending.items():
        held = durable.get(node, bytearray(node.first))
        arrived = [change for _, change in waiting]
        contents[node] = _arrived(held, arrived, mode, generator)
    return tree(root, contents, names)


def _settle(
    node: Node,
    begun: int,
    durable: dict[Node, bytearray],
    pending: dict[Node, list[tuple[int, Write | Resize]]],
) -> None:
    held = durable.setdefault(node, bytearray(node.first))
    waiting = pending.pop(node, [])
    for number, change in waiting:
        if number < begun:
            applied(held, change)
    later = [each for each in waiting if each[0] >= begun]
    if later:
        pending[node] = later


def _kept_namings(
    namings: list[tuple[int, Naming]], forced: set[int], mode: str, generator: random.Random
) -> set[int]:
    """Which changes of names are on the disk: those that had to be, and some of the others."""
    share = generator.choice((0.2, 0.5, 0.8))
    last = generator.choice([number for number, _ in namings] or [0])
    wanted = {
        number for number, _ in namings
        if number in forced or mode in ("all", "names")
        or (mode == "order" and number <= last) or (mode == "any" and generator.random() < share)
    }  # fmt: skip
    # What a durable change needs came before it; what follows a lost one is lost as well.
    needed: set[object] = set()
    for number, naming in reversed(namings):
        if number in forced or not needed.isdisjoint(_touched(naming)):
            forced.add(number)
            needed.update(_touched(naming))
    kept, lost = set(), set[object]()
    for number, naming in namings:
        if number in forced or (number in wanted and lost.isdisjoint(_touched(naming))):
            kept.add(number)
        else:
            lost.update(_touched(naming))
    return kept


def _touched(naming: Naming) -> set[object]:
    return {*naming.moved, *((folder, name) for folder, name, _ in naming.names)}


def _arrived(
    held: bytearray, waiting: Iterable[Write | Resize], mode: str, generator: random.Random
) -> bytes:
    """A file's bytes after some of the sectors of what was not synced reached the disk."""
    kind = generator.choice(("none", "all", "some", "some"))
    kind = {"all": "all", "none": "none", "names": "none"}.get(mode, kind)
    share = {"none": 0.0, "all": 1.0}.get(kind, generator.choice((0.2, 0.5, 0.9)))
    kept, whole = bytearray(held), len(held)
    for change in waiting:
        if isinstance(change, Resize):
            whole = max(whole, change.size)
            if generator.random() < share:
                applied(kept, change)
            continue
        end = change.offset + len(change.data)
        whole = max(whole, end)
        if share == 1.0:
            applied(kept, change)
            continue
        for start in range(change.offset // SECTOR * SECTOR, end if share else 0, SECTOR):
            if generator.random() < share:
                first, stop = max(start, change.offset), min(start + SECTOR, end)
                if generator.random() < TORN_SHARE:
                    stop = generator.randint(first, stop)
                piece = change.data[first - change.offset : stop - change.offset]
                applied(kept, Write(change.node, first, piece))
    if mode == "names" or (kind == "some" and generator.random() < 0.3):
        kept.extend(bytes(max(0, whole - len(kept))))
    return bytes(kept)
