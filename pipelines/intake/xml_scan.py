"""A pass over an XML file's bytes that knows markup and no parser: what may be read, and counts.

It runs before a parser sees the file, refuses what no statement has, and counts the records apart
from the reader, so that none can be lost unseen: start tags of the local names asked for, with any
prefix, outside comments, CDATA and processing instructions. A document that hides such a tag, or
has one where the schema has none, is rejected whole, since the counts differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.findings import Refused, shown
from pipelines.intake.raw import Lines

BOM = b"\xef\xbb\xbf"
WIDE = (b"\xff\xfe", b"\xfe\xff")
DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{0,40})")
READ = ("UTF-8", "UTF8", "US-ASCII", "ASCII")
# Where markup ends that may hold anything that looks like a tag.
ENDS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}


@dataclass(slots=True)
class Scan:
    """The lines (from 1) on which the elements of each name start, in the order of the file."""

    lines: dict[str, Lines] = field(default_factory=dict)


def is_xml(path: Path) -> bool:
    """Whether a file begins as XML does."""
    with path.open("rb") as file:
        first = file.read(1024)
    if first.startswith(WIDE):
        return first[2:].replace(b"\0", b"").lstrip().startswith(b"<")
    return first.removeprefix(BOM).lstrip().startswith(b"<")


def scan(path: Path, names: Sequence[str], settings: Intake) -> Scan:
    """Count the elements of some local names, and refuse what cannot be read within bounds.

    Raises:
        Refused: another encoding than UTF-8, a NUL, a DOCTYPE, a tag or text beyond the limit of a
            line, a record beyond `max_xml_record_bytes`, or more records than `max_rows`.
    """
    return _Pass(path, names, settings).run()


class _Pass:
    def __init__(self, path: Path, names: Sequence[str], settings: Intake) -> None:
        self.path, self.settings = path, settings
        listed = "|".join(names).encode()
        self.token = re.compile(
            rb"<!--|<!\[CDATA\[|<!DOCTYPE|<\?|<(?:[^\s<>/!?:=\"']{1,100}:)?(" + listed
            + rb")(?=[\s/>])"
        )  # fmt: skip
        self.found: dict[bytes, list[int]] = {name.encode(): [] for name in names}
        self.count = 0
        self.line, self.offset, self.record_at = 1, 0, 0
        # What ends the comment or the like that is open; empty outside of one.
        self.until = b""

    def run(self) -> Scan:
        held, ended = b"", False
        with self.path.open("rb") as file:
            while not ended:
                chunk = file.read(self.settings.max_line_bytes)
                ended = not chunk
                self._check(chunk, first=not self.offset and not held, last=ended)
                held = self._take(held + chunk, ended=ended)
        if self.offset + len(held) - self.record_at > self.settings.max_xml_record_bytes:
            self._refuse_record()
        found = {name.decode(): np.array(at, np.int64) for name, at in self.found.items()}
        return Scan(found)

    def _check(self, chunk: bytes, *, first: bool, last: bool) -> None:
        if first:
            declared = DECLARED.match(chunk.removeprefix(BOM))
            if chunk.startswith(WIDE) or (declared and declared[1].decode("latin-1").upper()
                                          not in READ):  # fmt: skip
                said = "UTF-16" if declared is None else shown(declared[1].decode("latin-1"))
                self._refuse(f"is XML in {said}; send UTF-8")
        if b"\0" in chunk:
            line = self.line + chunk.count(b"\n", 0, chunk.index(b"\0"))
            self._refuse(f"is XML with a NUL character, on line {line} or shortly after")
        # A chunk is as long as a tag or text may be.
        if len(chunk) == self.settings.max_line_bytes and b"<" not in chunk and not last:
            limit = self.settings.max_line_bytes
            self._refuse(f"holds a tag or text of more than {limit} bytes after line {self.line}")

    def _take(self, held: bytes, *, ended: bool) -> bytes:
        """Look through bytes; returns those that must be seen together with the next ones."""
        at = counted = 0
        while True:
            if self.until:
                end = held.find(self.until, at)
                if end < 0:
                    keep = max(at, len(held) - len(self.until) + 1)
                    break
                at, self.until = end + len(self.until), b""
            token = self.token.search(held, at)
            if token is None:
                # A tag that has begun may go on in the next bytes.
                last = held.rfind(b"<", at)
                keep = len(held) if last < 0 or b">" in held[last:] else last
                break
            mark, name = token[0], token[1]
            at = token.end()
            if name is not None:
                self.line += held.count(b"\n", counted, token.start())
                counted = token.start()
                self._record(name, self.offset + token.start())
            elif mark == b"<!DOCTYPE":
                self._refuse("has a DOCTYPE, which no statement needs")
            else:
                self.until = ENDS[mark]
        if ended:
            return b""
        self.line += held.count(b"\n", counted, keep)
        self.offset += keep
        if self.offset - self.record_at > self.settings.max_xml_record_bytes:
            self._refuse_record()
        return held[keep:]

    def _record(self, name: bytes, at: int) -> None:
        if at - self.record_at > self.settings.max_xml_record_bytes:
            self._refuse_record()
        self.record_at = at
        self.found[name].append(self.line)
        self.count += 1
        if self.count > self.settings.max_rows:
            self._refuse(f"holds more than {self.settings.max_rows} records")

    def _refuse_record(self) -> None:
        limit = self.settings.max_xml_record_bytes
        self._refuse(f"holds more than {limit} bytes in one record, near line {self.line}")

    def _refuse(self, why: str) -> None:
        name = shown(self.path.name)
        raise Refused(rules.FORMAT, f"{name} {why}", file=self.path.name)
