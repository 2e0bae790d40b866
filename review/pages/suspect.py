"""One suspect: why, the money, the ties, the case; each part of the page is also served alone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from data.errors import NotFoundError
from pipelines.report_text import own_evidence
from review import cases
from review.desk import desk_of
from review.policy import Action, whom_to_ask
from review.rendering import is_chinese, page
from review.results import Result
from review.routing import Pages
from review.sentence import sentence
from review.signed_in import Refused, SignedIn, whoever
from review.worklist import seen_by

pages = Pages()
Who = Annotated[SignedIn, Depends(whoever)]


@pages.page("GET", "/suspects/{party}", Action.SEE_SUSPECT)
def suspect(request: Request, party: str, who: Who) -> Response:
    """Show a suspect of the viewer's territory in full."""
    desk, zh = desk_of(request), is_chinese(request)
    result, facts = of_territory(request, party, who)
    with desk.control.reading() as session:
        state = cases.state(session, party)
    now = desk.now()
    return page(
        request, "suspect.html", facts=facts, said=sentence(facts, zh), state=state,
        holder=state.holder(now), result=result,
    )  # fmt: skip


@pages.page("GET", "/suspects/{party}/evidence", Action.SEE_SUSPECT)
def evidence(request: Request, party: str, who: Who, finding: int = 0, first: int = 0) -> Response:
    """Show the transfers of one of a suspect's findings, a page at a time."""
    _, facts = of_territory(request, party, who)
    rows = finding_of(facts, finding)["own"]
    size = desk_of(request).settings.desk.page_rows
    first = max(0, min(first, len(rows)))
    return page(
        request, "evidence.html", facts=facts, number=finding, first=first,
        rows=rows[first : first + size], count=len(rows), size=size,
    )  # fmt: skip


def of_territory(request: Request, party: str, who: SignedIn) -> tuple[Result, dict[str, Any]]:
    """The current result, and a suspect of it that the viewer may see.

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
        ask = [whom_to_ask(listed["territory"], zh) for zh in (True, False)]
        raise Refused(403, f"不在您的辖区；请联系{ask[0]}", f"not in your territory; ask {ask[1]}")
    return result, result.suspect(party)


def finding_of(facts: dict[str, Any], number: int) -> dict[str, Any]:
    """One of a suspect's findings, by its place, with the transfers that concern the suspect.

    Raises:
        NotFoundError: it has no such finding.
    """
    if not 0 <= number < len(facts["findings"]):
        raise NotFoundError("this suspect has no such finding")
    found = facts["findings"][number]
    return {**found, "own": own_evidence(found)}
