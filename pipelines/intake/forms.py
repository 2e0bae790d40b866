"""The forms that a file may have, and its rows in the one that its table's contract has.

A form is known by a file's content: Parquet by its magic number, XML by its first sign, a Chinese
bank statement by its header; anything else is CSV of the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import cast

from data.contracts import TABLES
from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.camt_elements import RECORDS
from pipelines.intake.camt_reader import CamtTable, read_camt
from pipelines.intake.csv_reader import read_csv, read_header
from pipelines.intake.findings import Refused, shown
from pipelines.intake.manifest import StatedFile
from pipelines.intake.parquet_reader import read_parquet
from pipelines.intake.raw import Batch
from pipelines.intake.row_checks import packed_columns
from pipelines.intake.statements import PACKED, as_entries, check_header, is_statement
from pipelines.intake.xml_scan import is_xml, scan

# The element of camt.053 that is a record of each table.
ELEMENTS: Mapping[str, str] = MappingProxyType({"entry": "Ntry", "balance": "Stmt"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it will be read.

    `batches` are the rows of the table that the file is stated under. They must cover, by a count
    from the bytes alone, all lines `by_line`, or so many `elements`, of which each is a record that
    may give several rows. `balances` gives the rows and the elements of `balance`, where the file
    holds them too.
    """

    batches: Iterator[Batch]
    by_line: bool = False
    elements: int | None = None
    balances: Callable[[], tuple[Iterator[Batch], int]] | None = None


def read_file(path: Path, stated: StatedFile, settings: Intake) -> Reading:
    """Start to read a file.

    Raises:
        Refused: its form is not that of its table, or it cannot be read.
    """
    if is_parquet(path):
        return Reading(read_parquet(path, settings))
    if is_xml(path):
        return _read_xml(path, stated, settings)
    packed = packed_columns(TABLES[stated.table])
    header = read_header(path, stated.encoding, settings) if stated.table == "entry" else []
    if header and is_statement(header):
        check_header(header, path.name)
        batches = read_csv(path, stated.encoding, settings, PACKED)
        return Reading(as_entries(batches, stated.bank_no), by_line=True)
    return Reading(read_csv(path, stated.encoding, settings, packed), by_line=True)


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet by its first bytes, or claims to be by its name."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1" or path.suffix == ".parquet"


def _read_xml(path: Path, stated: StatedFile, settings: Intake) -> Reading:
    if stated.table not in ELEMENTS:
        message = f"{shown(path.name)} is XML; camt.053 is read as entry or balance"
        raise Refused(rules.FORMAT, message, file=path.name)
    found = scan(path, RECORDS, settings)
    table = cast(CamtTable, stated.table)

    def balances() -> tuple[Iterator[Batch], int]:
        return read_camt(path, "balance", stated.bank_no, found, settings), len(found.lines["Stmt"])

    return Reading(
        read_camt(path, table, stated.bank_no, found, settings),
        elements=len(found.lines[ELEMENTS[table]]),
        balances=balances if table == "entry" else None,
    )
