"""Reads CSV strictly, block by block: every record is split into cells or named, none is lost.

A record is a line, or several where a quoted cell holds line ends. Blocks whose lines commas and
well-formed quotes alone split, which are nearly all, are split by PyArrow; others record by record.
A quote that never closes costs its own line only.
"""

from __future__ import annotations

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
from pipelines.intake.csv_records import records, split, without_end
from pipelines.intake.findings import Refused
from pipelines.intake.gb18030 import to_utf8
from pipelines.intake.raw import Batch, Malformed

BOM = b"\xef\xbb\xbf"
SMALL = 1 << 20


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
        line, count, kept, long = 2, 0, b"", False
        for block in blocks(file, settings.max_line_bytes):
            whole = Block(kept + block.content, long or block.long_lines, block.last)
            kept, long = b"", False
            batch = _split_fast(whole, line, types, encoding, settings.max_line_bytes)
            if batch is None:
                batch, kept = _split_strictly(whole, line, names, encoding, settings)
                long = whole.long_lines
            line += batch.covered
            count += batch.records
            if count > settings.max_rows:
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
    if encoding == "utf-8":
        first = first.removeprefix(BOM)
    if len(first) > settings.max_line_bytes:
        raise Refused(rules.FORMAT, f"{name}: the header exceeds the line limit", file=name)
    try:
        names = split(without_end(first).decode(encoding))
    except UnicodeDecodeError as error:
        message = (
            f"{name}: byte {error.start + 1} of the header (0x{first[error.start]:02x}) is no "
            f"{encoding}, which the manifest states; state the file's own encoding there"
        )
        raise Refused(rules.FORMAT, message, file=name) from None
    if names is None and b"\n" not in first and b"\r" in first:
        message = f"{name}: lines end with CR alone; end them with LF or CR LF"
        raise Refused(rules.FORMAT, message, file=name)
    if names is None:
        message = f"{name}: the header has a quote, or a line end, where RFC 4180 has none"
        raise Refused(rules.FORMAT, message, file=name)
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
        # PyArrow would take it for the mark of the byte order, not for a cell's first character.
        and not content.startswith(BOM)
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
    rows: list[list[str]] = []
    lines: list[int] = []
    sent = block.lines()
    covered = 0
    for record in records(sent, settings.max_line_bytes, last=block.last):
        number = first + covered
        covered += len(record)
        cells = _cells(record, number, len(names), encoding, settings)
        if isinstance(cells, Malformed):
            bad.append(cells)
        else:
            rows.append(cells)
            lines.append(number)
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    cells_table = pa.table(
        [pa.array([cell or None for cell in column], pa.string()) for column in columns], names
    )
    batch = Batch(cells_table, np.array(lines, np.int64), covered, True, bad)
    return batch, b"".join(sent[covered:])


def _cells(
    record: list[bytes], number: int, width: int, encoding: str, settings: Intake
) -> list[str] | Malformed:
    """A record's cells, or what is wrong with it as a whole."""
    content = without_end(b"".join(record))
    if len(record) == 1 and len(content) > settings.max_line_bytes:
        message = f"a line of more than {settings.max_line_bytes} bytes"
        return Malformed(number, content[:200].decode(encoding, "replace"), "malformed", message)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        place = f"byte {error.start + 1} of the record (0x{content[error.start]:02x})"
        shown = content.decode(encoding, "replace")
        return Malformed(number, shown, "encoding", f"{place} is no {encoding}")
    if "\0" in text:
        return Malformed(number, text, "encoding", "a NUL character")
    cells = split(text)
    if cells is None:
        message = "a quote, or a line end, where RFC 4180 has none"
        return Malformed(number, text, "malformed", message)
    if len(cells) != width:
        return Malformed(
            number, text, "malformed", f"{len(cells)} cells; the header has {width}"
        )  # fmt: skip
    return cells


def _no_cells(names: list[str]) -> pa.Table:
    return pa.table([pa.array([], pa.string()) for _ in names], names)
