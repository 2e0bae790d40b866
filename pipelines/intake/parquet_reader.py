"""Reads Parquet: the records' own types where they are the contract's, text where they are not.

A small file can hold a great deal: the file is read twice, first for the lengths of its different
texts, so that what would exceed the limits is refused before it is spread out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.findings import Refused, shown
from pipelines.intake.raw import Batch

BATCH = 1 << 16
BATCH_BYTES = 250_000_000
# Of a page's header: bytes that hold its first two fields, what announces each, and the type.
PAGE_HEAD, NEXT_I32, DICTIONARY_PAGE = 12, b"\x15", 2
ZONES = (None, "Asia/Shanghai", "+08:00")


def read_parquet(path: Path, settings: Intake) -> Iterator[Batch]:
    """Read a Parquet file as batches, at least one; a record's line is its position from 1.

    Raises:
        Refused: it is no Parquet, exceeds the limits, has a name twice or nested columns.
        OSError: the disk refuses.
    """
    name = shown(path.name)
    line = 1
    try:
        with path.open("rb") as source:
            for cells in _read(source, name, settings):
                lines = np.arange(line, line + cells.num_rows, dtype=np.int64)
                yield Batch(cells, lines, cells.num_rows, False)
                line += cells.num_rows
    except (pa.ArrowException, ValueError, EOFError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise Refused(rules.FORMAT, f"{name} is no Parquet: {said}", file=name) from None
    except OSError as error:
        # PyArrow says OSError, without a number, of bytes that it cannot decode.
        if error.errno is not None:
            raise
        said = str(error).splitlines()[0][:200]
        raise Refused(rules.FORMAT, f"{name} is no Parquet: {said}", file=name) from None


def _read(source: BinaryIO, name: str, settings: Intake) -> Iterator[pa.Table]:
    file = pq.ParquetFile(source)
    schema = file.schema_arrow
    names = schema.names
    if len(names) > settings.max_columns or len(set(names)) != len(names):
        raise Refused(rules.FORMAT, f"{name}: {len(names)} columns, or a name twice", file=name)
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise Refused(rules.FORMAT, f"{name}: column {nested[0]!r} is nested", file=name)
    if file.metadata.num_rows > settings.max_rows:
        count = file.metadata.num_rows
        message = f"{name}: {count} rows; at most {settings.max_rows}"
        raise Refused(rules.FORMAT, message, file=name)
    if (found := _largest_dictionary(file.metadata, source)) > settings.max_dictionary_bytes:
        message = f"{name}: a dictionary of {found} bytes; at most {settings.max_dictionary_bytes}"
        raise Refused(rules.FORMAT, message, file=name)
    # Arrow's own dictionaries shift the values where a file's dictionary holds one twice, which the
    # format allows; so cells are read without them, and `large_binary` keeps Arrow from them.
    plain = pq.ParquetFile(source, binary_type=pa.large_binary())
    yield _plain(plain.schema_arrow.empty_table())
    yield from _parts(plain, _batch_rows(source, schema, name), name, settings)


def _batch_rows(source: BinaryIO, schema: pa.Schema, name: str) -> int:
    """So many rows that they fit into a batch, were each as long as the longest texts together."""
    texts = [each.name for each in schema if _is_bytes(each.type)]
    longest = {each.name: each.type.byte_width for each in schema
               if pa.types.is_fixed_size_binary(each.type)}  # fmt: skip
    if texts:
        packed = pq.ParquetFile(source, read_dictionary=texts)
        for batch in packed.iter_batches(BATCH, columns=texts):
            for text, column in zip(batch.schema.names, batch.columns, strict=True):
                words = column.dictionary if pa.types.is_dictionary(column.type) else column
                most = pc.max(pc.binary_length(words)).as_py() or 0
                longest[text] = max(longest.get(text, 0), most)
    width = sum(longest.values())
    if width > BATCH_BYTES:
        message = f"{name}: texts of {width} bytes in a row; at most {BATCH_BYTES}"
        raise Refused(rules.FORMAT, message, file=name)
    return int(min(BATCH, BATCH_BYTES // max(width, 1)))


def _largest_dictionary(metadata: pq.FileMetaData, source: BinaryIO) -> int:
    """The bytes to which the largest dictionary unpacks, as the pages' own headers say."""
    largest = 0
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(number)
            starts = (chunk.dictionary_page_offset, chunk.data_page_offset)
            source.seek(max(min((each for each in starts if each), default=0), 0))
            kind, size = _page(source.read(PAGE_HEAD))
            if kind == DICTIONARY_PAGE:
                largest = max(largest, size)
    return largest


def _page(head: bytes) -> tuple[int, int]:
    """A page's type and unpacked bytes, from the first bytes of its header; 0 for no header.

    The header is a Thrift struct in the compact protocol whose first two fields are 32-bit numbers
    (Apache Parquet, ``PageHeader``).
    """
    numbers, at = [], 0
    for _ in range(2):
        if head[at : at + 1] != NEXT_I32:
            return 0, 0
        at += 1
        value = shift = 0
        while at < len(head):
            value |= (head[at] & 0x7F) << shift
            shift += 7
            at += 1
            if head[at - 1] < 0x80:
                break
        numbers.append((value >> 1) ^ -(value & 1))
    return numbers[0], numbers[1]


def _parts(
    file: pq.ParquetFile, rows: int, name: str, settings: Intake
) -> Iterator[pa.Table]:  # fmt: skip
    """Yield batches of plain columns, of so many rows at most."""
    left = settings.max_table_bytes
    for batch in file.iter_batches(rows):
        left -= batch.nbytes
        if left < 0:
            message = f"{name} spreads to more than {settings.max_table_bytes} bytes"
            raise Refused(rules.FORMAT, message, file=name)
        yield _plain(pa.Table.from_batches([batch])).combine_chunks()


def _plain(table: pa.Table) -> pa.Table:
    columns = [_plain_column(column) for column in table.columns]
    return pa.Table.from_arrays(columns, names=table.column_names)


def _plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in one of the few types that are compared with the contract; others become text."""
    kind = column.type
    if _is_text(kind):
        text = column.cast(pa.large_string())
        text.validate(full=True)
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.large_string()), text)
    if pa.types.is_timestamp(kind):
        if kind.tz in ZONES:
            return _wall_clock(column)
        return _as_text(column)
    if (
        pa.types.is_integer(kind)
        or kind in (pa.float32(), pa.float64(), pa.bool_(), pa.date32(), pa.null())
    ):  # fmt: skip
        return column
    if pa.types.is_date64(kind):
        return column.cast(pa.date32())
    return _as_text(column)


def _wall_clock(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as the clock in Shanghai showed them, without a zone, to the microsecond."""
    if column.type.tz is not None:
        # Eight hours throughout: Shanghai's last summer time was in 1991.
        unit = column.type.unit
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
        numbers = column.cast(pa.int64())
        column = pc.add_checked(numbers, 8 * 3600 * per_second).cast(pa.timestamp(unit))
    return column.cast(pa.timestamp("us"), safe=False)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values of a type that no column of a contract has, as text, so that they can be named."""
    try:
        text = column.cast(pa.large_string())
        text.validate(full=True)
        return text
    except (pa.ArrowException, ValueError):
        marks = [
            None if not valid else f"<{column.type}>" for valid in column.is_valid().to_pylist()
        ]
        return pa.chunked_array([pa.array(marks, pa.large_string())])


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return _is_text(value) or bool(pa.types.is_binary(value) or pa.types.is_large_binary(value))
