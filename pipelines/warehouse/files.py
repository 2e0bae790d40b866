"""The lake's files: which of them rule on a business date, and their content hashes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data.contracts import TABLES
from data.errors import StoreError
from data.home import Home
from data.store import Database


@dataclass(frozen=True, order=True)
class LakeFile:
    """One Parquet file of the lake: what one submitter said about one table on one date."""

    table: str
    date: date
    submitter: str
    sequence: int
    sha256: str
    path: Path


def lake_files(home: Home, until: date) -> tuple[LakeFile, ...]:
    """List the lake's files up to a business date, sorted, each with the hash of its bytes.

    Raises:
        StoreError: a file's name does not say date, submitter and sequence.
    """
    found = []
    for table in TABLES:
        for path in sorted((home.lake / table).glob("date=*/*.parquet")):
            submitter, _, sequence = path.stem.rpartition("-")
            try:
                day = date.fromisoformat(path.parent.name.removeprefix("date="))
                number = int(sequence)
            except ValueError as error:
                raise StoreError(
                    f"lake: {table}/{path.parent.name}/{path.name} is not named "
                    "date=YYYY-MM-DD/<submitter>-<sequence>.parquet; remove it and receive again"
                ) from error
            if day <= until:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                found.append(LakeFile(table, day, submitter, number, digest, path))
    return tuple(sorted(found))


def source(db: Database, name: str, table: str, files: list[LakeFile]) -> None:
    """Make a temporary view over the lake files of one table, with their date as lake_date.

    Without files the view is empty and has the table's columns.
    """
    columns = TABLES[table].names
    listed = ", ".join(columns)
    if not files:
        db.execute(
            f"empty {name}",
            f"create or replace temp view {name} as select {listed}, date '1970-01-01' "
            f"as lake_date, '' as submitter from {table}_contract where false",
        )
        return
    # A view cannot be prepared, so the paths are quoted into it.
    paths = ", ".join("'" + str(file.path).replace("'", "''") + "'" for file in files)
    db.execute(
        f"view {name}",
        f"create or replace temp view {name} as select {listed}, submitted_for as lake_date, "
        f"submitter from read_parquet([{paths}], hive_partitioning = false)",
    )
