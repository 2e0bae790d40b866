"""The contracts' tables, empty, for tests that fill a database by hand."""

from __future__ import annotations

from data.contracts import TABLES, create_table_sql
from data.store import Database


def create_schema(db: Database) -> None:
    """Create every table of the contracts, empty."""
    for table in TABLES.values():
        db.execute(f"create {table.name}", create_table_sql(table))
