"""The suspects of the current run as one viewer works on them: seen, masked, filtered, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from data.desk_tables import CaseShare
from review import cases
from review.cases import State
from review.desk import Desk
from review.filters import Filters, passes
from review.policy import Territory, Viewer, owns, sees, whom_to_ask
from review.results import Result, gravity
from review.signed_in import SignedIn

Facts = dict[str, Any]
UNTOUCHED = State()
SHOWN_OF_OTHERS = (
    "rank", "score", "label", "division", "territory", "lead_office", "typologies",
)  # fmt: skip


@dataclass(frozen=True)
class Worklist:
    """How many pass the filters, the page of them that is shown, and counts over all of them."""

    count: int
    page: Sequence[Facts]
    pages: int
    by_typology: Sequence[tuple[str, int]]
    by_city: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Line:
    """A listed suspect with what the desk knows of it, before it is shown."""

    listed: Facts
    territory: Territory
    state: State
    is_new: bool
    own: bool


def worklist(
    desk: Desk, session: Session, result: Result, who: SignedIn, filters: Filters, zh: bool
) -> Worklist:
    """Gather the queue of a viewer, best first."""
    lines = visible(desk, session, result, who, filters)
    size, now = desk.settings.desk.page_rows, desk.now()
    first = (filters.page_number - 1) * size
    typologies = Counter(
        name for line in lines for name in line.listed["typologies"] or ("unexplained",)
    )
    cities = Counter((line.listed["division"] or "")[:4] + "00" for line in lines)
    return Worklist(
        len(lines), [shown(line, now, zh) for line in lines[first : first + size]],
        max(1, -(-len(lines) // size)),
        sorted(typologies.items(), key=lambda each: (-each[1], each[0])),
        sorted(cities.items(), key=lambda each: (-each[1], each[0])),
    )  # fmt: skip


def visible(
    desk: Desk, session: Session, result: Result, who: SignedIn, filters: Filters
) -> list[Line]:
    """The suspects that pass the filters: those of the viewer's territory, or the others.

    Of the others nothing is looked at but what is shown of them, so that no filter tells more.
    On a viewer's first visit nothing is new: there is none before it.
    """
    known, opened_to = cases.states(session), cases.shares(session)
    before = desk.results.before(who.before_at, session) if who.before_at else None
    others = filters.scope == "others"
    lines = []
    for listed in result.listed:
        party = listed["party_id"]
        territory, came = listed["territory"], False
        if party in opened_to:
            came = came_over(who, territory, opened_to[party])
            territory = cases.widened(territory, opened_to[party])
        if sees(who.viewer, territory) == others:
            continue
        state = known.get(party, UNTOUCHED)
        came = came or (who.before_at is not None and is_new(listed, before))
        line = Line(listed, territory, state, came, not others)
        facts = masked(listed) if others else listed
        if passes(facts, UNTOUCHED if others else state, line.is_new, filters, who.viewer.name):
            lines.append(line)
    return lines


def shown(line: Line, now: datetime, zh: bool) -> Facts:
    """A line as the page shows it; of what others own rank, score, typology, place, whom to ask."""
    more = {"is_new": line.is_new, "masked": not line.own}
    if not line.own:
        ask = whom_to_ask(line.territory, zh)
        return {**masked(line.listed), **more, "status": "", "assignee": "", "holder": "",
                "ask": ask}  # fmt: skip
    state = line.state
    return {
        **line.listed, **more, "status": state.status, "assignee": state.assignee,
        "holder": state.holder(now), "ask": None,
    }  # fmt: skip


def came_over(who: SignedIn, territory: Territory, opened_to: Iterable[CaseShare]) -> bool:
    """Whether another territory's case was shared with the viewer, or handed over, since the last
    visit."""
    if who.before_at is None or sees(who.viewer, territory):
        return False
    since = [share for share in opened_to if share.at > who.before_at]
    return sees(who.viewer, cases.widened(Territory("", frozenset()), since))


def is_new(row: Mapping[str, Any], before: Mapping[str, tuple[int, int]] | None) -> bool:
    """Whether a suspect came, got its first finding, or more money is at stake, since a run."""
    if before is None:
        return True
    held = before.get(row["party_id"])
    return held is None or (gravity(row["label"]), row["amount_fen"] or 0) > held


def masked(listed: Facts) -> Facts:
    """What others own, without name, text, amounts and identifier."""
    return {
        **dict.fromkeys(listed),
        **{name: listed[name] for name in SHOWN_OF_OTHERS},
        "party_id": "",
    }


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
    desk: Desk, session: Session, result: Result, who: SignedIn, filters: Filters
) -> str | None:
    """Lock the first suspect of a filtered list that nobody else has; its party, None at the end.

    The session's transaction must exclude other writers.
    """
    now, name = desk.now(), who.viewer.name
    cases.release(session, name, now)
    for line in visible(desk, session, result, who, filters):
        free = line.state.status in ("open", "more_information") and line.own
        if free and line.state.assignee in ("", name) and owns(who.viewer, line.territory):
            party = str(line.listed["party_id"])
            if cases.hold(session, party, name, now, desk.settings.desk.hold_minutes):
                return party
    return None
