"""The archive: every package's bytes as received, under their hash, never changed."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from data.durable import make_folder, put, sync
from data.home import Home
from pipelines.intake.package import content_hash, ending


def keep(copied: Path, home: Home, package: str, sha256: str) -> Path:
    """Move a copy into the archive; bytes that lie there already and are others are set aside."""
    target = _place(copied, home, package, sha256)
    if target.exists() and content_hash(target) != sha256:
        os.replace(target, target.with_name(f".{target.name}.damaged"))
    if not target.exists():
        make_folder(target.parent)
        put(copied, target)
    return target


def keep_as_it_is(path: Path, home: Home, package: str, sha256: str) -> None:
    """Move what cannot be copied from the inbox into the archive, beside others of its hash."""
    target = _place(path, home, package, sha256)
    make_folder(target.parent)
    number = 1
    while os.path.lexists(target):
        number += 1
        target = target.with_name(f"{sha256}-{package}-{number}")
    path.rename(target)
    sync(target.parent)


def archived(home: Home, package: str, sha256: str) -> list[Path]:
    """Where the archive holds a package's bytes; nowhere, when it lost them."""
    return sorted((home.archive / sha256[:2]).glob(f"{sha256}-{glob.escape(package)}*"))


def _place(path: Path, home: Home, package: str, sha256: str) -> Path:
    return home.archive / sha256[:2] / f"{sha256}-{package}{ending(path)}"
