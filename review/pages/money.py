"""The money of a suspect: the graph's data, evidence with its sources, look-through, timeline."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse, Response

from data.errors import NotFoundError
from graph.tracing import CONVENTIONS, Convention
from review import money
from review.desk import desk_of
from review.drawing.sankey import sankey
from review.evidence_rows import SIDES, with_sources
from review.pages.suspect import finding_of, in_territory, of_territory
from review.policy import Action
from review.rendering import is_chinese, page
from review.results import Result
from review.routing import Pages
from review.signed_in import Refused, SignedIn, whoever
from review.withheld import unflagged
from review.worklist import seen_by

pages = Pages()
Who = Annotated[SignedIn, Depends(whoever)]


@pages.page("GET", "/suspects/{party}/evidence", Action.SEE_SUSPECT)
def evidence(
    request: Request,
    party: str,
    who: Who,
    finding: int = 0,
    first: int = 0,
    between: str = "",
) -> Response:
    """Show the transfers of one of a suspect's findings, a page at a time.

    `between` narrows them to those of two parties, as the graph names them: FROM>TO.
    """
    result, facts = of_territory(request, party, who)
    rows = finding_of(facts, finding)["own"]
    if between:
        start, _, end = between.partition(">")
        rows = [row for row in rows if money.ends_of(row) == (start, end)]
    size = desk_of(request).settings.desk.page_rows
    first = max(0, min(first, len(rows)))
    return page(
        request, "evidence.html", facts=facts, number=finding, first=first, between=between,
        rows=with_sources(result, rows[first : first + size]), count=len(rows), size=size,
        sides=SIDES,
    )  # fmt: skip


@pages.page("GET", "/suspects/{party}/graph", Action.SEE_SUSPECT)
def graph(request: Request, party: str, who: Who, finding: int | None = None) -> Response:
    """The graph of a suspect's direct flows, or of one finding's evidence, as JSON."""
    desk = desk_of(request)
    edges = desk.settings.desk.graph_edges
    if finding is None:
        result = in_territory(request, party, who)
        drawn = money.around(result, party, edges)
    else:
        result, facts = of_territory(request, party, who)
        drawn = money.of_finding(facts, finding_of(facts, finding), result, edges)
    with desk.control.reading() as session:
        return JSONResponse(unflagged(drawn, who.viewer, session, result))


@pages.page("GET", "/suspects/{party}/graph/{other}", Action.SEE_SUSPECT)
def expand(request: Request, party: str, other: str, who: Who) -> Response:
    """The direct flows of another suspect beside this one, where the viewer may see it."""
    desk = desk_of(request)
    result = in_territory(request, party, who)
    with desk.control.reading() as session:
        listed, own = seen_by(who.viewer, session, result, other)
    if listed is None:
        raise NotFoundError("this party is no suspect; the file holds only its flows with suspects")
    if not own:
        raise Refused(403, "该主体不在您的辖区", "that party is not in your territory")
    drawn = money.around(result, other, desk.settings.desk.graph_edges // 3)
    with desk.control.reading() as session:
        return JSONResponse(unflagged(drawn, who.viewer, session, result))


@pages.page("GET", "/suspects/{party}/look-through", Action.SEE_SUSPECT)
def look_through(
    request: Request, party: str, who: Who, convention: Convention = "fifo"
) -> Response:
    """Where the money came from and went, under one convention, with bounds over all."""
    result, facts = of_territory(request, party, who)
    zh = is_chinese(request)
    return page(
        request, "look_through.html", facts=facts, **diagrams(result, facts, convention, zh)
    )  # fmt: skip


def diagrams(
    result: Result, facts: dict[str, Any], convention: Convention, zh: bool
) -> dict[str, Any]:
    """The look-through diagrams of a suspect's institutions, else that of its direct flows."""
    institutions = money.look_through(result, facts, zh)
    drawn = []
    for name, by_convention in institutions:
        sources, uses = by_convention[convention]
        drawn.append((name, sankey(sources, name, uses, zh), sources, uses))
    if not drawn:
        around = money.around(result, facts["party_id"], 10_000)
        sources, uses = money.direct_shares(around, zh)
        name = facts["name"] or facts["party_id"]
        drawn.append((name, sankey(sources, name, uses, zh), sources, uses))
    return {
        "convention": convention, "conventions": CONVENTIONS, "drawn": drawn,
        "followed": bool(institutions),
    }  # fmt: skip
