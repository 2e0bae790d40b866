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


def folder(home: Home, table: str, business_date: date) -> Path:
    """Where the files of a table and a business date lie."""
    return home.lake / table / f"date={business_date.isoformat()}"


def ruling_sequence(home: Home, table: str, business_date: date, submitter: str) -> int | None:
    """The sequence whose rows rule, of a submitter's table and date; None when there are none."""
    return max(_sequences(folder(home, table, business_date), submitter), default=None)


def write_table(
    home: Home,
    table: str,
    business_date: date,
    submitter: str,
    sequence: int,
    rows: pa.Table,
    lines: pa.Array,
) -> None:
    """Write a table's accepted rows, and remove what they replace; an older sequence is left out.

    Doing it again gives the same bytes.
    """
    place = folder(home, table, business_date)
    held = _sequences(place, submitter)
    if any(number > sequence for number in held):
        return
    count = rows.num_rows
    lineage = [
        pa.array([submitter] * count, pa.string()),
        pa.array([business_date] * count, pa.date32()),
        pa.array([sequence] * count, pa.int64()),
        lines.cast(pa.int64()),
    ]
    schema = lake_schema(table_named(table))
    whole = pa.Table.from_arrays([*rows.columns, *lineage], schema=schema)
    place.mkdir(parents=True, exist_ok=True)
    target = place / f"{submitter}-{sequence:08d}.parquet"
    partial = place / f".{target.name}.partial"
    pq.write_table(whole, partial, compression="zstd", store_schema=False)
    sync(partial)
    os.replace(partial, target)
    sync(place)
    for number in held:
        if number < sequence:
            (place / f"{submitter}-{number:08d}.parquet").unlink(missing_ok=True)


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


def sync(path: Path) -> None:
    """Let a file or folder reach the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sequences(place: Path, submitter: str) -> list[int]:
    ends = (path.stem.rsplit("-", 1)[1] for path in place.glob(f"{submitter}-*.parquet"))
    return sorted(int(end) for end in ends)
