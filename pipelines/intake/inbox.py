"""The inbox: packages are put in, found, and taken out when the archive holds what was taken in."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from data.control import Control
from data.durable import sync
from data.errors import InputError, NotFoundError, StoreError
from data.home import Home
from pipelines.intake import journal
from pipelines.intake.findings import shown
from pipelines.intake.manifest import PACKAGE_NAME
from pipelines.intake.package import (
    State,
    content_hash,
    copy_package,
    ending,
    oddity,
    package_name,
    package_state,
    remove_package,
)

# A package on its way out: first it must still be what was copied, then it is removed.
LEAVING, DONE = ".leaving-", ".done-"

log = logging.getLogger("lookthrough.intake")


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


def waiting(home: Home) -> list[Path]:
    """What waits in the inbox, by business date and name, so that days chain when many wait.

    A package is expected in its submitter's folder; one that lies beside those folders counts too.
    What cannot be looked into, or goes meanwhile, is passed over and logged. Without an inbox
    nothing waits.
    """
    found = []
    for path in _visible(home.inbox) if home.inbox.is_dir() else ():
        try:
            found += _packages(path)
        except OSError as error:
            log.error("%s in the inbox: %s", shown(path.name), error.strerror or error)
    return sorted(found, key=_order)


def take_out(path: Path, package: str, seen: State) -> None:
    """Remove a package whose copy the archive holds; if it is no longer what was seen, it stays."""
    leaving = path.with_name(f"{LEAVING}{package}{ending(path)}")
    path.rename(leaving)
    sync(path.parent)
    if package_state(leaving) == seen:
        _remove(leaving)
    else:
        log.warning("%s was changed after it was read; it waits again", shown(path.name))
        _put_back(leaving, path)


def recover(home: Home, control: Control) -> None:
    """Finish what a crash left on its way out; what no receipt was given for waits again."""
    for done in [*home.inbox.glob(f"{DONE}*"), *home.inbox.glob(f"*/{DONE}*")]:
        remove_package(done)
    for leaving in [*home.inbox.glob(f"{LEAVING}*"), *home.inbox.glob(f"*/{LEAVING}*")]:
        path = leaving.with_name(leaving.name.removeprefix(LEAVING))
        if control.submission_with_content(package_name(path), content_hash(leaving)) is None:
            _put_back(leaving, path)
        else:
            _remove(leaving)


def _remove(leaving: Path) -> None:
    # A folder that lost some of its files would be another package under its own name.
    done = leaving.with_name(f"{DONE}{leaving.name.removeprefix(LEAVING)}")
    leaving.rename(done)
    sync(done.parent)
    remove_package(done)


def _put_back(leaving: Path, path: Path) -> None:
    target, number = path, 1
    while os.path.lexists(target):
        number += 1
        target = path.with_name(f"{package_name(path)}-{number}{ending(path)}")
    leaving.rename(target)
    sync(target.parent)


def _packages(path: Path) -> list[Path]:
    if not path.is_dir() or path.is_symlink() or PACKAGE_NAME.fullmatch(path.name):
        return [path]
    return [path] if (path / "manifest.json").exists() else _visible(path)


def _visible(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return [folder / entry.name for entry in entries if not entry.name.startswith(".")]


def _order(path: Path) -> tuple[str, str]:
    named = PACKAGE_NAME.fullmatch(package_name(path))
    return (named["day"] if named else "", path.name)
