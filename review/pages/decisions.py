"""Deciding on a suspect, the second person's approval, precision, and the random sample."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from data.desk_tables import Verdict
from data.errors import NotFoundError
from review import audit, cases, decisions, precision
from review.desk import desk_of
from review.forms import Form, form_of, refused_as
from review.pages.suspect import of_own
from review.policy import Action, Role, owns
from review.rendering import page
from review.routing import Pages
from review.signed_in import Refused, SignedIn, whoever
from review.worklist import seen_by

pages = Pages()
Who = Annotated[SignedIn, Depends(whoever)]
Posted = Annotated[Form, Depends(form_of)]


@pages.page("POST", "/suspects/{party}/verdicts", Action.DECIDE)
def decide(request: Request, party: str, form: Posted, who: Who) -> Response:
    """Add a verdict on the suspect as the page showed it."""
    desk = desk_of(request)
    result, facts = of_own(request, party, who)
    decision, _, reason = form.line("verdict").partition(":")
    with refused_as(409), desk.control.session() as session:
        verdict = decisions.decide(
            session, result, facts, who.viewer.name, desk.now(), decision=decision,
            reason=reason, note=form.text("note"), seen_run=form.line("run"),
            seen_version=int(form.line("version")) if form.line("version").isdecimal() else -1,
        )  # fmt: skip
        audit.record(
            session, desk.now(), who.viewer.name, Action.DECIDE, f"party={party}", decision,
            f"verdict={verdict.verdict_id} run={result.run} evidence={verdict.evidence_sha256}",
        )  # fmt: skip
    return RedirectResponse(f"/suspects/{party}#case", 303)


@pages.page("GET", "/approvals", Action.APPROVE)
def approvals(request: Request, who: Who) -> Response:
    """List the verdicts of the viewer's territory that wait for a second person."""
    desk = desk_of(request)
    result = desk.results.current()
    rows = []
    with desk.control.reading() as session:
        for verdict in decisions.waiting(session):
            listed, own = _listed(request, who, verdict)
            if own and result is not None:
                mine = decisions.same_person(session, verdict.user_name, who.viewer.name)
                now = decisions.evidence_now(result, verdict.party_id)
                changed = now not in (None, verdict.evidence_sha256)
                rows.append(
                    {"verdict": verdict, "listed": listed, "mine": mine, "changed": changed}
                )  # fmt: skip
    return page(request, "approvals.html", rows=rows, result=result)


@pages.page("POST", "/verdicts/{verdict_id}/approval", Action.APPROVE)
def approve(request: Request, verdict_id: int, form: Posted, who: Who) -> Response:
    """Add what the second person says."""
    desk = desk_of(request)
    with desk.control.reading() as session:
        verdict = session.get(Verdict, verdict_id)
    if verdict is None:
        raise NotFoundError("no such verdict")
    if not _listed(request, who, verdict)[1]:
        raise Refused(403, "不在您的辖区", "not in your territory")
    result = desk.results.current()
    now = None if result is None else decisions.evidence_now(result, verdict.party_id)
    with refused_as(409), desk.control.session() as session:
        decisions.approve(
            session, verdict_id, who.viewer.name, desk.now(), form.line("outcome", ""),
            form.text("note"), now,
        )  # fmt: skip
        audit.record(
            session, desk.now(), who.viewer.name, Action.APPROVE, f"party={verdict.party_id}",
            form.line("outcome", ""), f"verdict={verdict_id}",
        )  # fmt: skip
    return RedirectResponse("/approvals", 303)


@pages.page("GET", "/precision", Action.SEE_PRECISION)
def show_precision(request: Request) -> Response:
    """Show how often suspects were confirmed, by typology, and what the sample says."""
    with desk_of(request).control.reading() as session:
        rows, sampled = precision.by_typology(session), precision.of_sample(session)
    return page(request, "precision.html", rows=rows, sampled=sampled)


@pages.page("GET", "/sample", Action.REVIEW_SAMPLE)
def sample(request: Request, who: Who) -> Response:
    """List the randomly drawn low ranks of the viewer's territory."""
    desk = desk_of(request)
    result, limits = desk.results.current(), desk.settings.desk
    if result is None:
        return page(request, "nothing_published.html")
    with desk.control.session() as session:
        drawn = precision.sample(
            session, result, desk.now(), limits.sample_from_rank, limits.sample_size
        )
        rows = []
        for each in drawn:
            listed, own = seen_by(who.viewer, session, result, each.party_id)
            if own and listed is not None:
                rows.append({**listed, "status": cases.state(session, each.party_id).status})
    return page(request, "sample.html", rows=rows, drawn=len(drawn))


def _listed(
    request: Request, who: SignedIn, verdict: Verdict
) -> tuple[dict[str, object] | None, bool]:
    """The suspect of a verdict, and whether its case is the viewer's.

    Who is no suspect any more is the province's.
    """
    desk = desk_of(request)
    result = desk.results.current()
    if result is None:
        return None, False
    with desk.control.reading() as session:
        listed = result.by_party.get(verdict.party_id)
        if listed is None:
            return None, who.viewer.role == Role.PROVINCE
        opened_to = cases.of(session, verdict.party_id)
    return listed, owns(who.viewer, cases.widened(listed["territory"], opened_to))
