"""Records of CSV lines by RFC 4180, strictly, from their bytes: no cell is guessed.

Commas, quotes and line ends are the same bytes in UTF-8 and GB18030, and stand in no other
character of theirs; so a record is found before it is decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Lines after its first that a quoted cell may reach; a quote that stays open longer was never meant
# to open.
MAX_SPAN = 200
CELL = re.compile(r'"([^"]*(?:""[^"]*)*)"|([^",\r\n]*)')


def records(lines: list[bytes], longest: int, *, last: bool) -> Iterator[list[bytes]]:
    """Yield the lines of each record, with their ends; lines of more than `longest` stand alone.

    A quote that does not close within the span costs its own line only. Where more lines come, not
    `last`, the records end before a quote that these may close.
    """
    at = 0
    while at < len(lines):
        taken = _span(lines, at, longest)
        if not taken and not last:
            return
        yield lines[at : at + (taken or 1)]
        at += taken or 1


def without_end(record: bytes) -> bytes:
    """A record without its line end, LF or CR LF."""
    if record.endswith(b"\n"):
        return record[:-2] if record.endswith(b"\r\n") else record[:-1]
    return record


def split(record: str) -> list[str] | None:
    """The cells of a record without its end; None where the quoting is not RFC 4180's.

    An empty line has no cells.
    """
    if '"' not in record:
        if "\r" in record or "\n" in record:
            return None
        return record.split(",") if record else []
    cells, at = [], 0
    while True:
        found = CELL.match(record, at)
        assert found is not None  # the expression matches the empty text
        quoted, plain = found.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        at = found.end()
        if at == len(record):
            return cells
        if record[at] != ",":
            return None
        at += 1


def _span(lines: list[bytes], at: int, longest: int) -> int:
    """How many lines the record that begins at a line has; 0 where lines after these decide."""
    if lines[at].count(b'"') % 2 == 0 or len(without_end(lines[at])) > longest:
        return 1
    for after in range(at + 1, at + MAX_SPAN + 1):
        if after == len(lines):
            return 0
        if len(without_end(lines[after])) > longest:
            return 1
        if lines[after].count(b'"') % 2:
            whole = without_end(b"".join(lines[at : after + 1])).decode("latin-1")
            return 1 if split(whole) is None else after + 1 - at
    return 1
