"""Checks every row of a table against its contract: what passes, and why the rest does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from data.codes import is_cnaps, is_division, is_uscc
from data.columns import FIRST_DAY, LAST_DAY, Check, Column, Kind, Table
from data.contracts import ARROW_TYPES
from pipelines.intake import cell_kernel
from pipelines.intake.cell_kernel import Bools
from pipelines.intake.raw import Batch, one_array

CHECKS: Mapping[Check, Callable[[str], bool]] = MappingProxyType(
    {"uscc": is_uscc, "cnaps": is_cnaps, "division": is_division}
)
RATE = r"^-?[0-9]{1,12}(\.[0-9]{1,18})?$"
FORMS: Mapping[Kind, str] = MappingProxyType(
    {
        "fen": "a whole number of fen",
        "integer": "a whole number",
        "rate": "a decimal such as 0.12",
        "date": "an ISO date such as 2016-06-13",
        "time": "a time such as 2016-06-13 09:30:00 in Asia/Shanghai",
        "flag": "true or false",
        "text": "text without NUL",
    }
)
DATED: Mapping[Kind, tuple[date, date]] = MappingProxyType(
    {
        "date": (FIRST_DAY, LAST_DAY),
        "time": (datetime.combine(FIRST_DAY, time.min), datetime.combine(LAST_DAY, time.max)),
    }
)
# What a column of Parquet must be instead of text.
PARQUET: Mapping[Kind, str] = MappingProxyType(
    {
        "fen": "int64",
        "integer": "int64",
        "rate": "double",
        "date": "date",
        "time": "timestamp without a zone or in Asia/Shanghai",
        "flag": "bool",
        "text": "string",
    }
)

# What is wrong with a cell; a row's verdict is that of its first column that failed.
FINE, EMPTY, UNPARSABLE, UNLISTED, WRONG_CODE, OUT_OF_RANGE, NO_COLUMN, REPEATED = range(8)
RULES = ("", "required", "unparsable", "unlisted", "check_digit", "range", "missing_column",
         "duplicate")  # fmt: skip
KINDS_OF_WRONG = len(RULES)

Codes = npt.NDArray[np.uint8]
Verdicts = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch's rows after the checks.

    `rows` are all rows with the contract's columns (failed cells are null). `verdict`, shape
    (rows,), is 0 where a row passes, otherwise the number of the column times `KINDS_OF_WRONG` plus
    what is wrong with it. `amount_total` is the exact sum of the amounts that can be read, and
    `amounts_readable` says whether all can.
    """

    rows: pa.Table
    verdict: Verdicts
    amount_total: int
    amounts_readable: bool


def judge(table: Table, batch: Batch) -> Judged:
    """Convert all rows of a batch, and say what is wrong with each."""
    count = len(batch.lines)
    verdict = np.zeros(count, np.uint16)
    columns = []
    readable = not batch.malformed
    for number, column in enumerate(table.columns):
        values, codes = _column(column, batch, count)
        columns.append(values)
        fresh = (codes != FINE) & (verdict == 0)
        if fresh.any():
            verdict[fresh] = number * KINDS_OF_WRONG + codes[fresh]
        if column.name == table.amount_column:
            readable &= not np.isin(codes, (UNPARSABLE, NO_COLUMN)).any()
    rows = pa.table(columns, list(table.names))
    return Judged(rows, verdict, total(table, rows), readable)


def packed_columns(table: Table) -> frozenset[str]:
    """The columns that hold few different values, so that each value is judged once."""
    return frozenset(
        c.name for c in table.columns if c.values or c.check is not None or c.kind == "flag"
    )


def reason(table: Table, verdict: int) -> tuple[Column, str, str]:
    """A verdict in words: the column, the rule by name, and the message."""
    column, wrong = table.columns[verdict // KINDS_OF_WRONG], verdict % KINDS_OF_WRONG
    low, high = str(column.minimum), str(column.maximum)
    if column.kind in DATED:
        low, high = (f"{day:%Y-%m-%d}" for day in DATED[column.kind])
    messages = (
        "",
        f"{column.name} is empty",
        f"{column.name} must be {FORMS[column.kind]}",
        f"{column.name} must be one of {', '.join(column.values)}",
        f"{column.name} is no valid {column.check} code",
        f"{column.name} must lie within {low} and {high}",
        f"the header has no column {column.name}",
        "the key stands in line {} already",
    )
    return column, RULES[wrong], messages[wrong]


def repeated(table: Table) -> int:
    """The verdict on a row that repeats an earlier row's key."""
    return list(table.names).index(table.keys[-1]) * KINDS_OF_WRONG + REPEATED


def _column(column: Column, batch: Batch, count: int) -> tuple[pa.Array, Codes]:
    """Convert one column; returns its values and what is wrong with each cell."""
    if column.name not in batch.cells.column_names:
        wrong = NO_COLUMN if column.required else FINE
        return pa.nulls(count, ARROW_TYPES[column.kind]), np.full(count, wrong, np.uint8)
    cells = one_array(batch.cells.column(column.name))
    if not pa.types.is_dictionary(cells.type):
        return _judged(column, cells, batch.text)
    values, codes = _judged(column, cells.dictionary, batch.text)
    empty = EMPTY if column.required else FINE
    places = cells.indices.fill_null(-1).to_numpy()
    return values.take(cells.indices), np.append(codes, np.uint8(empty))[places]


def _judged(column: Column, cells: pa.Array, text: bool) -> tuple[pa.Array, Codes]:
    values, parsed = _converted(column, cells, text)
    present = cell_kernel.present(cells)
    codes = np.zeros(len(cells), np.uint8)
    codes[present & ~parsed] = UNPARSABLE
    if column.required:
        codes[~present] = EMPTY
    good = present & parsed
    if column.values and column.kind == "text":
        listed = pc.is_in(values, value_set=pa.array(column.values, values.type))
        codes[good & ~_bools(listed)] = UNLISTED
    if column.check is not None:
        codes[good & ~_passes(values, CHECKS[column.check])] = WRONG_CODE
    if column.kind in DATED:
        first, last = (pa.scalar(bound, values.type) for bound in DATED[column.kind])
        codes[good & _bools(pc.or_(pc.less(values, first), pc.greater(values, last)))] = (
            OUT_OF_RANGE
        )
    if column.minimum is not None:
        codes[good & _bools(pc.less(values, column.minimum)) & (codes == FINE)] = OUT_OF_RANGE
    if column.maximum is not None:
        codes[good & _bools(pc.greater(values, column.maximum)) & (codes == FINE)] = OUT_OF_RANGE
    return values, codes


def _converted(column: Column, cells: pa.Array, text: bool) -> tuple[pa.Array, Bools]:
    """Convert cells to the column's type; returns the values, and which cells parsed."""
    kind, target = column.kind, ARROW_TYPES[column.kind]
    if _is_text(cells.type):
        if kind == "text":
            # Text that was split from lines holds no NUL; see the readers.
            nul = (
                np.zeros(len(cells), np.bool_) if text else _bools(pc.match_substring(cells, "\0"))
            )
            return cells.cast(target), ~nul
        if text:
            return _parsed(kind, cells)
    elif _same_kind(cells.type, kind):
        series = pl.Series("cells", pl.from_arrow(cells))
        values = series.cast(pl.Int64, strict=False).to_arrow() if target == pa.int64() else cells
        values = values.cast(target, safe=False)
        parsed = cell_kernel.present(values)
        if kind == "rate":
            parsed = parsed & _bools(pc.is_finite(values))
        return values, parsed
    return pa.nulls(len(cells), target), np.zeros(len(cells), np.bool_)


def _parsed(kind: Kind, cells: pa.Array) -> tuple[pa.Array, Bools]:
    if kind == "flag":
        values = pc.equal(cells, "true")
        return values, _bools(pc.or_(values, pc.equal(cells, "false")))
    if kind == "rate":
        sent = pl.Series("cells", pl.from_arrow(cells), dtype=pl.String)
        fits = sent.str.contains(RATE).fill_null(False)
        numbers = sent.set(~fits, None).cast(pl.Float64, strict=False).to_arrow()
        return numbers, cell_kernel.present(numbers)
    parse = {
        "fen": cell_kernel.parse_integers,
        "integer": cell_kernel.parse_integers,
        "date": cell_kernel.parse_dates,
        "time": cell_kernel.parse_times,
    }[kind]
    numbers, parsed = parse(*cell_kernel.layout(cells))
    return pa.array(numbers, mask=~parsed).cast(ARROW_TYPES[kind]), parsed


def _passes(values: pa.Array, check: Callable[[str], bool]) -> Bools:
    packed = values.dictionary_encode()
    good = [value is not None and check(value) for value in packed.dictionary.to_pylist()]
    places = packed.indices.fill_null(-1).to_numpy()
    passes: Bools = np.append(np.array(good, np.bool_), False)[places]
    return passes


def _same_kind(found: pa.DataType, kind: Kind) -> bool:
    if kind in ("fen", "integer"):
        return bool(pa.types.is_integer(found))
    if kind == "rate":
        return bool(pa.types.is_integer(found) or pa.types.is_floating(found))
    if kind == "time":
        return bool(pa.types.is_timestamp(found) and found.tz is None)
    if kind == "date":
        return bool(pa.types.is_date32(found))
    return bool(kind == "flag" and pa.types.is_boolean(found))


def total(table: Table, rows: pa.Table) -> int:
    """The exact sum of the amount column in 128 bits, as 64 could overflow; 0 without one."""
    if table.amount_column is None:
        return 0
    amounts = pl.Series("amounts", pl.from_arrow(rows.column(table.amount_column)), dtype=pl.Int64)
    return int(amounts.cast(pl.Int128).sum() or 0)


def _is_text(found: pa.DataType) -> bool:
    return bool(pa.types.is_string(found) or pa.types.is_large_string(found))


def _bools(found: pa.Array) -> Bools:
    filled = pc.fill_null(found, False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), np.bool_)
