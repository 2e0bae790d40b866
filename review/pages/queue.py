"""The queue: ranked suspects, narrowed by filters that stand in the address; saved views; the
next one for me; assignment of many."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.desk_tables import SavedView
from review import accounts, audit, cases
from review.desk import desk_of
from review.filters import COLUMNS, Filters
from review.forms import Form, form_of, refused_as
from review.policy import GRANTED, Action, Role, owns
from review.rendering import is_chinese, page
from review.routing import Pages
from review.signed_in import Refused, SignedIn, whoever
from review.worklist import next_open, seen_by, worklist

pages = Pages()
MOST_ASSIGNED, MOST_VIEWS, MOST_QUERY = 500, 50, 4_000
Who = Annotated[SignedIn, Depends(whoever)]
Posted = Annotated[Form, Depends(form_of)]
HOMES = {
    Role.SUBMITTER: "/submitter",
    Role.ADMINISTRATOR: "/operations",
}


@pages.page("GET", "/", Action.SIGN_IN)
def start(who: Who) -> Response:
    """Lead to where a role's work begins."""
    return RedirectResponse(HOMES.get(who.viewer.role, "/queue"), 303)


@pages.page("GET", "/queue", Action.SEE_QUEUE)
def queue(request: Request, who: Who) -> Response:
    """Show the suspects that pass the filters of the address."""
    desk, zh = desk_of(request), is_chinese(request)
    filters, result = Filters.read(request.query_params), desk.results.current()
    if result is None:
        return page(request, "nothing_published.html")
    with desk.control.reading() as session:
        shown = worklist(desk, session, result, who, filters, zh)
        views = _views(session, who)
        people = [user for user in accounts.everyone(session) if user.active]
    names = [user.name for user in people if Role(user.role) in GRANTED[Action.WORK_CASE]]
    return page(
        request, "queue.html", filters=filters, shown=shown, views=views, people=names,
        columns=COLUMNS,
    )  # fmt: skip


@pages.page("POST", "/queue/next", Action.TAKE_NEXT)
def take_next(request: Request, form: Posted, who: Who) -> Response:
    """Lock the next suspect of the filtered list, and show it."""
    desk, result = desk_of(request), desk_of(request).results.current()
    filters = Filters.read(_pairs(form.secret("query")))
    if result is None:
        return RedirectResponse("/queue", 303)
    with desk.control.session() as session:
        party = next_open(desk, session, result, who, filters)
        audit.record(
            session, desk.now(), who.viewer.name, Action.TAKE_NEXT, f"party={party or ''}"
        )  # fmt: skip
    if party is None:
        raise Refused(404, "这份名单里没有待核查的了", "nothing is left to review in this list")
    return RedirectResponse(f"/suspects/{party}", 303)


@pages.page("POST", "/queue/assign", Action.ASSIGN)
def assign(request: Request, form: Posted, who: Who) -> Response:
    """Assign the chosen suspects to one person; all of them, or none."""
    desk, result = desk_of(request), desk_of(request).results.current()
    parties, name = form.several("party"), form.line("assignee", "")
    with refused_as(), desk.control.session() as session:
        if not parties or len(parties) > MOST_ASSIGNED or result is None:
            raise Refused(
                422, f"请选择 1 至 {MOST_ASSIGNED} 个", f"choose 1 to {MOST_ASSIGNED} of them"
            )
        for party in parties:
            listed, own = seen_by(who.viewer, session, result, party)
            if listed is None or not own:
                raise Refused(403, "其中有不属于您辖区的", "one of them is outside your territory")
            territory = cases.widened(listed["territory"], cases.of(session, party))
            if not owns(who.viewer, territory):
                raise Refused(403, "其中有他处主办的案件", "another leads one of these cases")
            cases.assign(session, party, territory, name, desk.now())
            audit.record(
                session, desk.now(), who.viewer.name, Action.ASSIGN, f"party={party}", "done", name
            )
    return RedirectResponse(f"/queue?{Filters.read(_pairs(form.secret('query'))).address()}", 303)


@pages.page("POST", "/queue/views", Action.SEE_QUEUE)
def save_view(request: Request, form: Posted, who: Who) -> Response:
    """Keep the filters under a name; the same name takes its place."""
    desk = desk_of(request)
    filters = Filters.read(_pairs(form.secret("query")))
    with refused_as(), desk.control.session() as session:
        name = form.line("name")
        held = _views(session, who)
        if not name or len(held) >= MOST_VIEWS:
            raise Refused(422, f"请命名；最多 {MOST_VIEWS} 个", f"name it; at most {MOST_VIEWS}")
        for view in held:
            if view.name == name:
                session.delete(view)
        session.add(SavedView(user_id=who.viewer.user_id, name=name, query=filters.address()))
    return RedirectResponse(f"/queue?{filters.address()}", 303)


@pages.page("POST", "/queue/views/{view_id}/remove", Action.SEE_QUEUE)
def remove_view(request: Request, view_id: int, form: Posted, who: Who) -> Response:
    """Forget one of one's own views."""
    with desk_of(request).control.session() as session:
        view = session.get(SavedView, view_id)
        if view is not None and view.user_id == who.viewer.user_id:
            session.delete(view)
    return RedirectResponse("/queue", 303)


def _views(session: Session, who: SignedIn) -> list[SavedView]:
    query = select(SavedView).where(SavedView.user_id == who.viewer.user_id)
    return list(session.scalars(query.order_by(SavedView.name, SavedView.view_id)))


def _pairs(query: str) -> dict[str, str]:
    return dict(parse_qsl(query[:MOST_QUERY]))
