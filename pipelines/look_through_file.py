"""The file of what a night found of the institutions' clients' money: one Parquet file a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import polars as pl

from data.durable import make_folder, put
from data.errors import StoreError

_SOURCE = {
    "institution_id": pl.String, "convention": pl.String, "stage": pl.String, "kind": pl.String,
    "amount_fen": pl.Int64, "share": pl.Float64,
}  # fmt: skip
COLUMNS: Mapping[str, Mapping[str, type[pl.DataType]]] = MappingProxyType(
    {
        "institution": {
            "institution_id": pl.String, "party_id": pl.String, "name": pl.String,
            "kind": pl.String,
        },
        "institution_source": _SOURCE,
        "institution_use": {
            **_SOURCE, "least_fen": pl.Int64, "most_fen": pl.Int64, "chance_fen": pl.Int64,
        },
        "institution_return": {
            "institution_id": pl.String, "returned_fen": pl.Int64,
            "others_least_fen": pl.Int64, "others_most_fen": pl.Int64,
        },
        "institution_missing": {
            "institution_id": pl.String, "basis": pl.String, "as_of": pl.Date,
            "owed_fen": pl.Int64, "held_fen": pl.Int64, "missing_fen": pl.Int64,
        },
    }
)  # fmt: skip


def empty_tables() -> dict[str, pl.DataFrame]:
    """The tables without rows."""
    return {name: pl.DataFrame(schema=dict(columns)) for name, columns in COLUMNS.items()}


def write_look_through(folder: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    """Write the tables into a folder of their own, each whole or not at all."""
    make_folder(folder)
    for name in COLUMNS:
        path = folder / f"{name}.parquet"
        tables[name].write_parquet(path.with_suffix(".partial"))
        put(path.with_suffix(".partial"), path)


def is_written(folder: Path) -> bool:
    """Whether every table is there."""
    return all((folder / f"{name}.parquet").exists() for name in COLUMNS)


def read_look_through(folder: Path) -> dict[str, pl.DataFrame]:
    """Read the tables of a folder.

    Raises:
        StoreError: one is missing.
    """
    if not is_written(folder):
        raise StoreError(f"{folder} does not hold every table; run the night again")
    return {name: pl.read_parquet(folder / f"{name}.parquet") for name in COLUMNS}
