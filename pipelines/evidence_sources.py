"""Where each transfer of the evidence stands as it was sent: package, file and line of its entries.

A transfer has up to three: the entry of the payer's bank, that of the payee's, and the record of
the clearing house. The lake knows each row's package and line, the archived package's manifest the
name of its file.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import polars as pl
import pyarrow as pa

from data.control import Control
from data.home import Home
from data.store import Database
from pipelines.intake.archive import archived
from pipelines.run_key import RunKey

SIDES = ("payer_entry", "payee_entry", "clearing")
COLUMNS: Mapping[str, type[pl.DataType]] = MappingProxyType(
    {
        "transfer": pl.String, "side": pl.String, "package": pl.String, "file": pl.String,
        "line": pl.Int64,
    }
)  # fmt: skip
MANIFEST, MOST_BYTES = "manifest.json", 10_000_000
# What the transfers of the evidence are called in the banks' and the clearing house's own rows.
STATED = """
create temp table stated_row as
select t.ref as transfer, 'payer_entry' as side, t.out_entry as name, t.payer_account as payer,
  t.payee_account as payee
from _evidence e join transfer t on t.ref = e.transfer where t.out_entry is not null
union
select t.ref, 'payee_entry', t.in_entry, t.payer_account, t.payee_account
from _evidence e join transfer t on t.ref = e.transfer where t.in_entry is not null
union
select t.ref, 'clearing', t.match_no, t.payer_account, t.payee_account
from _evidence e join transfer t on t.ref = e.transfer where t.match_no is not null
"""
ENTRIES = """
select s.transfer, s.side, l.submitter, l.submitted_for, l.sequence, l.line
from stated_row s
join (
  select bank_no || ':' || account_no || ':' || entry_no as name, submitter, submitted_for,
    sequence, line
  from read_parquet({paths}, hive_partitioning = false)
) l on l.name = s.name
where s.side <> 'clearing'
qualify row_number() over (
  partition by s.transfer, s.side order by l.submitted_for desc, l.submitter, l.line) = 1
order by s.transfer, s.side
"""
# One reference may stand for several payments; the accounts tell them apart.
CLEARINGS = """
select s.transfer, s.side, l.submitter, l.submitted_for, l.sequence, l.line
from stated_row s
join read_parquet({paths}, hive_partitioning = false) l on l.match_no = s.name
join account_dim payer on payer.account_id = s.payer
  and payer.bank_no = l.payer_bank_no and payer.account_no = l.payer_account_no
join account_dim payee on payee.account_id = s.payee
  and payee.bank_no = l.payee_bank_no and payee.account_no = l.payee_account_no
where s.side = 'clearing'
qualify row_number() over (
  partition by s.transfer, s.side order by l.submitted_for desc, l.submitter, l.line) = 1
order by s.transfer, s.side
"""


def evidence_sources(
    db: Database, home: Home, key: RunKey, transfers: Iterable[str]
) -> pl.DataFrame:
    """Find the sources of transfers, by transfer and side; `db` is the run's warehouse.

    A file whose package the archive has lost is ''.
    """
    db.register("_evidence", pa.table({"transfer": pa.array(sorted(set(transfers)), pa.string())}))
    try:
        db.execute("rows of the evidence", STATED)
        found = [
            row
            for table, sql in (("entry", ENTRIES), ("clearing", CLEARINGS))
            for row in _located(db, home, key, table, sql)
        ]
        db.execute("drop rows of the evidence", "drop table stated_row")
    finally:
        db.unregister("_evidence")
    return pl.DataFrame(found, schema=dict(COLUMNS), orient="row").sort("transfer", "side")


def _located(
    db: Database, home: Home, key: RunKey, table: str, sql: str
) -> Iterable[tuple[str, str, str, str, int]]:
    paths = [str(home.lake / path) for path, _ in key.inputs if path.startswith(f"{table}/")]
    if not paths:
        return
    listed = "[" + ", ".join("'" + path.replace("'", "''") + "'" for path in paths) + "]"
    rows = db.rows(f"lines of {table}", sql.replace("{paths}", listed))
    named = [(*row[:2], _package(*row[2:5]), row[5]) for row in rows]
    files = _files(home, {package for _, _, package, _ in named})
    for transfer, side, package, line in named:
        yield transfer, side, package, files.get(package, {}).get(table, ""), line


def _package(submitter: str, day: date, sequence: int) -> str:
    return f"{submitter}-{day:%Y%m%d}-{sequence:08d}"


def _files(home: Home, packages: Iterable[str]) -> dict[str, dict[str, str]]:
    """The names of the files of packages, by package and table, from the archived manifests."""
    found: dict[str, dict[str, str]] = {}
    with Control(home) as control:
        for package in sorted(packages):
            for held in control.submissions_of_package(package):
                if held.status != "rejected":
                    for path in archived(home, package, held.sha256)[:1]:
                        found[package] = _stated_files(path)
    return found


def _stated_files(path: Path) -> dict[str, str]:
    """The files of an archived package, which was checked when it came, by table."""
    if path.is_dir():
        text = (path / MANIFEST).read_bytes()
    else:
        with zipfile.ZipFile(path) as packed:
            name = next(n for n in packed.namelist() if n.rpartition("/")[2] == MANIFEST)
            with packed.open(name) as file:
                text = file.read(MOST_BYTES)
    return {each["table"]: each["name"] for each in json.loads(text)["files"]}
