"""Takes packages in: archive, check, stage, ledger, lake, receipt; a crash loses nothing.

The ledger's row is the acknowledgement. What it promises is staged before it is written and put in
place after; until it is written the package stays in the inbox and is taken in again. One package
that cannot be taken in stays there too, and does not keep the others out.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import logging
import os
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from data.control import Control, Submission
from data.durable import make_folder, put, sync
from data.errors import InputError, NotFoundError, StoreError
from data.home import Home
from data.settings import Settings
from pipelines.intake import journal, rules
from pipelines.intake.checking import Result, check_content
from pipelines.intake.findings import Refused, shown
from pipelines.intake.manifest import PACKAGE_NAME
from pipelines.intake.package import (
    content_hash,
    copy_package,
    oddity,
    opened,
    package_name,
    remove_package,
)
from pipelines.intake.receipt import Receipt, make_receipt, receipt_text
from pipelines.intake.signing import Keyring

SHANGHAI = ZoneInfo("Asia/Shanghai")
WAIT_SECONDS = 30
WORKPLACE = "received-"
# The disk or the machine is at fault, not the package: nothing more can be taken in.
OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE,
        errno.ENOMEM, errno.EFBIG)  # fmt: skip

log = logging.getLogger("lookthrough.intake")


def check_package(
    path: Path, settings: Settings, home: Home | None = None, now: datetime | None = None
) -> Receipt:
    """The receipt that a package would get; nothing is stored.

    With a home whose lake holds other packages, rows are compared with them as well.

    Raises:
        NotFoundError: there is no such package.
        InputError: it cannot be read here.
    """
    if not path.exists():
        raise NotFoundError(f"{shown(str(path))}: no such package; name a folder or a ZIP")
    received_at = now or _now()
    # A path such as "." has no name of its own.
    path = path if path.name and path.name != ".." else path.resolve()
    try:
        with TemporaryDirectory(prefix="lookthrough-") as place:
            result = _checked(
                path, package_name(path), settings, Keyring.of(settings.intake), home,
                received_at.date(), Path(place),
            )  # fmt: skip
    except OSError as error:
        raise InputError(
            f"{shown(str(path))} cannot be read: {error.strerror or error}; mend the disk or rights"
        ) from error
    return make_receipt(result, settings.intake, received_at)


def submit(package: Path, home: Home) -> Path:
    """Copy a package into the inbox, whole or not at all; returns where it waits.

    Raises:
        NotFoundError: there is no such package.
        InputError: it is no folder of plain files and no ZIP, or another of its name waits already.
        StoreError: the disk refuses.
    """
    if not package.exists():
        raise NotFoundError(f"{shown(str(package))}: no such package; name a folder or a ZIP")
    package = package.resolve()
    target = home.inbox / journal.submitter_of(package_name(package)) / package.name
    try:
        odd = oddity(package)
        if odd is not None:
            raise InputError(f"{shown(package.name)}: {odd}; send plain files in one folder or ZIP")
        if target.exists():
            if content_hash(target) == content_hash(package):
                return target
            raise InputError(
                f"{shown(package.name)} waits in the inbox with other content; run "
                "`lookthrough receive` first"
            )
        copy_package(package, target)
    except OSError as error:
        raise StoreError(
            f"cannot put {shown(package.name)} into {home.inbox}: {error.strerror or error}; free "
            "the disk or mend the rights, and submit again"
        ) from error
    return target


def receive(home: Home, settings: Settings, now: datetime | None = None) -> list[Path]:
    """Take in every package in the inbox; returns the receipts' paths, in the order of taking in.

    A package that fails for no fault that a rule names stays in the inbox, is written into
    ``unexpected.log`` and logged as an error; the others are taken in.

    Raises:
        StoreError: another process receives in this home, or the disk refuses.
    """
    receipts = []
    with alone(home), Control(home) as control:
        resume(home, control)
        for path in waiting(home):
            try:
                receipts.append(_take_in(path, home, settings, control, now or _now()))
                log.info("received %s", shown(path.name))
            except (StoreError, KeyboardInterrupt, SystemExit):
                raise
            except OSError as error:
                if error.errno in OURS:
                    raise
                _left(home, path, error)
            except BaseException as error:  # polars' and pyarrow's panics are no Exception
                _left(home, path, error)
    return receipts


def waiting(home: Home) -> list[Path]:
    """What waits in the inbox, by business date and name, so that days chain when many wait.

    A package is expected in its submitter's folder; one that lies beside those folders counts too.
    """
    found = []
    for path in _visible(home.inbox):
        if path.is_dir() and not path.is_symlink() and not PACKAGE_NAME.fullmatch(path.name):
            found += [path] if (path / "manifest.json").exists() else _visible(path)
        else:
            found.append(path)
    return sorted(found, key=_order)


def _take_in(
    path: Path, home: Home, settings: Settings, control: Control, received_at: datetime
) -> Path:
    package, odd = package_name(path), oddity(path)
    with workplace(home) as place:
        copied = place / f"{package}{_ending(path)}"
        sha256 = content_hash(path) if odd is not None else copy_package(path, copied)
        held = control.submission_with_content(package, sha256)
        if held is None:
            if odd is None:
                kept = _archive(copied, home, package, sha256)
                keyring = Keyring.of(settings.intake, control.keys())
                today = received_at.date()
                result = _checked(kept, package, settings, keyring, home, today, place)
            else:
                result = Result(package, findings=[Refused(rules.PATH, odd).finding])
            held = _acknowledge(result, home, settings, control, received_at, sha256)
    receipt = journal.write_receipt(home, control, held)
    _out_of_the_inbox(path, home, package, sha256, odd)
    return receipt


def _acknowledge(
    result: Result,
    home: Home,
    settings: Settings,
    control: Control,
    received_at: datetime,
    sha256: str,
) -> Submission:
    """Write a checked package's row into the ledger, and put what it promises in place."""
    package, named = result.package, PACKAGE_NAME.fullmatch(result.package)
    submitter = journal.submitter_of(package)
    day = journal.date_of(named["day"]) if named else None
    earlier = control.submissions(submitter, day) if named else []
    if result.manifest is not None and result.manifest.package == package:
        _against_earlier(result, earlier, sha256)
    tables = [] if result.status == "rejected" else result.loaded
    receipt = make_receipt(result, settings.intake, received_at)
    staged, hashes = journal.stage(home, result, sha256, tables, rejected=True)
    held = control.record_submission(
        Submission(
            package=package,
            submitter=submitter,
            business_date=day,
            sequence=int(named["sequence"]) if named else None,
            sha256=sha256,
            status=receipt["status"],
            received_at=received_at,
            receipt=receipt_text(receipt),
            tables=" ".join(f"{table}:{digest}" for table, digest in hashes.items()),
        )
    )
    journal.settle(home, control, staged)
    return held


def _against_earlier(result: Result, earlier: Sequence[Submission], sha256: str) -> None:
    """Reject a sequence that was used."""
    manifest = result.manifest
    assert manifest is not None
    used = [each for each in earlier if each.sequence == manifest.sequence]
    if used:
        result.tables = []
        message = (
            f"sequence {manifest.sequence} was used at {used[0].received_at} by other bytes "
            f"(SHA-256 {used[0].sha256[:8]}, here {sha256[:8]}), whose receipt "
            f"({used[0].status}) stays valid"
        )
        result.findings = [Refused(rules.SEQUENCE, message).finding]


def _checked(
    path: Path,
    package: str,
    settings: Settings,
    keyring: Keyring,
    home: Home | None,
    today: date,
    place: Path,
) -> Result:
    try:
        with opened(path, settings.intake, place) as folder:
            return check_content(folder, package, settings.intake, keyring, home, today, place)
    except Refused as refused:
        return Result(package, findings=[refused.finding])


def _archive(copied: Path, home: Home, package: str, sha256: str) -> Path:
    """Keep a package's bytes unchanged under their hash; what is checked is this copy."""
    target = _archived(copied, home, package, sha256)
    if not target.exists():
        make_folder(target.parent)
        put(copied, target)
    return target


def archived(home: Home, package: str, sha256: str) -> list[Path]:
    """Where the archive holds a package's bytes; nowhere, when it lost them."""
    return sorted((home.archive / sha256[:2]).glob(f"{sha256}-{glob.escape(package)}*"))


def checked_again(
    path: Path, held: Submission, settings: Settings, home: Home, place: Path
) -> Result:
    """Check an archived package as it was checked when it came in; its rows lie under `place`."""
    # Its signature was good when it came in; the key may have expired since.
    keyring = Keyring()
    today = held.received_at.date()
    return _checked(path, held.package, settings, keyring, home, today, place)


def _archived(path: Path, home: Home, package: str, sha256: str) -> Path:
    return home.archive / sha256[:2] / f"{sha256}-{package}{_ending(path)}"


def _ending(path: Path) -> str:
    return ".zip" if path.name.endswith(".zip") else ""


def _out_of_the_inbox(path: Path, home: Home, package: str, sha256: str, odd: str | None) -> None:
    """Remove a package whose copy the archive holds; one that cannot be copied is moved there."""
    if odd is None:
        done = path.with_name(f".done-{package}")
        remove_package(done)
        # Under its own name it must not lose files: what is left would be another package.
        path.rename(done)
        sync(done.parent)
        remove_package(done)
        return
    target = _archived(path, home, package, sha256)
    make_folder(target.parent)
    number = 1
    while os.path.lexists(target):
        number += 1
        target = target.with_name(f"{sha256}-{package}-{number}")
    path.rename(target)
    sync(target.parent)


def _left(home: Home, path: Path, error: BaseException) -> None:
    """Say that a package stays in the inbox, and keep what happened."""
    log.error("%s stays in the inbox: %s: %s", shown(path.name), type(error).__name__, _said(error))
    with (home.path / "unexpected.log").open("a", encoding="utf-8", errors="replace") as file:
        file.write(f"{_now()} {shown(path.name)}\n")
        file.write("".join(traceback.format_exception(error)))


def _said(error: BaseException) -> str:
    """What went wrong, and with which file."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return " ".join([error.strerror, *(shown(repr(each)) for each in [error.filename] if each)])


def resume(home: Home, control: Control) -> None:
    """Go on where a killed receiver stopped, which has left its workplace.

    What it had not yet pushed to the disk goes there first, as it will not be looked at again.
    """
    left = list(home.working.glob(f"{WORKPLACE}*"))
    if left:
        os.sync()
    journal.recover(home, control)
    for place in left:
        remove_package(place)


@contextmanager
def workplace(home: Home) -> Iterator[Path]:
    """A folder of the home for what a check writes; it goes with the context."""
    with TemporaryDirectory(prefix=WORKPLACE, dir=home.working) as place:
        yield Path(place)


def _visible(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return [folder / entry.name for entry in entries if not entry.name.startswith(".")]


def _order(path: Path) -> tuple[str, str]:
    named = PACKAGE_NAME.fullmatch(package_name(path))
    return (named["day"] if named else "", path.name)


def _now() -> datetime:
    return datetime.now(SHANGHAI).replace(tzinfo=None, microsecond=0)


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Hold the home's intake; one process at a time changes lake, ledger and outbox.

    Raises:
        StoreError: another process holds it, or the disk refuses.
    """
    home.create()
    try:
        home.working.mkdir(exist_ok=True)
        with (home.path / ".receive.lock").open("w") as lock:
            _lock(lock.fileno(), home)
            yield
    except OSError as error:
        raise StoreError(
            f"cannot receive in {home.path}: {_said(error)}; free the disk or the rights, and run "
            "`lookthrough receive` again"
        ) from error


def _lock(descriptor: int, home: Home) -> None:
    """Hold the home's intake alone; another one that is at work is waited for a while."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise StoreError(
                    f"another process receives in {home.path}; wait for it and run "
                    "`lookthrough receive` again"
                ) from None
            time.sleep(0.1)
