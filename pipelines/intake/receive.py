"""Takes packages in: archive, check, lake, ledger, receipt; each step repeatable after a crash.

The ledger's row is the acknowledgement. Until it is written the package stays in the inbox and is
taken in again, with the same result; after it, only the receipt is written once more.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from data.control import Control, Submission
from data.errors import InputError, NotFoundError, StoreError
from data.home import Home
from data.settings import Settings
from pipelines.intake import rules
from pipelines.intake.checking import Result, check_content
from pipelines.intake.findings import Refused
from pipelines.intake.lake import ruling_sequence, sync, write_table
from pipelines.intake.manifest import PACKAGE_NAME
from pipelines.intake.package import content_hash, copy_package, opened, package_name
from pipelines.intake.receipt import Receipt, make_receipt, receipt_text, rejected_rows

SHANGHAI = ZoneInfo("Asia/Shanghai")
STRANGERS = "unknown"

log = logging.getLogger("lookthrough.intake")


def check_package(
    path: Path, settings: Settings, home: Home | None = None, now: datetime | None = None
) -> Receipt:
    """The receipt that a package would get; nothing is stored.

    With a home whose lake holds other packages, rows are compared with them as well.

    Raises:
        NotFoundError: there is no such package.
    """
    if not path.exists():
        raise NotFoundError(f"{path}: no such package; name a folder or a ZIP")
    received_at = now or _now()
    result = _checked(path, settings, home, received_at.date())
    return make_receipt(result, settings.intake, received_at, {})


def submit(package: Path, home: Home) -> Path:
    """Copy a package into the inbox, whole or not at all; returns where it waits.

    Raises:
        NotFoundError: there is no such package.
        InputError: another package of that name waits already.
    """
    if not package.exists():
        raise NotFoundError(f"{package}: no such package; name a folder or a ZIP")
    package = package.absolute()
    target = home.inbox / _submitter(package_name(package)) / package.name
    if target.exists():
        if content_hash(target) == content_hash(package):
            return target
        raise InputError(
            f"{package.name} waits in the inbox with other content; run `lookthrough receive` first"
        )
    copy_package(package, target)
    return target


def receive(home: Home, settings: Settings, now: datetime | None = None) -> list[Path]:
    """Take in every package in the inbox; returns the receipts' paths, in the order of taking in.

    Raises:
        StoreError: another process receives in this home, or the disk refuses.
    """
    receipts = []
    with _alone(home), Control(home) as control:
        for path in sorted(home.inbox.glob("*/*"), key=_order):
            if path.name.startswith("."):
                continue
            receipts.append(_take_in(path, home, settings, control, now or _now()))
            log.info("received %s", path.name)
    return receipts


def _take_in(
    path: Path, home: Home, settings: Settings, control: Control, received_at: datetime
) -> Path:
    package, sha256 = package_name(path), content_hash(path)
    first = control.submission_with_content(package, sha256)
    if first is not None:
        return _acknowledge(path, home, package, first.receipt)
    _archive(path, home, sha256)
    result = _checked(path, settings, home, received_at.date())
    manifest = result.manifest
    if manifest is not None and result.package == manifest.package:
        used = control.submissions(manifest.submitter, manifest.business_date, manifest.sequence)
        if used:
            result.tables = []
            message = f"sequence {manifest.sequence} was used at {used[0].received_at}"
            result.findings = [Refused(rules.SEQUENCE, message).finding]
    replaced: dict[str, int | None] = {}
    if result.status != "rejected" and manifest is not None:
        for table in result.tables:
            if table.rejected_whole:
                continue
            name, submitter = table.stated.table, manifest.submitter
            held = ruling_sequence(home, name, manifest.business_date, submitter)
            earlier = control.submissions(submitter, manifest.business_date)
            older = [s.sequence for s in earlier if s.sequence and s.sequence < manifest.sequence]
            known = held if held is not None and held < manifest.sequence else None
            replaced[name] = known if known in older else None
            write_table(
                home, name, manifest.business_date, submitter, manifest.sequence,
                table.checked.accepted, table.checked.lines,
            )  # fmt: skip
    receipt = make_receipt(result, settings.intake, received_at, replaced)
    rows = rejected_rows(result)
    folder = home.outbox / _submitter(package)
    if rows is not None:
        _write(folder / f"{package}.rejected.csv", rows)
    named = PACKAGE_NAME.fullmatch(package)
    held_row = control.record_submission(
        Submission(
            package=package,
            submitter=_submitter(package),
            business_date=_date(named["day"]) if named else None,
            sequence=int(named["sequence"]) if named else None,
            sha256=sha256,
            status=receipt["status"],
            received_at=received_at,
            receipt=receipt_text(receipt),
        )
    )
    return _acknowledge(path, home, package, held_row.receipt)


def _checked(path: Path, settings: Settings, home: Home | None, today: date) -> Result:
    package = package_name(path)
    try:
        with opened(path, settings.intake) as folder:
            return check_content(folder, package, settings.intake, home, today)
    except Refused as refused:
        return Result(package, findings=[refused.finding])


def _archive(path: Path, home: Home, sha256: str) -> None:
    """Keep a package's bytes unchanged under their hash."""
    target = home.archive / sha256[:2] / f"{sha256}-{path.name}"
    if not target.exists():
        copy_package(path, target)
        for file in (target, *target.rglob("*")):
            if not file.is_symlink():
                sync(file)
        sync(target.parent)


def _acknowledge(path: Path, home: Home, package: str, text: str) -> Path:
    """Write the receipt into the outbox, and take the package out of the inbox."""
    receipt = home.outbox / _submitter(package) / f"{package}.receipt.json"
    if not receipt.exists() or receipt.read_text("utf-8") != text:
        _write(receipt, text)
    done = path.with_name(f".done-{path.name}")
    shutil.rmtree(done, ignore_errors=True)
    path.rename(done)
    if done.is_dir():
        shutil.rmtree(done)
    else:
        done.unlink()
    return receipt


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, "utf-8", newline="")
    sync(partial)
    os.replace(partial, path)
    sync(path.parent)


def _submitter(package: str) -> str:
    named = PACKAGE_NAME.fullmatch(package)
    return named["submitter"] if named else STRANGERS


def _order(path: Path) -> tuple[str, str]:
    """By business date, then by name, so that days chain when many wait."""
    named = PACKAGE_NAME.fullmatch(package_name(path))
    return (named["day"] if named else "", path.name)


def _date(day: str) -> date | None:
    try:
        return datetime.strptime(day, "%Y%m%d").date()
    except ValueError:
        return None


def _now() -> datetime:
    return datetime.now(SHANGHAI).replace(tzinfo=None, microsecond=0)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    home.create()
    with (home.path / ".receive.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise StoreError(
                f"cannot receive in {home.path}: {error.strerror or error}; free the disk or the "
                "rights, and run `lookthrough receive` again"
            ) from error
