"""Packages of one name that wait together, as a folder and its ZIP: which receipt is whose.

The outbox has one file for a package's name; the ledger has a receipt for each content.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from data.control import Control
from data.home import Home
from pipelines.intake.journal import receipt_of
from pipelines.intake.package import content_hash, package_name

# Content hashes by package name, in the order of taking in.
Namesakes = dict[str, list[str]]


def namesakes(waiting: list[Path]) -> Namesakes:
    """What waits under a name that another package has too; what is gone meanwhile is left out."""
    named: dict[str, list[Path]] = defaultdict(list)
    for path in waiting:
        named[package_name(path)].append(path)
    return {name: _hashes(paths) for name, paths in named.items() if len(paths) > 1}


def _hashes(paths: list[Path]) -> list[str]:
    hashes = []
    for path in paths:
        try:
            hashes.append(content_hash(path))
        except OSError:
            continue
    return hashes


def receipts_of(home: Home, found: Namesakes) -> dict[str, list[str]]:
    """The receipts' texts by package name, in the same order, of those that the ledger holds."""
    if not found:
        return {}
    with Control(home) as control:
        return {
            name: [
                receipt_of(control, held)
                for sha256 in hashes
                if (held := control.submission_with_content(name, sha256)) is not None
            ]
            for name, hashes in found.items()
        }
