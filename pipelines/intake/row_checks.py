"""Checks every row of a table against its contract: what passes, and why the rest does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

import polars as pl
import pyarrow as pa

from data.codes import is_cnaps, is_division, is_uscc
from data.columns import Check, Column, Kind, Table
from data.contracts import arrow_schema
from pipelines.intake.raw import Raw

CHECKS: Mapping[Check, Callable[[str], bool]] = MappingProxyType(
    {"uscc": is_uscc, "cnaps": is_cnaps, "division": is_division}
)
PATTERNS: Mapping[Kind, str] = MappingProxyType(
    {
        "fen": r"^-?[0-9]{1,19}$",
        "integer": r"^-?[0-9]{1,19}$",
        "rate": r"^-?[0-9]{1,12}(\.[0-9]{1,18})?$",
        "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        "time": r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?$",
        "flag": r"^(true|false)$",
        "text": r"(?s)^[^\x00]*$",
    }
)
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
TYPES: Mapping[Kind, pl.DataType] = MappingProxyType(
    {
        "fen": pl.Int64(),
        "integer": pl.Int64(),
        "rate": pl.Float64(),
        "date": pl.Date(),
        "time": pl.Datetime("us"),
        "flag": pl.Boolean(),
        "text": pl.String(),
    }
)
# Whoever owned or owes today was born after 1900; nothing that is stated reaches beyond 2199.
DATED: Mapping[Kind, tuple[date, date]] = MappingProxyType(
    {
        "date": (date(1900, 1, 1), date(2199, 12, 31)),
        "time": (datetime(1900, 1, 1), datetime(2199, 12, 31, 23, 59, 59)),
    }
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell that failed: its line, column, value as sent, rule by name, and why."""

    line: int
    column: str
    value: str | None
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A table's rows after the checks.

    `accepted` has the contract's columns and `lines` their lines; `failures` name at most one
    reason per row, that of the first column that failed; `extra` are columns the table lacks, and
    `missing` required columns that the header lacks, without which no row can load.
    """

    accepted: pa.Table
    lines: pa.Array
    failures: tuple[Failure, ...]
    extra: tuple[str, ...]
    missing: tuple[str, ...]
    amount_total: int | None


def check_rows(table: Table, raw: Raw) -> Checked:
    """Check all rows of a file; rows that fail are named, the others converted."""
    cells, lines = raw.cells, raw.lines
    typed: dict[str, pl.Series] = {}
    failed: list[pl.DataFrame] = []
    seen = pl.repeat(False, cells.height, dtype=pl.Boolean, eager=True)
    for column in table.columns:
        values, problems = _column(column, cells, raw.text)
        typed[column.name] = values
        for rule, mask, message in problems:
            fresh = mask.fill_null(False) & ~seen
            if fresh.any():
                seen = seen | fresh
                failed.append(_failures(raw, column, fresh, rule, message))
    total = _total(table, typed)
    frame = pl.DataFrame([typed[name] for name in table.names])
    double, firsts = _duplicates(table, frame, lines, ~seen)
    if double.any():
        seen = seen | double
        failed.append(
            _failures(raw, table.column(table.keys[-1]), double, "duplicate", "")
            .drop("message")
            .join(firsts, on="line", how="left")
            .with_columns(pl.format("the key stands in line {} already", "first").alias("message"))
            .drop("first")
        )
    accepted = frame.filter(~seen).to_arrow().cast(arrow_schema(table))
    reasons = pl.concat(failed).sort("line", maintain_order=True) if failed else None
    return Checked(
        accepted,
        lines.filter(~seen).to_arrow(),
        tuple(Failure(*row) for row in reasons.iter_rows()) if reasons is not None else (),
        tuple(name for name in cells.columns if name not in table.names),
        tuple(c.name for c in table.columns if c.required and c.name not in cells.columns),
        total,
    )


def _column(
    column: Column, cells: pl.DataFrame, text: bool
) -> tuple[pl.Series, list[tuple[str, pl.Series, str]]]:
    """Convert one column; returns its values and, in order, what may be wrong with which rows."""
    kind = TYPES[column.kind]
    if column.name not in cells.columns:
        values = pl.Series(column.name, [None] * cells.height, dtype=kind)
        everywhere = pl.repeat(column.required, cells.height, dtype=pl.Boolean, eager=True)
        return values, [("missing_column", everywhere, f"the header has no column {column.name}")]
    sent = cells[column.name]
    if sent.dtype == pl.Null:
        sent = sent.cast(pl.String)
    values, unreadable = _converted(column, sent, text)
    problems = []
    if column.required:
        problems.append(("required", sent.is_null(), f"{column.name} is empty"))
    problems.append(("unparsable", unreadable, f"{column.name} must be {FORMS[column.kind]}"))
    if column.values and column.kind == "text":
        listed = ", ".join(column.values)
        unlisted = ~values.is_in(list(column.values)) & values.is_not_null()
        problems.append(("unlisted", unlisted, f"{column.name} must be one of {listed}"))
    if column.check is not None:
        wrong = _wrong_codes(values, CHECKS[column.check])
        problems.append(("check_digit", wrong, f"{column.name} is no valid {column.check} code"))
    if column.kind in DATED:
        first, last = DATED[column.kind]
        outside = (values < first) | (values > last)
        bounds = f"{column.name} must lie within {first:%Y-%m-%d} and {last:%Y-%m-%d}"
        problems.append(("range", outside, bounds))
    if column.minimum is not None or column.maximum is not None:
        low = values < column.minimum if column.minimum is not None else unreadable & False
        high = values > column.maximum if column.maximum is not None else unreadable & False
        bounds = f"{column.name} must lie within {column.minimum} and {column.maximum}"
        problems.append(("range", low | high, bounds))
    return values, problems


def _converted(column: Column, sent: pl.Series, text: bool) -> tuple[pl.Series, pl.Series]:
    """Convert cells to the column's type; returns the values and which of them did not parse."""
    kind = TYPES[column.kind]
    if sent.dtype == pl.String and (text or column.kind == "text"):
        fits = sent.str.contains(PATTERNS[column.kind])
        kept = sent.set(~fits.fill_null(True), None)
        if column.kind == "date":
            values = kept.str.to_date("%Y-%m-%d", strict=False)
        elif column.kind == "time":
            values = kept.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
        elif column.kind == "flag":
            values = kept == "true"
        else:
            values = kept.cast(kind, strict=False)
    elif _same_kind(sent.dtype, column.kind):
        values = sent.dt.replace_time_zone(None) if isinstance(sent.dtype, pl.Datetime) else sent
        values = values.cast(kind, strict=False)
    else:
        values = pl.Series(sent.name, [None] * len(sent), dtype=kind)
    return values.alias(column.name), values.is_null() & sent.is_not_null()


def _same_kind(dtype: pl.DataType, kind: Kind) -> bool:
    if kind in ("fen", "integer"):
        return dtype.is_integer()
    if kind == "rate":
        return dtype.is_numeric()
    if kind == "time":
        return isinstance(dtype, pl.Datetime) and dtype.time_zone in (None, "Asia/Shanghai")
    return {"date": pl.Date, "flag": pl.Boolean, "text": pl.String}.get(kind) == dtype


def _wrong_codes(values: pl.Series, check: Callable[[str], bool]) -> pl.Series:
    wrong = [value for value in values.unique().drop_nulls() if not check(value)]
    return values.is_in(wrong) if wrong else values.is_null() & False


def _duplicates(
    table: Table, frame: pl.DataFrame, lines: pl.Series, good: pl.Series
) -> tuple[pl.Series, pl.DataFrame]:
    """Which good rows repeat the key of an earlier good row, and the line of that one."""
    keyed = frame.select(table.keys).with_columns(lines.alias("line"), good.alias("good"))
    kept = keyed.filter("good")
    if kept.select(table.keys).n_unique() == kept.height:
        empty = pl.DataFrame(schema={"line": pl.Int64, "first": pl.Int64})
        return pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True), empty
    later = kept.with_columns(pl.col("line").first().over(table.keys).alias("first")).filter(
        pl.col("line") != pl.col("first")
    )
    return lines.is_in(later["line"].implode()) & good, later.select("line", "first")


def _total(table: Table, typed: Mapping[str, pl.Series]) -> int | None:
    """The exact sum of the amount column; Python's integers, as 64 bits could overflow."""
    if table.amount_column is None:
        return None
    amounts = typed[table.amount_column].drop_nulls()
    return int(amounts.cast(pl.Int128).sum() or 0)


def _failures(raw: Raw, column: Column, mask: pl.Series, rule: str, message: str) -> pl.DataFrame:
    lines = raw.lines.filter(mask).cast(pl.Int64)
    sent = pl.repeat(None, len(lines), dtype=pl.String, eager=True)
    if column.name in raw.cells.columns:
        sent = raw.cells.get_column(column.name).filter(mask).cast(pl.String, strict=False)
    return pl.DataFrame([lines.alias("line"), sent.alias("value")]).select(
        "line",
        pl.lit(column.name).alias("column"),
        "value",
        pl.lit(rule).alias("rule"),
        pl.lit(message).alias("message"),
    )


def failures_by_rule(failures: tuple[Failure, ...]) -> Iterator[tuple[str, list[Failure]]]:
    """Group failures by rule, in the order of the rules' first lines."""
    grouped: dict[str, list[Failure]] = {}
    for failure in failures:
        grouped.setdefault(failure.rule, []).append(failure)
    yield from grouped.items()
