"""Reads CSV strictly, block by block: every record is split into cells or named, none is lost.

A record is a line, or several where a quoted cell holds line ends. Blocks whose lines commas and
well-formed quotes alone split, which are nearly all, are split by PyArrow; others by Python's
strict parser, record by record. A quote that never closes costs its own line only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.cell_kernel import is_well_quoted
from pipelines.intake.csv_blocks import Block, blocks
from pipelines.intake.findings import Refused
from pipelines.intake.gb18030 import to_utf8
from pipelines.intake.raw import Batch, Malformed

BOM = b"\xef\xbb\xbf"
# Lines that one quoted cell may span; a quote that stays open longer was never meant to open.
MAX_SPAN = 200
SMALL = 1 << 20

Line = tuple[int, str]


def read_csv(
    path: Path, encoding: str, settings: Intake, packed: Collection[str] = ()
) -> Iterator[Batch]:
    """Read a CSV file with a header row as batches of text cells, at least one.

    Columns named in `packed`, which hold few different values, come as dictionaries where possible.

    Raises:
        Refused: the header cannot be read, has a name twice, or the file exceeds the limits.
    """
    with path.open("rb") as file:
        names = _header(file.readline(settings.max_line_bytes + 2), encoding, settings, path.name)
        types = {
            name: pa.dictionary(pa.int32(), pa.string()) if name in packed else pa.string()
            for name in names
        }
        line, records, kept = 2, 0, b""
        for block in blocks(file, settings.max_line_bytes):
            whole = Block(kept + block.content, block.long_lines, block.last)
            kept = b""
            batch = _split_fast(whole, line, types, encoding, settings.max_line_bytes)
            if batch is None:
                batch, kept = _split_strictly(whole, line, names, encoding, settings)
            line += batch.covered
            records += batch.records
            if records > settings.max_rows:
                message = f"{path.name}: more than {settings.max_rows} rows"
                raise Refused(rules.FORMAT, message, file=path.name)
            yield batch


def read_header(path: Path, encoding: str, settings: Intake) -> list[str]:
    """The names in a CSV file's header row.

    Raises:
        Refused: it cannot be read, exceeds the limits, or has a name twice.
    """
    with path.open("rb") as file:
        first = file.readline(settings.max_line_bytes + 2)
    return _header(first, encoding, settings, path.name)


def _header(first: bytes, encoding: str, settings: Intake, name: str) -> list[str]:
    first = first.removeprefix(BOM)
    if len(first) > settings.max_line_bytes:
        raise Refused(rules.FORMAT, f"{name}: the header exceeds the line limit", file=name)
    try:
        text = first.decode(encoding).removesuffix("\n").rstrip("\r")
        rows = list(csv.reader([text], strict=True))
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


def _split_fast(
    block: Block, first: int, types: dict[str, pa.DataType], encoding: str, longest: int
) -> Batch | None:
    """Split a block in which every line is a record; None when it is not such a block."""
    quoted = b'"' in block.content
    if not _is_simple(block, quoted):
        return None
    text = block.content if encoding == "utf-8" else to_utf8(block.content)
    if text is None or not _is_utf8(text):
        return None
    count = text.count(b"\n") + (not text.endswith(b"\n") and bool(text))
    if not count:
        return Batch(_no_cells(list(types)), np.zeros(0, np.int64), 0, True)
    bad: list[Malformed] = []

    def remember(row: pcsv.InvalidRow) -> str:
        message = f"{row.actual_columns} cells; the header has {row.expected_columns}"
        bad.append(Malformed(first + row.number - 1, row.text, "malformed", message))
        return "skip"

    table = pcsv.read_csv(
        io.BytesIO(text),
        read_options=pcsv.ReadOptions(
            use_threads=False,
            column_names=list(types),
            # Small blocks reuse their memory; each must hold a line, which may grow in UTF-8.
            block_size=max(SMALL, 2 * longest),
        ),
        parse_options=pcsv.ParseOptions(
            quote_char='"' if quoted else False,
            double_quote=quoted,
            ignore_empty_lines=False,
            invalid_row_handler=remember,
        ),
        convert_options=pcsv.ConvertOptions(
            column_types=types, strings_can_be_null=True, null_values=[""], check_utf8=False
        ),
    )
    # An empty line looks like a row of empty cells.
    if all(column.null_count for column in table.columns) and _has_empty_line(block.content):
        return None
    lines = np.arange(first, first + count, dtype=np.int64)
    if bad:
        lines = np.delete(lines, [each.line - first for each in bad])
    if len(lines) != table.num_rows:
        return None
    return Batch(table.combine_chunks(), lines, count, True, bad)


def _is_utf8(text: bytes) -> bool:
    ends = pa.py_buffer(np.array([0, len(text)], np.int32))
    whole = pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(text)])
    try:
        whole.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def _is_simple(block: Block, quoted: bool) -> bool:
    """Whether commas and well-formed quotes split every line: no NULs, no overlong lines."""
    content = block.content
    return (
        not block.long_lines
        and b"\0" not in content
        and (b"\r" not in content or content.count(b"\r") == content.count(b"\r\n"))
        and (not quoted or bool(is_well_quoted(np.frombuffer(content, np.uint8))))
    )


def _has_empty_line(content: bytes) -> bool:
    return content.startswith((b"\n", b"\r\n")) or b"\n\n" in content or b"\n\r\n" in content


def _split_strictly(
    block: Block, first: int, names: list[str], encoding: str, settings: Intake
) -> tuple[Batch, bytes]:
    """Split any block record by record; what cannot be split or decoded is named.

    Returns:
        The batch, and the block's last lines where a record may go on in the next block.
    """
    bad: list[Malformed] = []
    unread: list[Malformed] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    sent = block.lines()
    decoded = list(_decoded(sent, first, encoding, settings, unread))
    limit = len(sent) if block.last else max(len(sent) - MAX_SPAN - 1, 0)
    covered, done = 0, limit
    for number, text in _records(decoded):
        if number >= first + limit:
            break
        span = text.count("\n") + 1
        covered += span
        done = max(done, number - first + span)
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
    unread = [each for each in unread if each.line < first + done]
    bad = sorted([*bad, *unread], key=lambda each: each.line)
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    cells_table = pa.table(
        [pa.array([cell or None for cell in column], pa.string()) for column in columns], names
    )
    batch = Batch(cells_table, np.array(lines, np.int64), covered + len(unread), True, bad)
    return batch, b"".join(sent[done:])


def _decoded(
    sent: list[bytes], first: int, encoding: str, settings: Intake, bad: list[Malformed]
) -> Iterator[Line]:
    """Yield decoded lines without their ends; those that cannot be decoded are named."""
    for number, whole in enumerate(sent, start=first):
        line = whole.removesuffix(b"\n")
        if len(line) > settings.max_line_bytes:
            message = f"a line of more than {settings.max_line_bytes} bytes"
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


def _records(lines: list[Line]) -> Iterator[Line]:
    """Join lines while a quote is open; one that does not close within the span stands alone."""
    at = 0
    while at < len(lines):
        number, text = lines[at]
        at += 1
        if text.count('"') % 2 == 0:
            yield number, text
            continue
        joined, taken = [text], 0
        for later, more in lines[at : at + MAX_SPAN]:
            if later != number + taken + 1:
                break
            joined.append(more)
            taken += 1
            if more.count('"') % 2:
                break
        whole = "\n".join(joined)
        if taken and whole.count('"') % 2 == 0 and _parses(whole):
            at += taken
            yield number, whole
        else:
            yield number, text


def _parses(text: str) -> bool:
    try:
        next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration):
        return False
    return True


def _no_cells(names: list[str]) -> pa.Table:
    return pa.table([pa.array([], pa.string()) for _ in names], names)
