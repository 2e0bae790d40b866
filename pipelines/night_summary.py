"""What the ledger and the published files say of runs, in a few facts for whoever ran or reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data.control import Control, Run
from data.errors import NotFoundError
from data.home import Home
from data.store import Database
from pipelines.publish import find_run

SUSPECTS = """
select count(*) filter (label = 'finding'), count(*) filter (label <> 'finding') from suspect
"""


@dataclass(frozen=True)
class NightSummary:
    """A complete run: its number and name, its suspects, who sent nothing, and if it is current.

    `newest_records` is the newest date up to the business date for which something came in.
    """

    run_id: int
    run: str
    business_date: date
    suspects: int
    unexplained: int
    absent: tuple[str, ...]
    missing_tables: tuple[str, ...]
    newest_records: date
    current: bool


def summarise(home: Home, published: Path) -> NightSummary:
    """State the facts of the newest complete run that a published file belongs to.

    Raises:
        NotFoundError: the ledger knows no such run.
    """
    with Control(home) as control:
        run = run_of_file(control.runs(), published)
    if run is None:
        raise NotFoundError(f"the ledger knows no run of {published.name}; run the night again")
    details = json.loads(run.details)
    with Database.open(published, read_only=True) as db:
        [(suspects, unexplained)] = db.rows("suspects", SUSPECTS)
    return NightSummary(
        run.run_id,
        published.stem,
        run.business_date,
        suspects,
        unexplained,
        tuple(details["absent_submitters"]),
        tuple(f"{submitter} {table}" for submitter, table in details.get("missing_tables", [])),
        date.fromisoformat(details.get("newest_records", run.business_date.isoformat())),
        current_file(home) == published,
    )


def current_file(home: Home) -> Path | None:
    """The published file that `suspects` shows when no run is named; None where there is none."""
    try:
        return find_run(home)
    except NotFoundError:
        return None


def current_run(home: Home, runs: Sequence[Run]) -> Run | None:
    """The run, of runs newest first, that `suspects` shows when none is named."""
    published = current_file(home)
    return None if published is None else run_of_file(runs, published)


def open_runs(runs: Sequence[Run]) -> list[Run]:
    """The runs, of runs newest first, that failed or never ended, with no good later one of their
    date."""
    mended: set[date] = set()
    still_open = []
    for run in runs:
        if run.state == "complete":
            mended.add(run.business_date)
        elif run.business_date not in mended:
            still_open.append(run)
    return still_open


def run_of_file(runs: Sequence[Run], published: Path) -> Run | None:
    """The newest complete run that published a file, if the ledger knows one."""
    known = (run for run in runs if run.state == "complete" and run.published == published.name)
    return next(known, None)
