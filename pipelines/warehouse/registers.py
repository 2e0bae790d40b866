"""The current state of registers and day tables, as the newest submissions state it."""

from __future__ import annotations

from data.contracts import TABLES, create_table_sql
from data.store import Database
from pipelines.warehouse.files import LakeFile, source

# account becomes account_dim; entry and clearing become transfer.
CURRENT = (
    "institution",
    "party",
    "relation",
    "product",
    "tip",
    "balance",
    "loan",
    "loan_event",
    "holding",
    "reserve_day",
)


def create_contracts(db: Database) -> None:
    """Create an empty temporary table per contract, for tables of which the lake has no file."""
    for name, table in TABLES.items():
        sql = create_table_sql(table).replace(
            f"create table {name}", f"create temp table {name}_contract", 1
        )
        db.execute(f"contract {name}", sql)


def newest(files: tuple[LakeFile, ...], table: str) -> list[LakeFile]:
    """The files that state a register: the newest date of each submitter, whole."""
    mine = [file for file in files if file.table == table]
    last = {file.submitter: file.date for file in sorted(mine)}
    return [file for file in mine if file.date == last[file.submitter]]


def load_current(db: Database, files: tuple[LakeFile, ...]) -> None:
    """Create the current registers and day tables, one row per key, in the order of their keys.

    Where several rows state a key, the newest date's rules, then the smallest submitter's.
    """
    for name in CURRENT:
        table = TABLES[name]
        chosen = newest(files, name) if table.register else [f for f in files if f.table == name]
        source(db, "stated", name, chosen)
        keys = ", ".join(table.keys)
        [(rows, distinct)] = db.rows(
            f"keys of {name}",
            f"select (select count(*) from stated), "
            f"(select count(*) from (select 1 from stated group by {keys}))",
        )
        ruling = (
            ""
            if rows == distinct
            else f"qualify row_number() over (partition by {keys} "
            "order by lake_date desc, submitter) = 1 "
        )
        db.execute(
            f"current {name}",
            f"create table {name} as select {', '.join(table.names)} from stated "
            f"{ruling}order by {keys}",
        )
