"""Cases: what the desk knows of suspects over all runs; changes happen in the caller's
transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.desk_tables import CaseShare, DeskCase, DeskUser
from data.errors import InputError
from review.accounts import viewer
from review.policy import GRANTED, Action, Role, Territory, sees

OPEN = "open"
SHARED, HANDED, WITHDRAWN = "shared", "handed", "withdrawn"


@dataclass(frozen=True)
class State:
    """Status, assignee and lock of a case; what has no row is open, and nobody's."""

    status: str = OPEN
    assignee: str = ""
    held_by: str = ""
    held_until: datetime | None = None

    def holder(self, now: datetime) -> str:
        """Who has the case locked now; '' for nobody."""
        return self.held_by if self.held_until is not None and self.held_until > now else ""


def states(session: Session) -> dict[str, State]:
    """The states of all cases, by party."""
    columns = (
        DeskCase.party_id, DeskCase.status, DeskCase.assignee, DeskCase.held_by,
        DeskCase.held_until,
    )  # fmt: skip
    return {row[0]: State(*row[1:]) for row in session.execute(select(*columns))}


def state(session: Session, party: str) -> State:
    """The state of one case."""
    case = session.get(DeskCase, party)
    if case is None:
        return State()
    return State(case.status, case.assignee, case.held_by, case.held_until)


def opened(session: Session, party: str, now: datetime) -> DeskCase:
    """The case of a party, begun where there is none."""
    case = session.get(DeskCase, party)
    if case is None:
        case = DeskCase(
            party_id=party, status=OPEN, assignee="", held_by="", opened_at=now, changed_at=now
        )
        session.add(case)
    case.changed_at = now
    return case


def shares(session: Session, party: str | None = None) -> dict[str, list[CaseShare]]:
    """To whom cases were opened, by party, first to last."""
    query = select(CaseShare).order_by(CaseShare.share_id)
    if party is not None:
        query = query.where(CaseShare.party_id == party)
    found: dict[str, list[CaseShare]] = {}
    for share in session.scalars(query):
        found.setdefault(share.party_id, []).append(share)
    return found


def of(session: Session, party: str) -> list[CaseShare]:
    """To whom one case was opened, first to last."""
    return shares(session, party).get(party, [])


def widened(territory: Territory, opened_to: Iterable[CaseShare]) -> Territory:
    """A territory with those to whom its case is open, and whose it is since it was handed over.

    What was withdrawn later is open no more.
    """
    held: dict[tuple[str, str], None] = {}
    owner = None
    for share in opened_to:
        receiver = (share.division, share.office)
        if share.kind == WITHDRAWN:
            held.pop(receiver, None)
            owner = None if owner == receiver else owner
        else:
            held[receiver] = None
            owner = receiver if share.kind == HANDED else owner
    return replace(
        territory,
        shared_divisions=frozenset(division for division, _ in held if division),
        shared_offices=frozenset(office for _, office in held if office),
        owner=owner,
    )


def assign(
    session: Session, party: str, territory: Territory, name: str, now: datetime
) -> None:  # fmt: skip
    """Give a case to a person who sees its territory; '' takes it from whoever has it.

    Raises:
        InputError: no such account in use, or one that does not work on this case.
    """
    if name:
        query = select(DeskUser).where(DeskUser.name == name, DeskUser.active)
        user = session.scalars(query).first()
        if user is None or Role(user.role) not in GRANTED[Action.WORK_CASE]:
            raise InputError(f"没有可承办的账户 {name} / no account {name!r} works on cases")
        if not sees(viewer(user), territory):
            raise InputError(
                f"{name} 看不到该案件，请先共享或移交 / {name} does not see this case; share it or "
                "hand it over first"
            )
    opened(session, party, now).assignee = name


def hold(session: Session, party: str, name: str, now: datetime, minutes: int) -> bool:
    """Lock a case for a while, unless another has it; whether it is locked now."""
    holder = state(session, party).holder(now)
    if holder not in ("", name):
        return False
    case = opened(session, party, now)
    case.held_by, case.held_until = name, now + timedelta(minutes=minutes)
    return True


def release(session: Session, name: str, now: datetime) -> None:
    """Let go of what a person has locked."""
    query = select(DeskCase).where(DeskCase.held_by == name, DeskCase.held_until > now)
    for case in session.scalars(query):
        case.held_by, case.held_until = "", None
