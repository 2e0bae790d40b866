"""Reads CSV strictly: every record is either split into cells or named as malformed, none is lost.

A record is a line, or several where a quoted cell holds line ends. Files without quotes, which are
nearly all, are split by PyArrow; others by Python's strict parser, record by record. A quote that
never closes costs its own line only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pcsv

from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.findings import Refused
from pipelines.intake.raw import Malformed, Raw

BOM = b"\xef\xbb\xbf"
# Lines that one quoted cell may span; a quote that stays open longer was never meant to open.
MAX_SPAN = 200

Line = tuple[int, str]


def read_csv(path: Path, encoding: str, settings: Intake) -> Raw:
    """Read a CSV file with a header row as text cells.

    Raises:
        Refused: the header cannot be read, has a name twice, or the file exceeds the limits.
    """
    content = path.read_bytes().removeprefix(BOM)
    header_end = content.find(b"\n")
    first = content if header_end < 0 else content[:header_end]
    names = _header(first, encoding, settings, path.name)
    body = b"" if header_end < 0 else content[header_end + 1 :]
    if _is_simple(body):
        text = _decoded(body, encoding)
        if text is not None and _longest(text) <= settings.max_line_bytes:
            return _split_fast(text, names)
    return _split_strictly(body, names, encoding, settings)


def physical_lines(path: Path) -> int:
    """The lines of a file after its first, counted from its bytes alone."""
    ends, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(1 << 24):
            ends += chunk.count(b"\n")
            last = chunk[-1:]
    return max(ends + (last != b"\n") - 1, 0)


def _header(first: bytes, encoding: str, settings: Intake, name: str) -> list[str]:
    if len(first) > settings.max_line_bytes:
        raise Refused(rules.FORMAT, f"{name}: the header exceeds the line limit", file=name)
    try:
        rows = list(csv.reader([first.decode(encoding).rstrip("\r")], strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(
            rules.FORMAT, f"{name}: the header cannot be read: {error}", file=name
        ) from None
    names = [cell.strip() for cell in rows[0]] if rows else []
    if not any(names):
        raise Refused(rules.FORMAT, f"{name}: there is no header row", file=name)
    if len(names) > settings.max_columns:
        raise Refused(
            rules.FORMAT, f"{name}: {len(names)} columns; at most {settings.max_columns}", file=name
        )
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise Refused(rules.FORMAT, f"{name}: the header names {twice[0]!r} twice", file=name)
    return names


def _is_simple(body: bytes) -> bool:
    """Whether every line is a record that commas alone split: no quotes, NULs or empty lines."""
    return (
        b'"' not in body
        and b"\0" not in body
        and body.count(b"\r") == body.count(b"\r\n")
        and b"\n\n" not in body
        and b"\n\r\n" not in body
        and not body.startswith((b"\n", b"\r\n"))
    )


def _decoded(body: bytes, encoding: str) -> bytes | None:
    """The body as UTF-8, or None when some of it cannot be decoded."""
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        return None
    return body if encoding == "utf-8" else text.encode()


def _longest(body: bytes) -> int:
    ends = np.flatnonzero(np.frombuffer(body, np.uint8) == ord("\n"))
    return int(np.diff(ends, prepend=-1, append=len(body)).max()) - 1


def _split_fast(body: bytes, names: list[str]) -> Raw:
    """Split a body without quotes: every line is a record, but a last empty one."""
    count = body.count(b"\n") + (not body.endswith(b"\n") and bool(body))
    if not count:
        return Raw(_frame([], names), _lines_column([]), 0, 0, True)
    bad: list[Malformed] = []

    def remember(row: pcsv.InvalidRow) -> str:
        message = f"{row.actual_columns} cells; the header has {row.expected_columns}"
        bad.append(Malformed(row.number + 1, row.text, "malformed", message))
        return "skip"

    table = pcsv.read_csv(
        io.BytesIO(body),
        read_options=pcsv.ReadOptions(use_threads=False, column_names=names, block_size=1 << 24),
        parse_options=pcsv.ParseOptions(
            quote_char=False,
            double_quote=False,
            ignore_empty_lines=False,
            invalid_row_handler=remember,
        ),
        convert_options=pcsv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
    skipped = {each.line for each in bad}
    lines = pl.int_range(2, count + 2, eager=True)
    if skipped:
        lines = lines.filter(~lines.is_in(pl.Series(sorted(skipped)).implode()))
    records = table.num_rows + len(bad)
    return Raw(pl.DataFrame(table), lines, records, records, True, bad)


def _split_strictly(body: bytes, names: list[str], encoding: str, settings: Intake) -> Raw:
    """Split any body record by record; what cannot be split or decoded is named."""
    bad: list[Malformed] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    unread: list[Malformed] = []
    covered = 0
    for number, text in _records(_lines(body, encoding, settings, unread)):
        covered += text.count("\n") + 1
        try:
            cells = next(csv.reader([text], strict=True), [])
        except csv.Error as error:
            bad.append(Malformed(number, text, "malformed", f"quoting: {error}"))
            continue
        if "\0" in text:
            bad.append(Malformed(number, text, "encoding", "a NUL character"))
        elif len(cells) != len(names):
            message = f"{len(cells)} cells; the header has {len(names)}"
            bad.append(Malformed(number, text, "malformed", message))
        else:
            rows.append(cells)
            lines.append(number)
    bad = sorted([*bad, *unread], key=lambda each: each.line)
    count = len(rows) + len(bad)
    return Raw(_frame(rows, names), _lines_column(lines), count, covered + len(unread), True, bad)


def _lines(body: bytes, encoding: str, settings: Intake, bad: list[Malformed]) -> Iterator[Line]:
    """Yield decoded lines from the second on; those that cannot be decoded are named."""
    whole = body.split(b"\n")
    if whole[-1] == b"":
        whole.pop()
    for number, line in enumerate(whole, start=2):
        if len(line) > settings.max_line_bytes:
            message = f"a line of {len(line)} bytes; at most {settings.max_line_bytes}"
            shown = line[:200].decode(encoding, "replace")
            bad.append(Malformed(number, shown, "malformed", message))
            continue
        try:
            yield number, line.removesuffix(b"\r").decode(encoding)
        except UnicodeDecodeError as error:
            shown = line.decode(encoding, "replace")
            message = (
                f"byte {error.start + 1} of the line (0x{line[error.start]:02x}) is no {encoding}"
            )
            bad.append(Malformed(number, shown, "encoding", message))


def _records(lines: Iterator[Line]) -> Iterator[Line]:
    """Join lines while a quote is open; one that does not close within the span stands alone."""
    waiting: list[Line] = list(lines)
    waiting.reverse()
    while waiting:
        number, text = waiting.pop()
        if text.count('"') % 2 == 0:
            yield number, text
            continue
        joined, taken = [text], 0
        for later, more in reversed(waiting[-MAX_SPAN:]):
            if later != number + taken + 1:
                break
            joined.append(more)
            taken += 1
            if more.count('"') % 2:
                break
        whole = "\n".join(joined)
        if taken and whole.count('"') % 2 == 0 and _parses(whole):
            del waiting[-taken:]
            yield number, whole
        else:
            yield number, text


def _parses(text: str) -> bool:
    try:
        next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration):
        return False
    return True


def _frame(rows: list[list[str]], names: list[str]) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    series = [
        pl.Series("cell", column, dtype=pl.String).replace("", None).alias(name)
        for name, column in zip(names, columns, strict=True)
    ]
    return pl.DataFrame(series)


def _lines_column(lines: list[int]) -> pl.Series:
    return pl.Series(lines, dtype=pl.Int64)
