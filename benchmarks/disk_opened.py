"""What a traced process holds open, and the folder as its changes go on."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.disk_model import Change, Node, Tree, tree


class TraceError(Exception):
    """The trace holds what the model does not know, or misses something."""


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
