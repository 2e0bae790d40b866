"""The DuckDB store, the one place that opens DuckDB; errors carry the name of their query."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import duckdb
import polars as pl
import pyarrow as pa

from data.errors import StoreError

# Errors that quote the data they failed on; what they quote is left out of our messages.
DATA_ERRORS = (
    duckdb.ConversionException,
    duckdb.ConstraintException,
    duckdb.InvalidInputException,
    duckdb.OutOfRangeException,
)
VALUE = re.compile(r"'.*'|\".*\"|[0-9]{5,}")

Parameters = Sequence[Any] | dict[str, Any] | None


def quote(identifier: str) -> str:
    """Quote an identifier for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


class Answers(Protocol):
    """What answers named queries: a published file, or what was read of one."""

    def frame(self, name: str, sql: str, params: Parameters = None) -> pl.DataFrame:
        """The rows as a frame."""

    def rows(self, name: str, sql: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """The rows as tuples."""


class Database:
    """One DuckDB file, or a database in memory, with named queries."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path | None) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def open(
        cls,
        path: Path | None,
        *,
        read_only: bool = False,
        memory_limit: str = "3GB",
        threads: int = 2,
    ) -> Database:
        """Open a database file (None: in memory); read-only ones are locked down.

        Raises:
            StoreError: the file cannot be opened, or another process writes to it.
        """
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "threads": threads,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if read_only:
            config["enable_external_access"] = False
        try:
            connection = duckdb.connect(
                str(path) if path else ":memory:", read_only=read_only, config=config
            )
            # A file that this process has open already is locked down, and stays so.
            if not (read_only and _is_locked(connection)):
                connection.execute("set enable_progress_bar = false")
                if read_only:
                    connection.execute("set lock_configuration = true")
        except duckdb.Error as error:
            raise StoreError(f"cannot open the database {path}: {error}") from error
        return cls(connection, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        self._connection.close()

    def cursor(self) -> Database:
        """Another connection to the same open file, for another thread."""
        return Database(self._connection.cursor(), self.path)

    def execute(self, name: str, sql: str, params: Parameters = None) -> None:
        """Run a statement under a name.

        Raises:
            StoreError: the statement failed; carries its name, its SQL and the cause.
        """
        self._run(name, sql, params)

    def arrow(self, name: str, sql: str, params: Parameters = None) -> pa.Table:
        """Run a query and return its rows as an Arrow table."""
        try:
            return self._connection.sql(sql, params=params).to_arrow_table()
        except duckdb.Error as error:
            raise _failed(name, sql, error) from error

    def frame(self, name: str, sql: str, params: Parameters = None) -> pl.DataFrame:
        """Run a query and return its rows as a Polars frame."""
        frame = pl.from_arrow(self.arrow(name, sql, params))
        if not isinstance(frame, pl.DataFrame):
            raise StoreError(f"query {name}: did not return columns")
        return frame

    def rows(self, name: str, sql: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """Run a query and return its rows as tuples."""
        result = self._run(name, sql, params)
        try:
            return result.fetchall()
        except duckdb.Error as error:
            raise _failed(name, sql, error) from error

    def register(self, name: str, table: pa.Table) -> None:
        """Let queries read an Arrow table under a name, without copying it."""
        self._connection.register(name, table)

    def unregister(self, name: str) -> None:
        """Forget a name that was registered."""
        self._connection.unregister(name)

    def insert(self, table: str, rows: pa.Table) -> None:
        """Append the rows of an Arrow table to a table of the database, matched by column name."""
        self.register("_insert", rows)
        try:
            columns = ", ".join(quote(column) for column in rows.column_names)
            self.execute(
                f"insert into {table}",
                f"insert into {quote(table)} ({columns}) select {columns} from _insert",
            )
        finally:
            self.unregister("_insert")

    def _run(self, name: str, sql: str, params: Parameters) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql, params)
        except duckdb.Error as error:
            raise _failed(name, sql, error) from error


def _is_locked(connection: duckdb.DuckDBPyConnection) -> bool:
    [(locked,)] = connection.execute("select current_setting('lock_configuration')").fetchall()
    return bool(locked)


def _failed(name: str, sql: str, error: duckdb.Error) -> StoreError:
    cause = str(error)
    if isinstance(error, DATA_ERRORS):
        cause = VALUE.sub("…", cause.split("\n", 1)[0])
    return StoreError(f"query {name} failed: {type(error).__name__}: {cause}\n{sql}")
