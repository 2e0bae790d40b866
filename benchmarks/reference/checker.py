"""Judges a whole package: rejected and why, or what of each table is accepted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.reference.archive import Broken, files_of
from benchmarks.reference.crossings import warnings
from benchmarks.reference.manifest import StatedFile, read_manifest
from benchmarks.reference.records import Record, Unreadable, is_parquet, read
from benchmarks.reference.tables import Table, tables
from benchmarks.reference.values import Bad, value_of

RETENTION = timedelta(days=7305)
MOST_TOTAL = 10**17


@dataclass
class TableVerdict:
    """A table: accepted rows and rejected ones' broken rules (with column), by line."""

    records: int
    accepted: dict[int, dict[str, Any]]
    rejected: dict[int, set[tuple[str, str | None]]]
    missing: list[str]
    extra: list[str]
    rejected_whole: bool


@dataclass
class Verdict:
    """A package: the package rules that it breaks, or its tables and the warnings with counts."""

    broken: set[str]
    tables: dict[str, TableVerdict] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)

    @property
    def status(self) -> str:
        found = self.tables.values()
        if self.broken or all(each.rejected_whole for each in found):
            return "rejected"
        if any(each.rejected or each.rejected_whole for each in found):
            return "partially_accepted"
        return "accepted_with_warnings" if self.warnings else "accepted"


def judge(package: Path, today: date, most_rejected: float) -> Verdict:
    """Judge a package; `most_rejected` is the share of a table's rows that may fail."""
    try:
        files = files_of(package)
    except Broken as broken:
        return Verdict(broken.rules)
    manifest = read_manifest(files.get("manifest.json"))
    if manifest.broken:
        return Verdict(manifest.broken)
    broken_rules = set()
    if package.name.removesuffix(".zip") != manifest.package:
        broken_rules.add("002")
    assert manifest.day is not None
    if not today - RETENTION <= manifest.day <= today:
        broken_rules.add("015")
    verdict = Verdict(broken_rules)
    for stated in manifest.files:
        _add_file(verdict, files, stated, most_rejected)
    if verdict.broken:
        return Verdict(verdict.broken)
    rows = {
        name: list(each.accepted.values())
        for name, each in verdict.tables.items() if not each.rejected_whole
    }  # fmt: skip
    verdict.warnings |= warnings(rows, manifest.day)
    for name, table in verdict.tables.items():
        if table.extra:
            verdict.warnings[f"R-{name.upper()}-009"] = len(table.extra)
    named = {stated.name for stated in manifest.files} | {"manifest.json", "manifest.sig"}
    if surplus := len(set(files) - named):
        verdict.warnings["R-PACKAGE-101"] = surplus
    if "manifest.sig" in files:
        verdict.warnings["R-PACKAGE-102"] = 1
    return verdict


def _add_file(
    verdict: Verdict, files: dict[str, bytes], stated: StatedFile, most_rejected: float
) -> None:
    content = files.get(stated.name)
    if content is None:
        verdict.broken.add("009")
        return
    if hashlib.sha256(content).hexdigest() != stated.sha256:
        verdict.broken.add("010")
    try:
        names, records = read(content, stated.encoding, stated.name)
    except Unreadable:
        verdict.broken.add("016")
        return
    table = tables()[stated.table]
    typed = is_parquet(content, stated.name)
    if len(records) != stated.rows:
        verdict.broken.add("011")
    judged = judge_rows(table, names, records, most_rejected, typed=typed)
    total = total_of(table, names, records, typed=typed)
    if total is not None and total != stated.total:
        verdict.broken.add("012")
    if table.amount is not None:
        loaded = sum(row[table.amount.name] or 0 for row in judged.accepted.values())
        if abs(loaded) > MOST_TOTAL:
            verdict.broken.add("012")
    verdict.tables[table.name] = judged


def judge_rows(
    table: Table, names: list[str], records: list[Record], most_rejected: float, *, typed: bool
) -> TableVerdict:
    """Judge every record of a table."""
    accepted: dict[int, dict[str, Any]] = {}
    rejected: dict[int, set[tuple[str, str | None]]] = {}
    missing = [name for name in table.required if name not in names]
    keys = set()
    for record in records:
        broken: set[tuple[str, str | None]] = {(rule, None) for rule in record.broken}
        row: dict[str, Any] = {}
        if not broken:
            cells = dict(zip(names, record.cells, strict=True))
            for column in table.columns:
                if column.name in missing:
                    broken.add(("011", column.name))
                    continue
                try:
                    row[column.name] = value_of(column, cells.get(column.name), typed=typed)
                except Bad as bad:
                    broken.add((bad.rule, column.name))
        if not broken:
            key = tuple(row[name] for name in table.keys)
            if key in keys:
                broken.add(("008", table.keys[-1]))
            keys.add(key)
        if broken:
            rejected[record.line] = broken
        else:
            accepted[record.line] = row
    whole = bool(missing) or len(rejected) > most_rejected * len(records)
    extra = [name for name in names if name not in {column.name for column in table.columns}]
    return TableVerdict(len(records), accepted, rejected, missing, extra, whole)


def total_of(table: Table, names: list[str], records: list[Record], *, typed: bool) -> int | None:
    """The sum of the amounts; None where one cannot be read, or where there are none to add."""
    column = table.amount
    if column is None:
        return None
    if column.name not in names:
        return None if column.required else 0
    total = 0
    for record in records:
        if record.broken:
            return None
        try:
            total += value_of(column, record.cells[names.index(column.name)], typed=typed) or 0
        except Bad as bad:
            if bad.rule == "004":
                return None
            if bad.rule == "006":
                total += int(record.cells[names.index(column.name)])
    return total
