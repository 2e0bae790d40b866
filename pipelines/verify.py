"""Proves that archive, ledger, lake, receipts and published files agree, by hashes; mends the rest.

The ledger's rows and the archive's bytes are the truth: from them lake files and receipts are made
again. What the archive has lost cannot be made again, and is said.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from data.control import Control, Run, Submission
from data.durable import put
from data.home import Home
from data.settings import Settings
from pipelines.intake import journal
from pipelines.intake.archive import archived
from pipelines.intake.lake import folder
from pipelines.intake.package import content_hash, file_hash
from pipelines.intake.receive import alone, checked_again, resume, workplace
from pipelines.publish import is_whole

Outcome = Literal["repaired", "damaged", "left over"]

log = logging.getLogger("lookthrough.verify")


@dataclass(frozen=True)
class Disagreement:
    """One thing that is not as the ledger has it, and what was done about it."""

    path: Path
    zh: str
    en: str
    outcome: Outcome


def verify(home: Home, settings: Settings, *, repair: bool) -> list[Disagreement]:
    """Compare everything that the ledger promises with what lies in the home.

    With `repair`, lake files and receipts are made again from the archive and the ledger, and what
    no longer opens is set aside under a name that ends in ``.damaged``.

    Raises:
        StoreError: another process receives in this home, or the disk refuses.
    """
    with alone(home), Control(home) as control:
        resume(home, control)
        submissions = control.submissions()
        found = [
            *_archive(home, submissions),
            *_lake(home, settings, submissions, repair=repair),
            *_receipts(home, control, submissions, repair=repair),
            *_rejected(home, settings, submissions, repair=repair),
            *_published(home, control.runs(), repair=repair),
        ]
    for each in found:
        log.info("%s %s", each.outcome, each.path)
    return found


def _archive(home: Home, submissions: Sequence[Submission]) -> Iterator[Disagreement]:
    known = set()
    for held in submissions:
        paths = archived(home, held.package, held.sha256)
        known.update(paths)
        if not paths:
            path = home.archive / held.sha256[:2] / f"{held.sha256}-{held.package}"
            yield Disagreement(path, "存档缺失", "the archive has lost this package", "damaged")
        for path in paths[:1]:
            if content_hash(path) != held.sha256:
                yield Disagreement(
                    path, "存档字节已变", "the archived bytes are not those received", "damaged"
                )
    for path in sorted(home.archive.glob("??/*")):
        if path not in known and not path.name.startswith("."):
            yield Disagreement(
                path, "台账中没有此包", "no receipt was given for this package", "left over"
            )


def _lake(
    home: Home, settings: Settings, submissions: Sequence[Submission], *, repair: bool
) -> Iterator[Disagreement]:
    ruling: dict[Path, tuple[Submission, str]] = {}
    highest: dict[tuple[str, date, str], Submission] = {}
    for held in submissions:
        for table in held.loaded:
            assert held.business_date is not None
            key = (held.submitter, held.business_date, table)
            if key not in highest or (highest[key].sequence or 0) < (held.sequence or 0):
                highest[key] = held
    for (submitter, day, table), held in highest.items():
        name = f"{submitter}-{held.sequence:08d}.parquet"
        ruling[folder(home, table, day) / name] = (held, table)
    for path, (held, table) in sorted(ruling.items(), key=lambda each: each[0]):
        stated = held.loaded[table]
        if path.exists() and (file_hash(path) == stated if stated else True):
            continue
        lost = not path.exists()
        zh, en = ("湖文件缺失", "the lake has lost this file") if lost else (
            "湖文件已变", "the lake's file is not the one that was written"
        )  # fmt: skip
        mended = repair and _lake_again(home, settings, held, table)
        yield Disagreement(path, zh, en, "repaired" if mended else "damaged")
    for path in sorted(home.lake.glob("*/date=*/*")):
        if path not in ruling and not path.name.startswith("."):
            if repair:
                _set_aside(path)
            yield Disagreement(
                path, "台账中没有此文件", "the ledger promises no such file",
                "repaired" if repair else "left over",
            )  # fmt: skip


def _lake_again(home: Home, settings: Settings, held: Submission, table: str) -> bool:
    """Check an archived package again and put one table in place; say whether it is as it was."""
    paths = archived(home, held.package, held.sha256)
    if not paths or content_hash(paths[0]) != held.sha256:
        return False
    with workplace(home) as place:
        result = checked_again(paths[0], held, settings, home, place)
        if table not in result.loaded:
            return False
        staged, hashes, _ = journal.stage(home, result, held.sha256, [table], rejected=False)
    if held.loaded[table] not in ("", hashes[table]):
        journal.discard(staged)
        return False
    with Control(home) as control:
        journal.settle(home, control, staged)
    return True


def _receipts(
    home: Home, control: Control, submissions: Sequence[Submission], *, repair: bool
) -> Iterator[Disagreement]:
    by_package: dict[str, list[Submission]] = {}
    for held in submissions:
        by_package.setdefault(held.package, []).append(held)
    for package, same in by_package.items():
        folder, expected = journal.outbox(home, package), {}
        texts = {held.sha256: journal.receipt_of(control, held) for held in same}
        expected[folder / f"{package}.receipt.json"] = set(texts.values())
        if len(same) > 1:
            for sha256, text in texts.items():
                expected[folder / f"{package}.{sha256[:8]}.receipt.json"] = {text}
        for path, right in expected.items():
            if path.exists() and path.read_bytes().decode("utf-8", "replace") in right:
                continue
            if repair:
                journal.write_receipt(home, control, same[-1])
            yield Disagreement(
                path, "回执缺失或已变", "the receipt is missing or is not the one that was given",
                "repaired" if repair else "damaged",
            )  # fmt: skip


def _rejected(
    home: Home, settings: Settings, submissions: Sequence[Submission], *, repair: bool
) -> Iterator[Disagreement]:
    for held in submissions:
        path = journal.outbox(home, held.package) / f"{held.package}.rejected.csv"
        if not held.rejected_sha256 or (path.exists() and file_hash(path) == held.rejected_sha256):
            continue
        mended = repair and _rejected_again(home, settings, held, path)
        yield Disagreement(
            path, "拒收行文件缺失或已变", "the rejected rows are missing or others",
            "repaired" if mended else "damaged",
        )  # fmt: skip


def _rejected_again(home: Home, settings: Settings, held: Submission, path: Path) -> bool:
    """Check an archived package again and put its rejected rows in place; whether they are they."""
    paths = archived(home, held.package, held.sha256)
    if not paths or content_hash(paths[0]) != held.sha256:
        return False
    with workplace(home) as place:
        result = checked_again(paths[0], held, settings, home, place)
        staged, _, digest = journal.stage(home, result, held.sha256, [], rejected=True)
        right = digest == held.rejected_sha256
        if right:
            put(staged / journal.REJECTED, path)
    journal.discard(staged)
    return right


def _published(home: Home, runs: Sequence[Run], *, repair: bool) -> Iterator[Disagreement]:
    seen = set()
    for run in runs:
        if run.state != "complete" or run.published is None or run.published in seen:
            continue
        seen.add(run.published)
        path = home.published / run.published
        if not path.exists():
            continue  # published files may be deleted; the night makes them again
        stated = json.loads(run.details).get("published_sha256")
        if (stated is None or file_hash(path) == stated) and is_whole(path):
            continue
        if repair:
            _set_aside(path)
        yield Disagreement(
            path, "发布文件已变；请重跑该夜", "not what was published; run its night again",
            "repaired" if repair else "damaged",
        )  # fmt: skip


def _set_aside(path: Path) -> None:
    os.replace(path, path.with_name(f".{path.name}.damaged"))
