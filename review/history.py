"""A suspect's rank and score over the runs that are published, newest first."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.control import Run
from data.errors import StoreError
from data.home import Home
from data.store import Database

SCORE = "select rank, score from party_score where party_id = ?"
MOST_RUNS, MOST_KEPT = 30, 4_000

log = logging.getLogger("lookthrough.desk")


@dataclass(frozen=True)
class Standing:
    """Where a party stood in one run; None where it was not ranked, or `fault` says that the run's
    file cannot be read."""

    run: str
    business_date: date
    rank: int | None
    score: float | None
    fault: bool = False


class History:
    """Reads standings from the files of runs; what was read is kept, as files never change."""

    def __init__(self, home: Home) -> None:
        self._home, self._lock = home, Lock()
        self._held: OrderedDict[tuple[str, str], tuple[int | None, float | None]] = OrderedDict()

    def of(self, session: Session, party: str) -> list[Standing]:
        """The standings in the newest run of each of the last business dates, newest first."""
        query = (
            select(Run.business_date, Run.published)
            .where(Run.state == "complete")
            .order_by(Run.business_date.desc(), Run.run_id.desc())
        )
        newest: dict[date, str] = {}
        for day, published in session.execute(query):
            newest.setdefault(day, published or "")
        found = []
        for day, name in list(newest.items())[:MOST_RUNS]:
            path = self._home.published / name
            if not path.is_file():
                continue
            try:
                found.append(Standing(path.stem, day, *self._standing(path, party)))
            except StoreError as error:
                log.warning("the history leaves a run out: %s", error)
                found.append(Standing(path.stem, day, None, None, fault=True))
        return found

    def _standing(self, path: Path, party: str) -> tuple[int | None, float | None]:
        key = (path.name, party)
        with self._lock:
            if key in self._held:
                return self._held[key]
        with Database.open(path, read_only=True) as db:
            rows = db.rows("score", SCORE, [party])
        standing = (rows[0][0], rows[0][1]) if rows else (None, None)
        with self._lock:
            self._held[key] = standing
            if len(self._held) > MOST_KEPT:
                self._held.popitem(last=False)
        return standing
