"""Checks a whole package: manifest, files, rows, tables against each other; stores nothing."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from data.columns import LARGEST_TOTAL
from data.contracts import TABLES
from data.home import Home
from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.cross_checks import Crossing, cross_check
from pipelines.intake.csv_blocks import hash_and_lines
from pipelines.intake.csv_reader import read_csv
from pipelines.intake.findings import Example, Finding, Refused
from pipelines.intake.manifest import PACKAGE_NAME, Manifest, StatedFile, read_manifest
from pipelines.intake.parquet_reader import read_parquet
from pipelines.intake.row_checks import packed_columns
from pipelines.intake.signing import Keyring, check_signature
from pipelines.intake.table_check import check_table
from pipelines.intake.table_result import TableResult

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
            read = [_check_file(path, each, manifest, settings, place)
                    for path, each in zip(paths, manifest.files, strict=True)]  # fmt: skip
        except Refused:
            _check_hashes(manifest, hashing)
            raise
        lines = _check_hashes(manifest, hashing)
    for path, result, count in zip(paths, read, lines, strict=True):
        _check_counts(result, None if _is_parquet(path) else count)
    return read


def _check_hashes(manifest: Manifest, hashing: list[Future[tuple[str, int]]]) -> list[int]:
    """Compare the files' hashes with the manifest; returns the lines of each after its first."""
    found = [each.result() for each in hashing]
    for stated, (digest, _) in zip(manifest.files, found, strict=True):
        if digest != stated.sha256:
            raise Refused(
                rules.HASH, f"{stated.name}: the SHA-256 differs from {stated.sha256}",
                file=stated.name,
            )  # fmt: skip
    return [lines for _, lines in found]


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
    surplus = sorted({path.name for path in folder.iterdir()} - {*named, *SURPLUS})
    if surplus:
        examples = [Example(f"{each} is kept in the archive and not read") for each in surplus]
        result.findings.append(Finding(rules.UNNAMED_FILE, len(surplus), None, None, examples))


def _check_file(
    path: Path, stated: StatedFile, manifest: Manifest, settings: Intake, place: Path
) -> TableResult:
    table = TABLES[stated.table]
    if _is_parquet(path):
        batches = read_parquet(path, settings)
    else:
        batches = read_csv(path, stated.encoding, settings, packed_columns(table))
    return check_table(table, stated, manifest, batches, settings, place)


def _check_counts(result: TableResult, lines: int | None) -> None:
    """Compare what was read with the manifest, and with an independent count of its lines."""
    stated, column = result.stated, TABLES[result.stated.table].amount_column
    if lines is not None and result.covered != lines:
        message = f"{stated.name}: {lines} lines, of which {result.covered} were read"
        raise Refused(rules.UNCOUNTED, message, file=stated.name)
    if result.records != stated.rows:
        raise Refused(
            rules.ROWS, f"{stated.name} holds {result.records} rows; the manifest says "
            f"{stated.rows}", file=stated.name,
        )  # fmt: skip
    total = result.amount_total
    if abs(result.passed_total) > LARGEST_TOTAL:
        raise Refused(
            rules.TOTAL,
            f"{stated.name}: {column} adds up to {result.passed_total}; no day's records do",
            file=stated.name,
        )
    if total is not None and total != stated.amount_total:
        raise Refused(
            rules.TOTAL,
            f"{stated.name}: {column} adds up to {total}; the manifest says {stated.amount_total}",
            file=stated.name,
        )


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1" or path.suffix == ".parquet"
