"""What the ledger promises, staged before and put in place after, so that a crash loses nothing.

A package's accepted rows and its rejected rows are written under ``staged/`` in the home,
down to the disk. Then its row is written into the ledger. Then they are moved into the lake and the
outbox, and the staging folder goes. Whatever staging folders are found later are put in place when
the ledger knows their package, and thrown away when it does not.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from data.control import Control, Submission
from data.durable import make_folder, put, sync
from data.home import Home
from pipelines.intake.checking import Result
from pipelines.intake.lake import place_table
from pipelines.intake.manifest import PACKAGE_NAME
from pipelines.intake.package import file_hash, remove_package
from pipelines.intake.receipt import is_of, receipt_among
from pipelines.intake.rejected import write_rejected

STRANGERS = "unknown"
REJECTED = "rejected.csv"


def stage(
    home: Home, result: Result, sha256: str, tables: list[str], *, rejected: bool
) -> tuple[Path, dict[str, str], str]:
    """Put a checked package's rows where the ledger's row will find them, down to the disk.

    With `rejected`, the file of the rejected rows too, if there are any.

    Returns:
        The staging folder, the SHA-256 of each table's file in it, and of the rejected rows ('':
        there are none).
    """
    folder = _staging(home) / f"{sha256}-{result.package}"
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    hashes = {}
    for table in result.tables:
        name = table.stated.table
        if name in tables:
            path = folder / f"{name}.parquet"
            os.replace(table.rows, path)
            sync(path)
            hashes[name] = file_hash(path)
    if rejected and any(table.rejected is not None for table in result.tables):
        with (folder / REJECTED).open("wb") as file:
            write_rejected(result.tables, file)
        sync(folder / REJECTED)
    sync(folder)
    return folder, hashes, file_hash(folder / REJECTED) if (folder / REJECTED).exists() else ""


def settle(home: Home, control: Control, folder: Path) -> None:
    """Put what is staged in place if the ledger promised it, and remove the staging folder."""
    sha256, _, package = folder.name.partition("-")
    held = control.submission_with_content(package, sha256)
    if held is not None:
        if held.business_date is not None:
            day = _same_day(control, held)
            for table in sorted(held.loaded):
                ruling = max(each.sequence or 0 for each in day if table in each.loaded)
                place_table(home, folder / f"{table}.parquet", table, held.submitter,
                            held.business_date, held.sequence or 0, ruling)  # fmt: skip
        if (folder / REJECTED).exists():
            make_folder(outbox(home, package))
            put(folder / REJECTED, outbox(home, package) / f"{package}.rejected.csv")
        write_receipt(home, control, held)
        _refresh_receipts(home, control, held)
    shutil.rmtree(folder)


def discard(folder: Path) -> None:
    """Throw away what is staged."""
    shutil.rmtree(folder)


def recover(home: Home, control: Control) -> None:
    """Settle what a crash left staged, and remove what it left half written or half removed."""
    for folder in sorted(_staging(home).glob("*-*")):
        _discard_others(control, folder)
        settle(home, control, folder)
    for path in home.outbox.glob("*/.*.partial"):
        remove_package(path)


def _discard_others(control: Control, folder: Path) -> None:
    """Throw away staged rows that are not those that the ledger promised."""
    sha256, _, package = folder.name.partition("-")
    held = control.submission_with_content(package, sha256)
    promised = held.loaded if held is not None else {}
    for file in folder.glob("*.parquet"):
        if promised.get(file.stem, "") not in ("", file_hash(file)):
            file.unlink()


def write_receipt(home: Home, control: Control, held: Submission) -> Path:
    """Write a package's receipt into the outbox; returns its path.

    Where other bytes came under the same name, each receipt also lies under its content's hash.
    """
    folder = outbox(home, held.package)
    same, same_day = control.submissions_of_package(held.package), _same_day(control, held)
    if len(same) > 1:
        for each in same:
            _write(folder / f"{held.package}.{each.sha256[:8]}.receipt.json",
                   receipt_among(each, same_day))  # fmt: skip
    path = folder / f"{held.package}.receipt.json"
    _write(path, receipt_among(held, same_day))
    return path


def receipt_of(control: Control, held: Submission) -> str:
    """The text of a submission's receipt as it should lie in the outbox."""
    return receipt_among(held, _same_day(control, held))


def _refresh_receipts(home: Home, control: Control, late: Submission) -> None:
    """Let the receipts of higher sequences say that they replace one that came after them."""
    same_day = _same_day(control, late)
    for held in same_day:
        if held.loaded and (held.sequence or 0) > (late.sequence or 0):
            for path in outbox(home, held.package).glob(f"{held.package}*.receipt.json"):
                if is_of(path.read_text("utf-8", errors="replace"), held):
                    _write(path, receipt_among(held, same_day))


def _same_day(control: Control, held: Submission) -> Sequence[Submission]:
    """All submissions of a submission's submitter and date, itself included."""
    if held.business_date is None:
        return [held]
    return control.submissions(held.submitter, held.business_date)


def outbox(home: Home, package: str) -> Path:
    """The folder of a package's receipts."""
    return home.outbox / submitter_of(package)


def submitter_of(package: str) -> str:
    """The submitter that a package's name states, or the folder of those that state none."""
    named = PACKAGE_NAME.fullmatch(package)
    return named["submitter"] if named else STRANGERS


def date_of(day: str) -> date | None:
    """The date of eight digits; None when there is no such day."""
    try:
        return datetime.strptime(day, "%Y%m%d").date()
    except ValueError:
        return None


def _staging(home: Home) -> Path:
    return home.path / "staged"


def _write(path: Path, text: str) -> None:
    if path.exists() and path.read_bytes().decode("utf-8", "replace") == text:
        return
    make_folder(path.parent)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, "utf-8", newline="")
    put(partial, path)
