"""The lake: accepted rows as Parquet by table, business date, submitter and sequence.

Of each submitter, date and table only the file of the highest sequence lies here, whatever order
they came in; the archive keeps the bytes of the others.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.columns import Table
from data.contracts import lake_schema
from data.durable import make_folder, sync
from data.home import Home
from pipelines.intake.manifest import Manifest
from pipelines.intake.raw import Lines


def folder(home: Home, table: str, business_date: date) -> Path:
    """Where the files of a table and a business date lie."""
    return home.lake / table / f"date={business_date.isoformat()}"


class RowWriter:
    """Writes a table's accepted rows with their lineage, batch after batch, as a context.

    The same batches give the same bytes. `count` is how many rows were written. Writing goes on
    in another thread while the next batch is checked.
    """

    def __init__(self, path: Path, table: Table, manifest: Manifest) -> None:
        self.path = path
        self.count = 0
        self._schema = lake_schema(table)
        self._stated = (manifest.submitter, manifest.business_date, manifest.sequence)
        self._pool = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None
        self._writer: pq.ParquetWriter | None = None

    def write(self, rows: pa.Table, lines: Lines) -> None:
        """Write rows with the contract's columns, and their lines."""
        if not rows.num_rows:
            return
        kinds = [field.type for field in self._schema][-4:-1]
        stated = [
            pa.repeat(pa.scalar(value, kind), rows.num_rows)
            for value, kind in zip(self._stated, kinds, strict=True)
        ]
        whole = pa.Table.from_arrays([*rows.columns, *stated, pa.array(lines)], schema=self._schema)
        self._wait()
        self._writing = self._pool.submit(self._opened(whole).write_table, whole)
        self.count += rows.num_rows

    def _opened(self, rows: pa.Table) -> pq.ParquetWriter:
        """The open file; columns that repeat in its first rows are written as dictionaries."""
        if self._writer is None:
            repeating = [
                name for name, column in zip(rows.column_names, rows.columns, strict=True)
                if 2 * pc.count_distinct(column).as_py() <= rows.num_rows
            ]  # fmt: skip
            self._writer = pq.ParquetWriter(
                self.path, self._schema, compression="zstd", use_dictionary=repeating or False,
                store_schema=False,
            )  # fmt: skip
        return self._writer

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._wait()
        finally:
            self._pool.shutdown()
            self._opened(self._schema.empty_table()).close()

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()


def place_table(
    home: Home,
    file: Path,
    table: str,
    submitter: str,
    business_date: date,
    sequence: int,
    ruling: int,
) -> None:
    """Move a synced file into the lake when its sequence rules, and remove what it replaces.

    A file that a crash left moved already is fine; what it replaces may still be there.
    """
    place = folder(home, table, business_date)
    make_folder(place)
    if sequence == ruling and file.exists():
        os.replace(file, place / f"{submitter}-{sequence:08d}.parquet")
    for path in place.glob(f"{submitter}-*.parquet"):
        if int(path.stem.rsplit("-", 1)[1]) < ruling:
            path.unlink()
    sync(place)


def read_columns(files: list[Path], columns: list[str]) -> pl.DataFrame:
    """Read some columns of lake files; no files give no rows and no columns."""
    if not files:
        return pl.DataFrame()
    return pl.concat([pl.read_parquet(file, columns=columns, glob=False) for file in files])


def newest_registers(home: Home, table: str, business_date: date) -> list[Path]:
    """Each submitter's newest file of a register up to a date."""
    newest: dict[str, Path] = {}
    last = f"date={business_date.isoformat()}"
    for path in sorted((home.lake / table).glob("date=*/*.parquet")):
        if path.parent.name <= last:
            newest[path.name.rsplit("-", 1)[0]] = path
    return sorted(newest.values())
