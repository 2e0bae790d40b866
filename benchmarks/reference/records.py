"""Records of a file, one after the other, by RFC 4180, and those of a Parquet file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Lines after its first that a quoted cell may reach; then its quote was never meant to open.
SPAN = 200
MOST_LINE_BYTES = 1_000_000
MOST_COLUMNS = 256
BOM = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """A file that cannot be read in its stated format."""


@dataclass
class Record:
    """A record: its line, its cells, or the rules that it breaks as a whole."""

    line: int
    cells: list[Any]
    broken: frozenset[str] = frozenset()


def read(content: bytes, encoding: str, name: str) -> tuple[list[str], list[Record]]:
    """The header and all records of a file.

    Raises:
        Unreadable: no header, one with a name twice or too many names, or no Parquet.
    """
    if is_parquet(content, name):
        return _parquet(content)
    lines = content.split(b"\n")
    ended = lines[-1] == b""
    if ended:
        lines.pop()
    if not lines:
        raise Unreadable("empty")
    whole = [line + b"\n" for line in lines]
    if not ended:
        whole[-1] = lines[-1]
    names = _header(whole[0], encoding)
    return names, list(_records(whole[1:], encoding, len(names)))


def is_parquet(content: bytes, name: str) -> bool:
    """Whether a file is read as Parquet."""
    return content[:4] == b"PAR1" or name.endswith(".parquet")


def _header(line: bytes, encoding: str) -> list[str]:
    if encoding == "utf-8":
        line = line.removeprefix(BOM)
    if len(line) > MOST_LINE_BYTES:
        raise Unreadable("header too long")
    try:
        cells = split(line.decode(encoding))
    except UnicodeDecodeError:
        cells = None
    if cells is None or not any(cells):
        raise Unreadable("no header")
    if len(cells) > MOST_COLUMNS or len(set(cells)) < len(cells):
        raise Unreadable("too many names, or one twice")
    return cells


def _records(lines: list[bytes], encoding: str, width: int) -> Iterator[Record]:
    at = 0
    while at < len(lines):
        number = at + 2
        taken = 1
        for count in range(1, min(SPAN + 1, len(lines) - at) + 1):
            if len(lines[at + count - 1]) > MOST_LINE_BYTES + 1:
                break
            if split(b"".join(lines[at : at + count]).decode("latin-1")) is not None:
                taken = count
                break
        yield _record(number, b"".join(lines[at : at + taken]), encoding, width)
        at += taken


def _record(number: int, content: bytes, encoding: str, width: int) -> Record:
    broken = set()
    if any(len(line) > MOST_LINE_BYTES for line in content.split(b"\n")):
        broken.add("001")
    if b"\0" in content:
        broken.add("002")
    cells = split(content.decode("latin-1"))
    if cells is None or len(cells) != width:
        broken.add("001")
    try:
        cells = split(content.decode(encoding))
    except UnicodeDecodeError:
        broken.add("002")
    return Record(number, [] if broken else cells or [], frozenset(broken))


def split(text: str) -> list[str] | None:
    """The cells of one record with its line end, None where RFC 4180 allows no such record."""
    if text.endswith("\r\n"):
        text = text[:-2]
    elif text.endswith("\n"):
        text = text[:-1]
    if text == "":
        return []
    cells, at = [], 0
    while True:
        if text[at : at + 1] == '"':
            cell, at = "", at + 1
            while True:
                close = text.find('"', at)
                if close < 0:
                    return None
                cell += text[at:close]
                if text[close + 1 : close + 2] != '"':
                    at = close + 1
                    break
                cell += '"'
                at = close + 2
        else:
            end = text.find(",", at)
            cell = text[at:] if end < 0 else text[at:end]
            if any(sign in cell for sign in '"\r\n'):
                return None
            at += len(cell)
        cells.append(cell)
        if at == len(text):
            return cells
        if text[at] != ",":
            return None
        at += 1


def _parquet(content: bytes) -> tuple[list[str], list[Record]]:
    try:
        table = pq.read_table(io.BytesIO(content), binary_type=pa.large_binary())
        names = table.column_names
        columns = [_values(column) for column in table.columns]
    except Exception as error:
        raise Unreadable(str(error)) from None
    if len(names) > MOST_COLUMNS or len(set(names)) < len(names):
        raise Unreadable("too many names, or one twice")
    if any(pa.types.is_nested(column.type) for column in table.columns):
        raise Unreadable("nested")
    rows = zip(*columns, strict=True) if columns else iter([()] * table.num_rows)
    return names, [Record(line, list(cells)) for line, cells in enumerate(rows, start=1)]


class Foreign:
    """A value of a type that no column of a table has."""


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Python values; text only where the file says text, since a number in text is no number."""
    column.validate(full=True)
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_timestamp(kind):
        hours = 8 if kind.tz is not None else 0
        if kind.tz not in (None, "Asia/Shanghai", "+08:00"):
            return [None if not each.is_valid else Foreign() for each in column]
        return [_instant(each, kind.unit, hours) for each in column]
    plain = (
        pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_date(kind)
        or kind in (pa.float32(), pa.float64(), pa.string(), pa.large_string(), pa.null())
    )  # fmt: skip
    if plain:
        return column.to_pylist()  # type: ignore[no-any-return]
    return [None if not each.is_valid else Foreign() for each in column]


def _instant(scalar: pa.Scalar, unit: str, hours: int) -> Any:
    if not scalar.is_valid:
        return None
    per = {"s": 10**6, "ms": 10**3, "us": 1}
    micros = scalar.value // 1000 if unit == "ns" else scalar.value * per[unit]
    try:
        return datetime(1970, 1, 1) + timedelta(microseconds=micros, hours=hours)
    except OverflowError:
        return datetime(1, 1, 1)
