"""The mutated package of a seed, written as a folder or a ZIP."""

from __future__ import annotations

import hashlib
import json
import random
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from benchmarks.mutations.any_bytes import BYTE_MUTATIONS
from benchmarks.mutations.cells import CELL_MUTATIONS
from benchmarks.mutations.headers import HEADER_MUTATIONS
from benchmarks.mutations.making import Making, Mutation
from benchmarks.mutations.manifests import MANIFEST_MUTATIONS
from benchmarks.mutations.quotes import QUOTE_MUTATIONS
from benchmarks.mutations.zips import ZIP_MUTATIONS
from benchmarks.packages import DAY, random_draft
from benchmarks.reference.checker import total_of
from benchmarks.reference.records import Unreadable, is_parquet, read
from benchmarks.reference.tables import tables

FAMILIES: dict[str, tuple[int, Sequence[Mutation]]] = {
    "nothing": (2, ()),
    "cells": (30, CELL_MUTATIONS),
    "headers": (10, HEADER_MUTATIONS),
    "quotes": (20, QUOTE_MUTATIONS),
    "bytes": (18, BYTE_MUTATIONS),
    "manifest": (18, MANIFEST_MUTATIONS),
    "zip": (14, ZIP_MUTATIONS),
}


def make(seed: int, place: Path) -> tuple[Path, str]:
    """Write the mutated package of a seed; returns it and what was done to it."""
    dice = random.Random(seed)
    making = Making(random_draft(dice))
    draft = making.draft
    making.package = draft.package
    making.restate = dice.random() < 0.85
    family = dice.choices(list(FAMILIES), [weight for weight, _ in FAMILIES.values()])[0]
    stages = FAMILIES[family][1]
    count = dice.choice((1, 1, 1, 2, 3))
    if family in ("cells", "headers"):
        _apply(making, dice, stages, count)
    making.contents = {part.name: part.content() for part in draft.parts}
    before = dict(making.contents)
    if family in ("quotes", "bytes"):
        _apply(making, dice, stages, count)
    _state(making, making.contents if making.restate else before)
    if family == "manifest":
        _apply(making, dice, stages, count)
    if family == "zip":
        draft.zipped = True
    path = _write(making, dice, place, stages if family == "zip" else (), count)
    return path, f"{family}: {', '.join(making.done) or 'nothing'}"


def _apply(making: Making, dice: random.Random, stages: Sequence[Mutation], count: int) -> None:
    for _ in range(count):
        spoil = dice.choice(stages)
        spoil(making, dice)
        making.done.append(spoil.__name__)


def _state(making: Making, contents: dict[str, bytes]) -> None:
    draft = making.draft
    files = []
    for part in draft.parts:
        said = draft.surplus.pop(f".encoding {part.name}", part.encoding.encode()).decode()
        content = contents[part.name]
        stated: dict[str, Any] = {"name": part.name, "table": part.table}
        if said != "utf-8":
            stated["encoding"] = said
        try:
            names, records = read(content, said, part.name)
            typed = is_parquet(content, part.name)
            total = total_of(tables()[part.table], names, records, typed=typed)
            stated["rows"] = len(records)
        except Unreadable:
            total, stated["rows"] = 0, len(part.rows)
        if tables()[part.table].amount is not None:
            stated["amount_total"] = total or 0
        stated["sha256"] = hashlib.sha256(content).hexdigest()
        files.append(stated)
    making.manifest = {"spec": 1, "submitter": draft.submitter, "business_date": DAY.isoformat(),
                       "sequence": draft.sequence, "files": files}  # fmt: skip


def _write(
    making: Making,
    dice: random.Random,
    place: Path,
    stages: Sequence[Mutation],
    count: int,
) -> Path:
    _apply(making, dice, stages, count if stages else 0)
    text = making.text
    if text is None:
        text = json.dumps(making.manifest)
    sent = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    files = {**making.contents, **making.draft.surplus, "manifest.json": sent}
    if not making.draft.zipped:
        folder = place / making.package
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return folder
    inside = f"{making.package}/" if making.draft.in_folder else ""
    held = BytesIO()
    method = dice.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    with zipfile.ZipFile(held, "w", method) as packed:
        for name, content in files.items():
            with packed.open(f"{inside}{name}", "w", force_zip64=dice.random() < 0.1) as file:
                file.write(content)
        for info, content in making.members:
            packed.writestr(info, content)
    content = held.getvalue()
    if making.spoil_zip is not None:
        content = making.spoil_zip(content, dice)
    place.mkdir(parents=True)
    path = place / f"{making.package}.zip"
    path.write_bytes(content)
    return path
