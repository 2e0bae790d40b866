"""Checks a whole package: manifest, files, rows, tables against each other; stores nothing."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from data.columns import LARGEST_TOTAL
from data.contracts import TABLES
from data.home import Home
from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.cross_checks import cross_check
from pipelines.intake.crossing import Crossing
from pipelines.intake.csv_blocks import hash_and_lines
from pipelines.intake.findings import Example, Finding, Refused
from pipelines.intake.forms import read_file
from pipelines.intake.manifest import PACKAGE_NAME, Manifest, StatedFile, read_manifest
from pipelines.intake.signing import Keyring, check_signature
from pipelines.intake.table_check import check_table
from pipelines.intake.table_result import TableResult
from pipelines.intake.xml_scan import is_xml

SURPLUS = ("manifest.json", "manifest.sig")


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
        for each in manifest.files:
            _check_presence(folder / each.name, each, settings)
        result.tables = _check_files(folder, manifest, settings, place)
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


def _check_presence(path: Path, stated: StatedFile, settings: Intake) -> None:
    if not path.is_file():
        raise Refused(rules.FILE, f"{stated.name} is missing", file=stated.name)
    if path.stat().st_size > settings.max_file_bytes:
        raise Refused(
            rules.FORMAT,
            f"{stated.name} has more than {settings.max_file_bytes} bytes",
            file=stated.name,
        )


def _check_files(
    folder: Path, manifest: Manifest, settings: Intake, place: Path
) -> list[TableResult]:
    """Read every file while another thread hashes them and counts their lines.

    A wrong hash is said before whatever else is wrong with the files.
    """
    paths = [folder / each.name for each in manifest.files]
    with ThreadPoolExecutor(1) as pool:
        hashing = [pool.submit(hash_and_lines, path) for path in paths]
        try:
            read = [
                _check_file(path, each, manifest, settings, place, future)
                for path, each, future in zip(paths, manifest.files, hashing, strict=True)
            ]
        except Refused:
            _check_hashes(manifest, hashing)
            raise
        _check_hashes(manifest, hashing)
    return [result for results in read for result in results]


def _check_hashes(manifest: Manifest, hashing: list[Future[tuple[str, int]]]) -> None:
    found = [each.result() for each in hashing]
    for stated, (digest, _) in zip(manifest.files, found, strict=True):
        if digest != stated.sha256:
            raise Refused(
                rules.HASH, f"{stated.name}: the SHA-256 differs from {stated.sha256}",
                file=stated.name,
            )  # fmt: skip


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
    surplus = sorted({path.name for path in folder.iterdir()} - {*named, *SURPLUS})
    if surplus:
        examples = [Example(f"{each} is kept in the archive and not read") for each in surplus]
        result.findings.append(Finding(rules.UNNAMED_FILE, len(surplus), None, None, examples))


def _check_file(
    path: Path,
    stated: StatedFile,
    manifest: Manifest,
    settings: Intake,
    place: Path,
    hashing: Future[tuple[str, int]],
) -> list[TableResult]:
    """Check one file; `hashing` gives its lines after its first, counted from its bytes alone.

    A file that holds balances beside its entries gives both tables, unless the manifest names
    another file for balances.
    """
    reading = read_file(path, stated, settings)
    result = check_table(TABLES[stated.table], stated, manifest, reading.batches, settings, place)
    _check_count(result, hashing.result()[1] if reading.by_line else reading.elements)
    records = result.records if reading.elements is None else result.covered
    if records != stated.rows:
        raise Refused(
            rules.ROWS, f"{stated.name} holds {records} rows; the manifest says {stated.rows}",
            file=stated.name,
        )  # fmt: skip
    _check_total(result, compared=True)
    results = [result]
    if reading.balances is not None and all(each.table != "balance" for each in manifest.files):
        batches, counted = reading.balances()
        inside = replace(stated, table="balance")
        balances = check_table(TABLES["balance"], inside, manifest, batches, settings, place)
        _check_count(balances, counted)
        _check_total(balances, compared=False)
        results.append(balances)
    return results


def _check_count(result: TableResult, counted: int | None) -> None:
    """Refuse a file of which not everything was read, by a count from its bytes alone."""
    if counted is not None and result.covered != counted:
        name = result.stated.name
        message = f"{name}: {counted} lines or records, of which {result.covered} were read"
        raise Refused(rules.UNCOUNTED, message, file=name)


def _check_total(result: TableResult, *, compared: bool) -> None:
    """Refuse amounts that no day has, and, where it is `compared`, another sum than stated."""
    stated, total = result.stated, result.amount_total
    column = TABLES[stated.table].amount_column
    if abs(result.passed_total) > LARGEST_TOTAL:
        raise Refused(
            rules.TOTAL,
            f"{stated.name}: {column} adds up to {result.passed_total}; no day's records do",
            file=stated.name,
        )
    if compared and total is not None and total != stated.amount_total:
        raise Refused(
            rules.TOTAL,
            f"{stated.name}: {column} adds up to {total}; the manifest says {stated.amount_total}",
            file=stated.name,
        )
