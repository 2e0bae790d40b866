"""Checks a whole package: manifest, files, rows, tables against each other; stores nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from data.contracts import TABLES
from data.home import Home
from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.cross_checks import Crossing, cross_check
from pipelines.intake.csv_blocks import hash_and_lines
from pipelines.intake.findings import Example, Finding, Refused
from pipelines.intake.forms import read_file
from pipelines.intake.manifest import PACKAGE_NAME, Manifest, StatedFile, read_manifest
from pipelines.intake.signing import Keyring, check_signature
from pipelines.intake.table_check import check_table
from pipelines.intake.table_result import TableResult
from pipelines.intake.xml_scan import is_xml

SURPLUS = ("manifest.json", "manifest.sig")
# Fen: a thousand trillion yuan, many times what all banks of the country clear in a day.
LARGEST_TOTAL = 10**17


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
    place: Path,
) -> Result:
    """Check the files of a package that lies in a folder, in the order of the levels.

    What passes and what fails is written under `place`.
    """
    result = Result(package)
    try:
        result.manifest = manifest = read_manifest(folder)
        _check_manifest(folder, result, manifest, settings, keyring, today)
        lines = {each.name: _check_bytes(folder / each.name, each, settings)
                 for each in manifest.files}  # fmt: skip
        for each in manifest.files:
            path = folder / each.name
            named = _check_file(path, each, manifest, settings, lines[each.name], place)
            result.tables += named
    except Refused as refused:
        result.tables = []
        result.findings.insert(0, refused.finding)
        return result
    result.findings += [finding for table in result.tables for finding in table.findings]
    accepted = [table for table in result.tables if not table.rejected_whole]
    rows = {table.stated.table: table.rows for table in accepted}
    files = {table.stated.table: table.stated.name for table in accepted}
    result.findings += cross_check(Crossing(manifest, rows, files, home))
    return result


def _check_bytes(path: Path, stated: StatedFile, settings: Intake) -> int:
    """Check that a file is there, bearable and as the manifest says; returns its lines."""
    if not path.is_file():
        raise Refused(rules.FILE, f"{stated.name} is missing", file=stated.name)
    if path.stat().st_size > settings.max_file_bytes:
        raise Refused(
            rules.FORMAT,
            f"{stated.name} has more than {settings.max_file_bytes} bytes",
            file=stated.name,
        )
    digest, lines = hash_and_lines(path)
    if digest != stated.sha256:
        raise Refused(
            rules.HASH, f"{stated.name}: the SHA-256 differs from {stated.sha256}",
            file=stated.name,
        )  # fmt: skip
    return lines


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
    named = [stated.name for stated in manifest.files]
    for stated in manifest.files:
        # One file for two tables is of a form that holds both.
        path = folder / stated.name
        if named.count(stated.name) > 1 and path.is_file() and not is_xml(path):
            raise Refused(
                rules.TABLE, f"name {stated.name!r} is listed twice, and is no camt.053",
                file=stated.name,
            )  # fmt: skip
    for inside in sorted(path.name for path in folder.iterdir()):
        if inside not in named and inside not in SURPLUS:
            example = Example(f"{inside} is kept in the archive and not read")
            result.findings.append(Finding(rules.UNNAMED_FILE, 1, None, inside, [example]))


def _check_file(
    path: Path, stated: StatedFile, manifest: Manifest, settings: Intake, lines: int, place: Path
) -> list[TableResult]:
    """Check one file; `lines` are those after its first, counted from its bytes alone.

    A file that holds balances beside its entries gives both tables, unless the manifest names
    another file for balances.
    """
    reading = read_file(path, stated, settings, lines)
    result = check_table(TABLES[stated.table], stated, manifest, reading.batches, settings, place)
    _check_count(stated, result, reading.counted)
    records = result.covered if reading.by_element else result.records
    if records != stated.rows:
        raise Refused(
            rules.ROWS, f"{stated.name} holds {records} rows; the manifest says {stated.rows}",
            file=stated.name,
        )  # fmt: skip
    _check_total(stated, result, compared=True)
    results = [result]
    if reading.balances is not None and all(each.table != "balance" for each in manifest.files):
        batches, counted = reading.balances()
        inside = replace(stated, table="balance")
        balances = check_table(TABLES["balance"], inside, manifest, batches, settings, place)
        _check_count(inside, balances, counted)
        _check_total(inside, balances, compared=False)
        results.append(balances)
    return results


def _check_count(stated: StatedFile, result: TableResult, counted: int | None) -> None:
    """Refuse a file of which not everything was read, by a count from its bytes alone."""
    if counted is not None and result.covered != counted:
        message = f"{stated.name}: {counted} lines or records, of which {result.covered} were read"
        raise Refused(rules.UNCOUNTED, message, file=stated.name)


def _check_total(stated: StatedFile, result: TableResult, *, compared: bool) -> None:
    """Refuse amounts that no day has, and, where it is `compared`, another sum than stated."""
    column, total = TABLES[stated.table].amount_column, result.amount_total
    if abs(total or 0) > LARGEST_TOTAL:
        raise Refused(
            rules.TOTAL,
            f"{stated.name}: {column} adds up to {total}; no day's records do",
            file=stated.name,
        )
    if compared and total is not None and total != stated.amount_total:
        raise Refused(
            rules.TOTAL,
            f"{stated.name}: {column} adds up to {total}; the manifest says {stated.amount_total}",
            file=stated.name,
        )
