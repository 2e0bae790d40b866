"""Takes packages in: archive, check, stage, ledger, lake, receipt; a crash loses nothing.

The ledger's row is the acknowledgement. What it promises is staged before it is written and put in
place after; until it is written the package stays in the inbox and is taken in again. One package
that cannot be taken in stays there too, and does not keep the others out.
"""

from __future__ import annotations

import errno
import fcntl
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
from data.errors import InputError, NotFoundError, StoreError
from data.home import Home
from data.settings import Settings
from pipelines.intake import archive, inbox, journal, rules
from pipelines.intake.checking import Result, check_content
from pipelines.intake.findings import Refused, shown
from pipelines.intake.manifest import PACKAGE_NAME
from pipelines.intake.package import (
    copy_package,
    ending,
    listing_hash,
    oddity,
    opened,
    package_name,
    package_state,
    remove_package,
)
from pipelines.intake.receipt import Receipt, is_known_origin, make_receipt, receipt_text
from pipelines.intake.signing import Key, Keyring

SHANGHAI = ZoneInfo("Asia/Shanghai")
WAIT_SECONDS = 30
WORKPLACE = "received-"
# The disk or the machine is at fault, not the package: nothing more can be taken in.
OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE,
        errno.ENOMEM, errno.EFBIG)  # fmt: skip

log = logging.getLogger("lookthrough.intake")


def check_package(
    path: Path,
    settings: Settings,
    home: Home | None = None,
    now: datetime | None = None,
    public_key: str | None = None,
) -> Receipt:
    """The receipt that a package would get; nothing is stored.

    With a home whose lake holds other packages, rows are compared with them as well, and its keys
    count; otherwise its submitter's key is `public_key` (base64 of 32 bytes), if one is given.

    Raises:
        NotFoundError: there is no such package.
        InputError: it cannot be read here.
    """
    if not path.exists():
        raise NotFoundError(f"{shown(str(path))}: no such package; name a folder or a ZIP")
    received_at = now or _now()
    # A path such as "." has no name of its own.
    path = path if path.name and path.name != ".." else path.resolve()
    keyring = _keyring(settings, home)
    if public_key is not None:
        owner = journal.submitter_of(package_name(path))
        keyring = Keyring({owner: (Key(public_key),)}, frozenset({owner}))
    try:
        with TemporaryDirectory(prefix="lookthrough-") as place:
            result = _checked(
                path, package_name(path), settings, keyring, home,
                received_at.date(), Path(place),
            )  # fmt: skip
    except OSError as error:
        raise InputError(
            f"{shown(str(path))} cannot be read: {error.strerror or error}; mend the disk or rights"
        ) from error
    return make_receipt(result, settings.intake, received_at)


def _keyring(settings: Settings, home: Home | None) -> Keyring:
    if home is None or not home.has_control:
        return Keyring.of(settings.intake)
    with Control(home) as control:
        return Keyring.of(settings.intake, control.keys())


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
        for path in inbox.waiting(home):
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


def _take_in(
    path: Path, home: Home, settings: Settings, control: Control, received_at: datetime
) -> Path:
    package, refused = package_name(path), _refusal(path, settings)
    with workplace(home) as place:
        copied = place / f"{package}{ending(path)}"
        seen = package_state(path)
        sha256 = listing_hash(path) if refused is not None else copy_package(path, copied)
        held = control.submission_with_content(package, sha256)
        if refused is None and (held is None or not archive.archived(home, package, sha256)):
            copied = archive.keep(copied, home, package, sha256)
        if held is None:
            if refused is None:
                keyring = Keyring.of(settings.intake, control.keys())
                today = received_at.date()
                result = _checked(copied, package, settings, keyring, home, today, place)
            else:
                result = Result(package, findings=[refused.finding])
            held = _acknowledge(result, home, settings, control, received_at, sha256)
    receipt = journal.write_receipt(home, control, held)
    if refused is None:
        inbox.take_out(path, package, seen)
    else:
        archive.keep_as_it_is(path, home, package, sha256)
    return receipt


def _refusal(path: Path, settings: Settings) -> Refused | None:
    """Why a package is not even copied; None where it is."""
    odd = oddity(path)
    if odd is not None:
        return Refused(rules.PATH, odd)
    most = settings.intake.max_file_bytes
    large = [name for name, size, *_ in package_state(path) if size > most]
    if large:
        name = shown(large[0] or path.name)
        return Refused(rules.FORMAT, f"{name} has more than {most} bytes", file=name)
    return None


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
    staged, hashes, rejected = journal.stage(home, result, sha256, tables, rejected=True)
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
            rejected_sha256=rejected,
        )
    )
    journal.settle(home, control, staged)
    return held


def _against_earlier(result: Result, earlier: Sequence[Submission], sha256: str) -> None:
    """Reject a sequence that was used by a package of which it is known who sent it."""
    manifest = result.manifest
    assert manifest is not None
    used = [e for e in earlier if e.sequence == manifest.sequence and is_known_origin(e.receipt)]
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


def checked_again(
    path: Path, held: Submission, settings: Settings, home: Home, place: Path
) -> Result:
    """Check an archived package as it was checked when it came in; its rows lie under `place`."""
    # Its signature was good when it came in; the key may have expired since.
    keyring = Keyring()
    today = held.received_at.date()
    return _checked(path, held.package, settings, keyring, home, today, place)


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
    inbox.recover(home, control)
    for place in left:
        remove_package(place)


@contextmanager
def workplace(home: Home) -> Iterator[Path]:
    """A folder of the home for what a check writes; it goes with the context."""
    with TemporaryDirectory(prefix=WORKPLACE, dir=home.working) as place:
        yield Path(place)


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
