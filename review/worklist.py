"""The suspects of the current run as one viewer works on them: seen, masked, filtered, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from review import cases
from review.cases import State
from review.desk import Desk
from review.filters import Filters, passes
from review.policy import Viewer, owns, sees, whom_to_ask
from review.results import Result, gravity
from review.signed_in import SignedIn

Facts = dict[str, Any]


@dataclass(frozen=True)
class Worklist:
    """Rows that pass the filters, the page of them that is shown, and counts over all of them."""

    rows: Sequence[Facts]
    page: Sequence[Facts]
    pages: int
    by_typology: Sequence[tuple[str, int]]
    by_city: Sequence[tuple[str, int]]
    assignees: Sequence[str]


def worklist(
    desk: Desk, session: Session, result: Result, who: SignedIn, filters: Filters, zh: bool
) -> Worklist:
    """Gather the queue of a viewer, best first."""
    rows = visible(desk, session, result, who, filters, zh)
    size = desk.settings.desk.page_rows
    first = (filters.page_number - 1) * size
    typologies = Counter(name for row in rows for name in row["typologies"] or ("unexplained",))
    cities = Counter((row["division"] or "")[:4] + "00" for row in rows)
    assignees = sorted({row["assignee"] for row in rows if row["assignee"]})
    return Worklist(
        rows, rows[first : first + size], max(1, -(-len(rows) // size)),
        sorted(typologies.items(), key=lambda each: (-each[1], each[0])),
        sorted(cities.items(), key=lambda each: (-each[1], each[0])), assignees,
    )  # fmt: skip


def visible(
    desk: Desk, session: Session, result: Result, who: SignedIn, filters: Filters, zh: bool
) -> list[Facts]:
    """The suspects that pass the filters: those of the viewer's territory, or the others masked."""
    now, known, opened_to = desk.now(), cases.states(session), cases.shares(session)
    before = desk.results.before(who.before_at, session) if who.before_at else None
    rows = []
    for listed in result.listed:
        party = listed["party_id"]
        territory = cases.widened(listed["territory"], opened_to.get(party, ()))
        own = sees(who.viewer, territory)
        if own == (filters.scope == "others"):
            continue
        state = known.get(party, State())
        row = {
            **listed, "status": state.status, "assignee": state.assignee,
            "holder": state.holder(now), "is_new": is_new(listed, before), "masked": not own,
            "ask": None, "territory": territory,
        }  # fmt: skip
        if not own:
            row = masked(row, zh)
        if passes(row, filters, who.viewer.name, who.before_at):
            rows.append(row)
    return rows


def is_new(row: Mapping[str, Any], before: Mapping[str, tuple[int, int]] | None) -> bool:
    """Whether a suspect came, got its first finding, or more money is at stake, since a run."""
    if before is None:
        return True
    held = before.get(row["party_id"])
    return held is None or (gravity(row["label"]), row["amount_fen"] or 0) > held


def masked(row: Facts, zh: bool) -> Facts:
    """What others own: rank, score, typology and place; no name, no text, and whom to ask."""
    shown = {name: row[name] for name in ("rank", "score", "label", "division", "territory",
                                          "lead_office", "typologies", "is_new")}  # fmt: skip
    kept = {name: None for name in row} | shown
    return {
        **kept, "party_id": "", "status": "", "assignee": "", "holder": "", "masked": True,
        "ask": whom_to_ask(row["territory"], zh),
    }  # fmt: skip


def seen_by(
    viewer: Viewer, session: Session, result: Result, party: str
) -> tuple[Facts | None, bool]:
    """A listed suspect, if there is one, and whether it lies in a viewer's territory."""
    listed = result.by_party.get(party)
    if listed is None:
        return None, False
    opened_to = cases.shares(session, party).get(party, ())
    return listed, sees(viewer, cases.widened(listed["territory"], opened_to))


def next_open(
    desk: Desk, session: Session, result: Result, who: SignedIn, filters: Filters, zh: bool
) -> str | None:
    """Lock the first suspect of a filtered list that nobody else has; its party, None at the end.

    The session's transaction must exclude other writers.
    """
    now: datetime = desk.now()
    cases.release(session, who.viewer.name, now)
    for row in visible(desk, session, result, who, filters, zh):
        if row["masked"] or row["status"] not in ("open", "more_information"):
            continue
        if row["assignee"] not in ("", who.viewer.name) or not owns(who.viewer, row["territory"]):
            continue
        minutes = desk.settings.desk.hold_minutes
        if cases.hold(session, row["party_id"], who.viewer.name, now, minutes):
            return str(row["party_id"])
    return None
