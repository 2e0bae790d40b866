"""One suspect: why, the money, the ties, the case, on one page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.desk_tables import CaseAttachment, CaseLink, CaseNote
from data.errors import NotFoundError
from pipelines.report_text import own_evidence
from review import accounts, cases, decisions, money
from review.desk import Desk, desk_of
from review.drawing.ownership import KINDS, ownership
from review.drawing.timeline import timeline
from review.evidence_rows import held_sides
from review.policy import GRANTED, Action, Role, owns, sees, whom_to_ask
from review.rendering import is_chinese, page
from review.requests_for_data import requests_for_data
from review.results import Result
from review.routing import Pages
from review.sentence import sentence
from review.signed_in import Refused, SignedIn, whoever
from review.ties import ties
from review.withheld import as_seen
from review.words import DECISIONS, REASONS
from review.worklist import seen_by

pages = Pages()
Who = Annotated[SignedIn, Depends(whoever)]


@pages.page("GET", "/suspects/{party}", Action.SEE_SUSPECT)
def suspect(request: Request, party: str, who: Who) -> Response:
    """Show a suspect of the viewer's territory in full."""
    desk, zh = desk_of(request), is_chinese(request)
    result, facts = of_territory(request, party, who)
    held, names = ties(result, party)
    with desk.control.reading() as session:
        case = case_facts(desk, session, party)
        territory = cases.widened(result.by_party[party]["territory"], case["shares"])
        people = [
            user.name for user in accounts.everyone(session)
            if user.active and _works(user.role) and sees(accounts.viewer(user), territory)
        ]  # fmt: skip
    return page(
        request, "suspect.html", facts=facts, said=sentence(facts, zh), case=case, people=people,
        result=result, returned=result.surroundings["returned"].rows(party),
        asked=requests_for_data(facts, held_sides(result, facts), zh),
        timeline=timeline(money.days(result, party), money.window(facts), zh),
        ties=held, tie_names=names, picture=ownership(party, held, names, zh), tie_kinds=KINDS,
        decisions=DECISIONS, reasons=REASONS, leads=owns(who.viewer, territory),
        lead=whom_to_ask(territory, zh),
    )  # fmt: skip


def case_facts(desk: Desk, session: Session, party: str) -> dict[str, Any]:
    """Everything that the desk holds of a case."""
    state = cases.state(session, party)
    kinds: dict[str, Any] = {
        "notes": CaseNote, "attachments": CaseAttachment, "links": CaseLink,
    }  # fmt: skip
    return {
        "state": state,
        "holder": state.holder(desk.now()),
        "version": decisions.version_of(session, party),
        "verdicts": decisions.of_party(session, party),
        "shares": cases.shares(session, party).get(party, []),
        **{
            name: list(session.scalars(select(kind).where(kind.party_id == party)
                                       .order_by(kind.at.desc())))
            for name, kind in kinds.items()
        },
    }  # fmt: skip


def of_territory(request: Request, party: str, who: SignedIn) -> tuple[Result, dict[str, Any]]:
    """The current result, and a suspect of it that the viewer may see, in full.

    Raises:
        NotFoundError: nothing is published, or the party is no suspect.
        Refused: it is another territory's; says whom to ask, and nothing else.
    """
    result = in_territory(request, party, who)
    with desk_of(request).control.reading() as session:
        return result, as_seen(result.suspect(party), who.viewer, session, result)


def in_territory(request: Request, party: str, who: SignedIn) -> Result:
    """The current result, in which a party is a suspect that the viewer may see.

    Raises:
        NotFoundError: nothing is published, or the party is no suspect.
        Refused: it is another territory's; says whom to ask, and nothing else.
    """
    desk = desk_of(request)
    result = desk.results.current()
    if result is None:
        raise NotFoundError("no run is published yet")
    with desk.control.reading() as session:
        listed, own = seen_by(who.viewer, session, result, party)
        if listed is None:
            raise NotFoundError("no suspect of the current run has this identifier")
        if not own:
            territory = cases.widened(listed["territory"], cases.of(session, party))
            ask = [whom_to_ask(territory, zh) for zh in (True, False)]
            raise Refused(
                403, f"不在您的辖区；请联系{ask[0]}", f"not in your territory; ask {ask[1]}"
            )
    return result


def of_own(request: Request, party: str, who: SignedIn) -> tuple[Result, dict[str, Any]]:
    """The same, of a suspect whose case is the viewer's to assign, to decide and to share.

    Raises:
        NotFoundError: nothing is published, or the party is no suspect.
        Refused: it is another territory's, or was only shared with the viewer's.
    """
    found = of_territory(request, party, who)
    with desk_of(request).control.reading() as session:
        territory = cases.widened(found[0].by_party[party]["territory"], cases.of(session, party))
    if not owns(who.viewer, territory):
        ask = [whom_to_ask(territory, zh) for zh in (True, False)]
        raise Refused(
            403, f"该案件由{ask[0]}主办，此处只能查看和记录",
            f"{ask[1]} leads this case; you may read it and add notes",
        )  # fmt: skip
    return found


def finding_of(facts: dict[str, Any], number: int) -> dict[str, Any]:
    """One of a suspect's findings, by its place, with the transfers that concern the suspect.

    Raises:
        NotFoundError: it has no such finding.
    """
    if not 0 <= number < len(facts["findings"]):
        raise NotFoundError("this suspect has no such finding")
    found = facts["findings"][number]
    return {**found, "own": own_evidence(found)}


def _works(role: str) -> bool:
    return Role(role) in GRANTED[Action.WORK_CASE]
