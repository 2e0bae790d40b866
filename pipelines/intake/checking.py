"""Checks a whole package: manifest, files, rows, tables against each other; stores nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa

from data.contracts import TABLES
from data.home import Home
from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.cross_checks import Crossing, cross_check
from pipelines.intake.csv_reader import physical_lines, read_csv
from pipelines.intake.findings import Example, Finding, Refused
from pipelines.intake.manifest import PACKAGE_NAME, Manifest, StatedFile, read_manifest
from pipelines.intake.package import file_hash
from pipelines.intake.parquet_reader import read_parquet
from pipelines.intake.raw import LINE, Malformed, Raw
from pipelines.intake.row_checks import Checked, Failure, check_rows, failures_by_rule
from pipelines.intake.signing import Keyring, check_signature

SURPLUS = ("manifest.json", "manifest.sig")
# Fen: a thousand trillion yuan, many times what all banks of the country clear in a day.
LARGEST_TOTAL = 10**17


@dataclass(frozen=True, slots=True)
class TableResult:
    """One table after its checks: what is accepted (nothing, when it is rejected), and what not."""

    stated: StatedFile
    raw: Raw
    checked: Checked
    rejected_whole: bool

    @property
    def accepted(self) -> int:
        """How many rows load."""
        return 0 if self.rejected_whole else self.checked.accepted.num_rows

    @property
    def failures(self) -> list[Failure | Malformed]:
        """Every row that failed, with why, by line."""
        both: list[Failure | Malformed] = [*self.raw.malformed, *self.checked.failures]
        return sorted(both, key=lambda failure: failure.line)


@dataclass(slots=True)
class Result:
    """A package after its checks; `manifest` is None when it could not be read."""

    package: str
    manifest: Manifest | None = None
    tables: list[TableResult] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def loaded(self) -> list[str]:
        """The tables whose rows load."""
        return [table.stated.table for table in self.tables if not table.rejected_whole]

    @property
    def status(self) -> str:
        """The status of the receipt."""
        if any(finding.rule.level == "package" for finding in self.findings):
            return "rejected"
        if self.tables and all(table.rejected_whole for table in self.tables):
            return "rejected"
        if any(finding.rule.level == "row" for finding in self.findings):
            return "partially_accepted"
        return "accepted_with_warnings" if self.findings else "accepted"


def check_content(
    folder: Path,
    package: str,
    settings: Intake,
    keyring: Keyring,
    home: Home | None,
    today: date,
) -> Result:
    """Check the files of a package that lies in a folder, in the order of the levels."""
    result = Result(package)
    try:
        result.manifest = manifest = read_manifest(folder)
        _check_manifest(folder, result, manifest, settings, keyring, today)
        for stated in manifest.files:
            path = folder / stated.name
            if not path.is_file():
                raise Refused(rules.FILE, f"{stated.name} is missing", file=stated.name)
            if path.stat().st_size > settings.max_file_bytes:
                raise Refused(
                    rules.FORMAT,
                    f"{stated.name} has more than {settings.max_file_bytes} bytes",
                    file=stated.name,
                )
            if file_hash(path) != stated.sha256:
                raise Refused(
                    rules.HASH, f"{stated.name}: the SHA-256 differs from {stated.sha256}",
                    file=stated.name,
                )  # fmt: skip
        result.tables = [_check_file(folder / s.name, s, settings) for s in manifest.files]
    except Refused as refused:
        result.tables = []
        result.findings.insert(0, refused.finding)
        return result
    for table in result.tables:
        result.findings += _row_findings(table, settings)
    accepted = [table for table in result.tables if not table.rejected_whole]
    frames = {t.stated.table: _with_lines(t.checked.accepted, t.checked.lines) for t in accepted}
    files = {t.stated.table: t.stated.name for t in accepted}
    result.findings += cross_check(Crossing(manifest, frames, files, home))
    return result


def _check_manifest(
    folder: Path,
    result: Result,
    manifest: Manifest,
    settings: Intake,
    keyring: Keyring,
    today: date,
) -> None:
    name = PACKAGE_NAME.fullmatch(result.package)
    if name is None or result.package != manifest.package:
        raise Refused(
            rules.NAME,
            f"the package is named {result.package}; its manifest says {manifest.package}",
        )
    if settings.submitters and manifest.submitter not in settings.submitters:
        raise Refused(rules.SUBMITTER, f"submitter {manifest.submitter} is not registered")
    oldest = today - timedelta(days=settings.retention_days)
    if manifest.business_date > today or manifest.business_date < oldest:
        raise Refused(
            rules.DATE, f"{manifest.business_date} does not lie within {oldest} and {today}"
        )
    warning = check_signature(folder, manifest.submitter, keyring, today)
    result.findings += [] if warning is None else [warning]
    named = {stated.name for stated in manifest.files}
    for inside in sorted(path.name for path in folder.iterdir()):
        if inside not in named and inside not in SURPLUS:
            example = Example(f"{inside} is kept in the archive and not read")
            result.findings.append(Finding(rules.UNNAMED_FILE, 1, None, inside, [example]))


def _check_file(path: Path, stated: StatedFile, settings: Intake) -> TableResult:
    if _is_parquet(path):
        raw = read_parquet(path, settings)
    else:
        raw = read_csv(path, stated.encoding, settings)
        lines = physical_lines(path)
        if raw.covered != lines:
            message = f"{stated.name}: {lines} lines, of which {raw.covered} were read"
            raise Refused(rules.UNCOUNTED, message, file=stated.name)
    if raw.records != stated.rows:
        raise Refused(
            rules.ROWS, f"{stated.name} holds {raw.records} rows; the manifest says {stated.rows}",
            file=stated.name,
        )  # fmt: skip
    checked = check_rows(TABLES[stated.table], raw)
    column = TABLES[stated.table].amount_column
    readable = column in raw.cells.columns and not (
        raw.malformed
        or any(f.column == column and f.rule == "unparsable" for f in checked.failures)
    )
    if abs(checked.amount_total or 0) > LARGEST_TOTAL:
        raise Refused(
            rules.TOTAL,
            f"{stated.name}: {column} adds up to {checked.amount_total}; no day's records do",
            file=stated.name,
        )
    if readable and checked.amount_total != stated.amount_total:
        raise Refused(
            rules.TOTAL,
            f"{stated.name}: {column} adds up to {checked.amount_total}; the manifest says "
            f"{stated.amount_total}",
            file=stated.name,
        )
    failed = len(raw.malformed) + len(checked.failures)
    whole = failed > settings.max_rejected_share * raw.records or bool(checked.missing)
    return TableResult(stated, raw, checked, whole)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1" or path.suffix == ".parquet"


def _row_findings(table: TableResult, settings: Intake) -> list[Finding]:
    stated = table.stated
    findings = []
    if table.checked.missing and not table.raw.records:
        lacks = f"the header has no column {', '.join(table.checked.missing)}"
        rule_missing = rules.row_rule(stated.table, "missing_column")
        findings.append(Finding(rule_missing, 1, stated.table, stated.name, [Example(lacks, 1)]))
    for rule, failures in failures_by_rule(table.checked.failures):
        examples = [Example(f.message, f.line, f.column, f.value) for f in failures[:20]]
        findings.append(
            Finding(
                rules.row_rule(stated.table, rule),
                len(failures),
                stated.table,
                stated.name,
                examples,
            )
        )
    for rule, count in Counter(bad.rule for bad in table.raw.malformed).items():
        bad = [each for each in table.raw.malformed if each.rule == rule]
        examples = [Example(each.message, each.line, None, each.text[:200]) for each in bad[:20]]
        findings.append(
            Finding(rules.row_rule(stated.table, rule), count, stated.table, stated.name, examples)
        )
    if table.checked.extra:
        examples = [Example(f"{name} is not loaded", 1, name) for name in table.checked.extra]
        rule_extra = rules.row_rule(stated.table, "extra_column")
        findings.append(
            Finding(rule_extra, len(table.checked.extra), stated.table, stated.name, examples)
        )
    if table.rejected_whole and not table.checked.missing:
        failed = len(table.failures)
        message = (
            f"{failed} of {table.raw.records} rows failed; at most "
            f"{settings.max_rejected_share:.0%} may"
        )
        rule_share = rules.row_rule(stated.table, "share")
        findings.append(Finding(rule_share, 1, stated.table, stated.name, [Example(message)]))
    return findings


def _with_lines(rows: pa.Table, lines: pa.Array) -> pl.DataFrame:
    return pl.DataFrame(rows).with_columns(pl.Series(LINE, pl.from_arrow(lines)))
