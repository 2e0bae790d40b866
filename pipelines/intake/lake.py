"""The lake: accepted rows as Parquet by table, business date, submitter and sequence.

Of each submitter, date and table only the file of the highest sequence lies here, whatever order
they came in; the archive keeps the bytes of the others.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from data.contracts import lake_schema, table_named
from data.home import Home
from pipelines.intake.manifest import Manifest
from pipelines.intake.package import sync


def folder(home: Home, table: str, business_date: date) -> Path:
    """Where the files of a table and a business date lie."""
    return home.lake / table / f"date={business_date.isoformat()}"


def write_rows(path: Path, table: str, manifest: Manifest, rows: pa.Table, lines: pa.Array) -> None:
    """Write a table's accepted rows with their lineage, down to the disk.

    The same rows give the same bytes.
    """
    count = rows.num_rows
    lineage = [
        pa.array([manifest.submitter] * count, pa.string()),
        pa.array([manifest.business_date] * count, pa.date32()),
        pa.array([manifest.sequence] * count, pa.int64()),
        lines.cast(pa.int64()),
    ]
    schema = lake_schema(table_named(table))
    whole = pa.Table.from_arrays([*rows.columns, *lineage], schema=schema)
    pq.write_table(whole, path, compression="zstd", store_schema=False)
    sync(path)


def place_table(
    home: Home,
    file: Path,
    table: str,
    submitter: str,
    business_date: date,
    sequence: int,
    ruling: int,
) -> None:
    """Move a written file into the lake when its sequence rules, and remove what it replaces."""
    place = folder(home, table, business_date)
    place.mkdir(parents=True, exist_ok=True)
    if sequence == ruling:
        os.replace(file, place / f"{submitter}-{sequence:08d}.parquet")
        sync(place)
    for path in place.glob(f"{submitter}-*.parquet"):
        if int(path.stem.rsplit("-", 1)[1]) < ruling:
            path.unlink()


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
