"""The published results that the pages read: the file named current, read-only, switched when
a newer run is named."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.control import Run
from data.errors import NotFoundError, StoreError
from data.home import Home
from data.store import Database
from pipelines import report
from pipelines.intake.package import file_hash
from pipelines.publish import find_run, is_whole
from review.held import Held
from review.keyed import Keyed, surroundings
from review.policy import Territory, offices_of

Facts = dict[str, Any]
RUN = "select run, run_key, business_date, model, settings_sha256, code_sha256 from run"
LISTED = """
with named as (
  select c.rank, list_distinct(list(f.typology)) as typologies, min(f.first_at) as first_at,
    max(f.last_at) as last_at, bool_or(c.role = 'subject') as is_subject,
    arg_min(f.text_zh, c.position) as text_zh, arg_min(f.text_en, c.position) as text_en,
    arg_min(c.role, c.position) as role, arg_min(f.clause, c.position) as clause,
    arg_min(f.typology, c.position) as typology
  from charge c
  join finding f on f.finding_id = c.finding_id
  group by c.rank
)
select s.rank, s.party_id, s.name, s.kind, s.division, s.label, s.score, s.forest_score,
  s.findings, s.amount_fen, s.lead_office, s.proposed_disposal,
  list_sort(n.typologies) as typologies, n.first_at, n.last_at, n.is_subject, n.text_zh,
  n.text_en, n.role, n.clause, n.typology
from suspect s
left join named n on n.rank = s.rank
order by s.rank
"""
BEFORE = "select party_id, label, amount_fen from suspect order by party_id"
# The graver last.
LABELS = ("unexplained", "refuted", "finding")
FULL_SUSPECTS_KEPT = 64
# Answers of queries that are kept, and rows of the largest that is.
ANSWERS_KEPT, MOST_ROWS_KEPT = 512, 2_000


@dataclass
class Result:
    """One published file, open: its run, the listed suspects, and one in full when asked."""

    path: Path
    db: Database
    run: str
    run_key: str
    business_date: date
    model: str
    hashes: dict[str, str]
    listed: list[Facts]
    by_party: dict[str, Facts]
    published_sha256: str
    surroundings: dict[str, Keyed]
    held: Held
    _full: OrderedDict[str, Facts] = field(default_factory=OrderedDict)
    _frames: OrderedDict[tuple[str, str], list[Facts]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def suspect(self, party: str) -> Facts:
        """One suspect with everything that explains it, in the shape of `report.suspect`.

        Raises:
            NotFoundError: the party is no suspect of this run.
        """
        with self._lock:
            held = self._full.get(party)
            if held is not None:
                self._full.move_to_end(party)
                return held
        found = report.suspect(self.held, party)
        with self._lock:
            self._full[party] = found
            if len(self._full) > FULL_SUSPECTS_KEPT:
                self._full.popitem(last=False)
        return found

    def frame(self, name: str, sql: str, params: Any = None) -> list[Facts]:
        """The rows of a query over the file, as dicts, which nobody may change.

        The file never changes, so that the last answers are kept.
        """
        key = (name, repr(params))
        with self._lock:
            held = self._frames.get(key)
            if held is not None:
                self._frames.move_to_end(key)
                return held
        with self.db.cursor() as cursor:
            rows = cursor.frame(name, sql, params).to_dicts()
        if len(rows) <= MOST_ROWS_KEPT:
            with self._lock:
                self._frames[key] = rows
                if len(self._frames) > ANSWERS_KEPT:
                    self._frames.popitem(last=False)
        return rows


class Results:
    """The current result; a newer run that is named is opened, proved, and takes its place."""

    def __init__(self, home: Home) -> None:
        self._home, self._lock = home, Lock()
        self._held: Result | None = None
        self._before: tuple[str, dict[str, tuple[int, int]]] = ("", {})
        self.fault: str | None = None

    def current(self) -> Result | None:
        """The result that `published/current` names; None where nothing is published.

        Where the one named cannot be read, the one before stays and `fault` says why.
        """
        with self._lock:
            try:
                path = find_run(self._home)
            except NotFoundError as error:
                self.fault = None if self._held is None else str(error)
                return self._held
            if self._held is not None and self._held.path == path:
                self.fault = None
                return self._held
            try:
                self._held, self.fault = open_result(path), None
            except StoreError as error:
                self.fault = str(error).partition("\n")[0]
            return self._held

    def before(self, at: datetime, session: Session) -> dict[str, tuple[int, int]] | None:
        """Label and money at stake of each suspect of the run that was newest at a time.

        None where there was none, or its file is gone.
        """
        query = (
            select(Run.published)
            .where(Run.state == "complete", Run.finished_at <= at)
            .order_by(Run.business_date.desc(), Run.run_id.desc())
        )
        name = session.scalars(query.limit(1)).first()
        path = self._home.published / (name or "")
        with self._lock:
            if name is not None and self._before[0] == name:
                return self._before[1]
        if name is None or not path.exists():
            return None
        with Database.open(path, read_only=True) as db:
            rows = db.rows("suspects before", BEFORE)
        found = {party: (gravity(label), amount or 0) for party, label, amount in rows}
        with self._lock:
            self._before = (name, found)
        return found


def gravity(label: str) -> int:
    """How grave a label is: a finding more than being unexplained; one not known, most."""
    return LABELS.index(label) if label in LABELS else len(LABELS)


def open_result(path: Path) -> Result:
    """Prove and open a published file, with its suspects and what surrounds them in memory.

    Raises:
        StoreError: it is not what was published.
    """
    if not is_whole(path):
        raise StoreError(f"{path.name} is not what was published; run its night again")
    db = Database.open(path, read_only=True)
    run = db.frame("run", RUN).to_dicts()[0]
    listed = db.frame("listed", LISTED).to_dicts()
    for row in listed:
        row["typologies"] = tuple(row["typologies"] or ())
        row["territory"] = Territory(row["division"] or "", offices_of(row["lead_office"]))
    return Result(
        path,
        db,
        run["run"],
        run["run_key"],
        run["business_date"],
        run["model"],
        {name: run[name] for name in ("run_key", "settings_sha256", "code_sha256")},
        listed,
        {row["party_id"]: row for row in listed},
        file_hash(path),
        surroundings(db),
        Held(db),
    )
