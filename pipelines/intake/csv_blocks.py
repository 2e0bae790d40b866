"""A file's bytes as blocks of whole lines, of bounded size whatever the lines are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

BLOCK = 1 << 24
CHUNK = 1 << 20
MAX_LINES = 1_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """Successive whole lines of a file with their ends; `last` says that no more come.

    `long_lines` says that some lines exceed the limit; of such a line as much is kept as shows it.
    """

    content: bytes
    long_lines: bool
    last: bool

    def lines(self) -> list[bytes]:
        """The lines, with their ends."""
        found = self.content.split(b"\n")
        last = found.pop()
        return [each + b"\n" for each in found] + ([last] if last else [])


def blocks(file: BinaryIO, longest: int) -> Iterator[Block]:
    """Yield the rest of a file as blocks of whole lines, at least one.

    A line of more than `longest` bytes is cut to one byte more, so that it is still too long.
    """
    kept, ended = b"", False
    while not ended:
        chunk = file.read(BLOCK)
        ended = not chunk
        kept += chunk
        while (cut := _cut(kept, ended)) and not (ended and cut == len(kept)):
            yield Block(kept[:cut], _has_long_line(kept[:cut], longest), False)
            kept = kept[cut:]
        if not ended and len(kept) > longest:
            kept = kept[: longest + 1] + _skip_line(file)
    yield Block(kept, _has_long_line(kept, longest), True)


def hash_and_lines(path: Path) -> tuple[str, int]:
    """A file's SHA-256 in hex, and its lines after the first, both from its bytes alone."""
    digest, ends, last = hashlib.sha256(), 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            ends += chunk.count(b"\n")
            last = chunk[-1:]
    return digest.hexdigest(), max(ends + (last != b"\n") - 1, 0)


def _cut(held: bytes, ended: bool) -> int:
    """Where to end a block: after its last line, or after as many lines as one may have."""
    if held.count(b"\n") <= MAX_LINES:
        return len(held) if ended else held.rfind(b"\n") + 1
    ends = np.flatnonzero(np.frombuffer(held, np.uint8) == ord("\n"))
    return int(ends[MAX_LINES - 1]) + 1


def _has_long_line(content: bytes, longest: int) -> bool:
    """Whether a line exceeds `longest`, seen from windows of half of it that hold no line end."""
    step = max(longest // 2, 1)
    windows = range(0, len(content) - step + 1, step)
    return any(content.find(b"\n", at, at + step) < 0 for at in windows)


def _skip_line(file: BinaryIO) -> bytes:
    """Read on until a line ends; the bytes after that end, with the end."""
    while chunk := file.read(BLOCK):
        end = chunk.find(b"\n")
        if end >= 0:
            return chunk[end:]
    return b""
