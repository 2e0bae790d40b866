"""Builds the warehouse of a business date from the lake: a new generation beside the old one.

Registers and account states are read from the whole lake, records from the window that analyses
look back. Nothing is built when neither lake, settings nor program changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from data.durable import put
from data.errors import StoreError
from data.home import Home
from data.settings import Settings
from data.store import Database
from pipelines.run_key import PROJECT, code_version
from pipelines.warehouse.accounts import load_accounts
from pipelines.warehouse.days import load_days
from pipelines.warehouse.files import LakeFile, lake_files, source
from pipelines.warehouse.registers import create_contracts, load_current
from pipelines.warehouse.transfers import load_transfers

# Tables of which only the window's dates are read.
RECORDS = ("entry", "clearing", "balance", "loan_event", "reserve_day", "holding")
COUNTS = """
select (select count(*) from transfer), (select count(*) from account_dim),
  (select count(*) from transfer where matched <> 'none'),
  (select count(*) from transfer where lacks <> '')
"""


@dataclass(frozen=True)
class LoadReport:
    """What the warehouse holds; `reused` when it was up to date."""

    files: int
    transfers: int
    accounts: int
    matched: int
    lacking: int
    reused: bool


def load(home: Home, settings: Settings, business_date: date) -> LoadReport:
    """Bring the warehouse up to a business date; the same lake gives the same content.

    Raises:
        StoreError: the lake cannot be read, or the warehouse cannot be written.
    """
    files = lake_files(home, business_date)
    first = business_date - timedelta(days=settings.load.window_days - 1)
    files = tuple(f for f in files if f.table not in RECORDS or f.date >= first)
    generation = _generation(files, settings, business_date)
    held = _report(home.warehouse, generation, len(files), reused=True)
    if held is not None:
        return held
    draft = home.warehouse.with_name("warehouse.writing.duckdb")
    for left in (draft, draft.with_name(draft.name + ".wal")):
        left.unlink(missing_ok=True)
    limits = {"memory_limit": settings.load.memory_limit, "threads": settings.load.threads}
    with Database.open(draft, **limits) as db:  # type: ignore[arg-type]
        db.execute("no order", "set preserve_insertion_order = false")
        create_contracts(db)
        for name in ("account", "entry", "clearing"):
            source(db, f"{name}_rows", name, [f for f in files if f.table == name])
        load_current(db, files)
        load_accounts(db)
        load_transfers(db, settings.load)
        load_days(db)
        db.register("_generation", pa.table({"generation": [generation]}))
        db.execute("generation", "create table generation as select * from _generation")
        db.unregister("_generation")
        db.execute("checkpoint", "checkpoint")
    report = _report(draft, generation, len(files), reused=False)
    if report is None:
        raise StoreError(f"the warehouse {draft} does not hold what was written; is the disk full?")
    put(draft, home.warehouse)
    return report


def _generation(files: tuple[LakeFile, ...], settings: Settings, business_date: date) -> str:
    """Name what a warehouse is made from: files, settings, program and date."""
    parts = [business_date.isoformat(), settings.load.model_dump_json(), code_version(PROJECT)]
    parts += [f"{f.table} {f.date} {f.submitter} {f.sequence} {f.sha256}" for f in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _report(path: Path, generation: str, files: int, *, reused: bool) -> LoadReport | None:
    """What a warehouse holds, if it is whole and of that generation."""
    if not path.exists():
        return None
    try:
        with Database.open(path, read_only=True) as db:
            if db.rows("generation", "select generation from generation") != [(generation,)]:
                return None
            [(transfers, accounts, matched, lacking)] = db.rows("counts", COUNTS)
    except StoreError:
        return None
    return LoadReport(files, transfers, accounts, matched, lacking, reused)
