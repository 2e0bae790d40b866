"""The contracts of all tables, and what follows from them: schemas, SQL and a document."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from data import ledgers, tables
from data.columns import FIRST_DAY, LARGEST_FEN, LARGEST_TOTAL, LAST_DAY, Column, Kind, Table
from data.errors import ContractError

__all__ = [
    "LINEAGE",
    "TABLES",
    "Column",
    "Kind",
    "Table",
    "arrow_schema",
    "create_table_sql",
    "document",
    "lake_schema",
    "table_named",
]

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            tables.INSTITUTION,
            tables.PARTY,
            tables.RELATION,
            tables.ACCOUNT,
            tables.ENTRY,
            tables.CLEARING,
            ledgers.BALANCE,
            ledgers.LOAN,
            ledgers.LOAN_EVENT,
            ledgers.PRODUCT,
            ledgers.HOLDING,
            ledgers.RESERVE_DAY,
            ledgers.TIP,
        )
    }
)

# Where an accepted row came from: its package, and its line in the file as sent.
LINEAGE: pa.Schema = pa.schema(
    [
        pa.field("submitter", pa.string(), nullable=False),
        pa.field("submitted_for", pa.date32(), nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
    ]
)

ARROW_TYPES: Mapping[Kind, pa.DataType] = MappingProxyType(
    {
        "text": pa.string(),
        "fen": pa.int64(),
        "integer": pa.int64(),
        "rate": pa.float64(),
        "date": pa.date32(),
        "time": pa.timestamp("us"),
        "flag": pa.bool_(),
    }
)
SQL_TYPES: Mapping[Kind, str] = MappingProxyType(
    {
        "text": "varchar",
        "fen": "bigint",
        "integer": "bigint",
        "rate": "double",
        "date": "date",
        "time": "timestamp",
        "flag": "boolean",
    }
)


FORMS = (
    "| kind | is written | lies within |",
    "|---|---|---|",
    "| text | any text without NUL | |",
    "| fen, integer | digits, at most 19 and 2⁶³ - 1, with `-` before a negative number; no `+`, "
    f"point, comma or exponent | fen: at most {LARGEST_FEN} to either side; of one file's accepted "
    f"rows at most {LARGEST_TOTAL} together |",
    "| rate | digits, at most 12, and where there is a fraction a point and at most 18 more "
    "| read as a double |",
    f"| date | `YYYY-MM-DD` | {FIRST_DAY} to {LAST_DAY} |",
    "| time | `YYYY-MM-DD HH:MM:SS`, and where there is a fraction a point and at most 6 digits "
    "| the same days; seconds end at 59 |",
    "| flag | `true` or `false` | |",
)


def table_named(name: str) -> Table:
    """Return the contract of a table.

    Raises:
        ContractError: no such table; the message lists the known ones.
    """
    try:
        return TABLES[name]
    except KeyError:
        raise ContractError(f"unknown table {name!r}; known are {', '.join(TABLES)}") from None


def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a table's columns, in order; required columns are not nullable."""
    return pa.schema(
        [
            pa.field(column.name, ARROW_TYPES[column.kind], nullable=not column.required)
            for column in table.columns
        ]
    )


def lake_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a table's lake files: its columns, then where each row came from."""
    return pa.schema([*arrow_schema(table), *LINEAGE])


def create_table_sql(table: Table) -> str:
    """The statement that creates a contract's table (keys are checked by query)."""
    columns = ",\n  ".join(
        f"{column.name} {SQL_TYPES[column.kind]}{' not null' if column.required else ''}"
        for column in table.columns
    )
    return f"create table {table.name} (\n  {columns}\n)"


def document() -> str:
    """The tables as a Markdown document: one section a table, one line a column."""
    parts = [
        "# Tables",
        "",
        "Written from the contracts by `python -m data.contracts > docs/tables.md`.",
        "",
        *FORMS,
    ]
    for table in TABLES.values():
        register = "; a register, stated whole" if table.register else ""
        parts += [
            "",
            f"## {table.name} {table.zh}",
            "",
            f"{table.en[0].upper()}{table.en[1:]}{register}.",
            "",
        ]
        parts += ["| column | kind | must | 说明 | description |", "|---|---|---|---|---|"]
        parts += [_document_row(column) for column in table.columns]
    return "\n".join(parts) + "\n"


def _document_row(column: Column) -> str:
    must = ["key" if column.key else "filled" if column.required else "may be empty"]
    if column.check:
        must.append(
            f"check digit: {column.check}"
            if column.check != "division"
            else "six digits, the first not 0"
        )
    if column.values and column.kind == "text":
        must.append("one of " + ", ".join(column.values))
    if column.kind in ("rate", "integer") and column.maximum is not None:
        bound = f"at most {column.maximum:g}" if column.maximum < 2**62 else ""
        must.append(f"at least {column.minimum:g}" + (f", {bound}" if bound else ""))
    if column.kind == "fen":
        must.append("may be negative" if column.minimum != 0 else "at least 0")
    kind = (
        f"{column.kind} ({column.unit})" if column.unit not in (None, column.kind) else column.kind
    )
    return f"| {column.name} | {kind} | {'; '.join(must)} | {column.zh} | {column.en} |"


if __name__ == "__main__":
    print(document(), end="")
