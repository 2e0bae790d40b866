"""The case of a suspect: assignee, notes, attachments, links, sharing, and its history."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from sqlalchemy import select

from data.codes import CITIES
from data.desk_tables import CaseAttachment, CaseLink, CaseNote, CaseShare
from data.divisions import COUNTIES
from data.errors import InputError, NotFoundError
from pipelines.disposal import OFFICES
from review import attachments, audit, cases
from review.desk import desk_of
from review.forms import Form, attached_form, form_of, refused_as
from review.pages.suspect import of_own, of_territory
from review.policy import Action
from review.rendering import page
from review.routing import Pages
from review.signed_in import SignedIn, whoever

pages = Pages()
Who = Annotated[SignedIn, Depends(whoever)]
Posted = Annotated[Form, Depends(form_of)]
WithFile = Annotated[Form, Depends(attached_form)]
IDENTIFIER = re.compile(r"[\w.:-]{1,80}")


@pages.page("POST", "/suspects/{party}/assignee", Action.ASSIGN)
def assign(request: Request, party: str, form: Posted, who: Who) -> Response:
    """Give the case to a person, or to nobody."""
    desk = desk_of(request)
    result, _ = of_own(request, party, who)
    with refused_as(), desk.control.session() as session:
        name = form.line("assignee", "")
        territory = cases.widened(result.by_party[party]["territory"], cases.of(session, party))
        cases.assign(session, party, territory, name, desk.now())
        audit.record(
            session, desk.now(), who.viewer.name, Action.ASSIGN, f"party={party}", "done", name
        )  # fmt: skip
    return _back(party)


@pages.page("POST", "/suspects/{party}/notes", Action.WORK_CASE)
def add_note(request: Request, party: str, form: Posted, who: Who) -> Response:
    """Add a note."""
    desk = desk_of(request)
    of_territory(request, party, who)
    with refused_as(), desk.control.session() as session:
        text = form.text("note")
        if not text:
            raise InputError("请填写内容 / write something")
        now = desk.now()
        cases.opened(session, party, now)
        session.add(CaseNote(party_id=party, user_name=who.viewer.name, at=now, text=text))
        audit.record(session, now, who.viewer.name, Action.WORK_CASE, f"party={party}", "note")
    return _back(party)


@pages.page("POST", "/suspects/{party}/attachments", Action.WORK_CASE)
def attach(request: Request, party: str, form: WithFile, who: Who) -> Response:
    """Put a file on the case."""
    desk = desk_of(request)
    of_territory(request, party, who)
    with refused_as():
        file = form.file("file")
        name = attachments.plain_name(file.filename or "")
        beginning = file.file.read(16)
        file.file.seek(0)
        media_type = attachments.media_type_of(name, beginning)
        limits = desk.settings.desk
        with desk.control.reading() as session:
            attachments.require_room(session, party, file.size or 0, limits)
        sha256, size = attachments.keep(desk.home, file.file, limits.max_attachment_bytes)
    with refused_as(), desk.control.session() as session:
        now = desk.now()
        attachments.require_room(session, party, size, limits)
        cases.opened(session, party, now)
        session.add(
            CaseAttachment(
                party_id=party, user_name=who.viewer.name, at=now, name=name,
                media_type=media_type, size_bytes=size, sha256=sha256,
            )
        )  # fmt: skip
        audit.record(
            session, now, who.viewer.name, Action.WORK_CASE, f"party={party}", "attached",
            f"sha256={sha256}",
        )  # fmt: skip
    return _back(party)


@pages.page("GET", "/suspects/{party}/attachments/{attachment_id}", Action.SEE_SUSPECT)
def download(request: Request, party: str, attachment_id: int, who: Who) -> Response:
    """Give back a file of the case, as a download, never as a page."""
    desk = desk_of(request)
    of_territory(request, party, who)
    with desk.control.reading() as session:
        held = session.get(CaseAttachment, attachment_id)
    if held is None or held.party_id != party:
        raise NotFoundError("this case has no such attachment")
    return FileResponse(
        attachments.kept(desk.home, held.sha256),
        media_type="application/octet-stream",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(held.name)}"},
    )


@pages.page("POST", "/suspects/{party}/links", Action.WORK_CASE)
def link(request: Request, party: str, form: Posted, who: Who) -> Response:
    """Link another suspect that the viewer sees, or a tip."""
    desk = desk_of(request)
    of_territory(request, party, who)
    with refused_as(), desk.control.session() as session:
        kind, other = form.line("kind"), form.line("other")
        if kind not in ("suspect", "tip") or not IDENTIFIER.fullmatch(other) or other == party:
            raise InputError("请填写嫌疑主体或线索的编号 / name a suspect or a tip")
        if kind == "suspect":
            of_territory(request, other, who)
        held = select(CaseLink).where(
            CaseLink.party_id == party, CaseLink.kind == kind, CaseLink.other == other
        )
        now = desk.now()
        if session.scalars(held).first() is None:
            cases.opened(session, party, now)
            session.add(
                CaseLink(party_id=party, kind=kind, other=other, user_name=who.viewer.name, at=now)
            )
            audit.record(
                session, now, who.viewer.name, Action.WORK_CASE, f"party={party}", "linked",
                f"{kind}={other}",
            )  # fmt: skip
    return _back(party)


@pages.page("POST", "/suspects/{party}/shares", Action.SHARE)
def share(request: Request, party: str, form: Posted, who: Who) -> Response:
    """Open the case to another division or office, hand it over, or take that back.

    Who gets a case handed leads it; its assignee and its lock are cleared.
    """
    desk = desk_of(request)
    of_own(request, party, who)
    with refused_as(), desk.control.session() as session:
        kind, division, office = (
            form.line("kind"),
            form.line("division", ""),
            form.line("office", ""),
        )
        if kind not in (cases.SHARED, cases.HANDED, cases.WITHDRAWN) or bool(division) == bool(
            office
        ):
            raise InputError("请选择一个辖区或部门 / choose one division or one office")
        known = division in CITIES or division in COUNTIES or office in OFFICES
        if not known:
            raise InputError("没有这个辖区或部门 / there is no such division or office")
        now = desk.now()
        case = cases.opened(session, party, now)
        if kind == cases.HANDED:
            case.assignee, case.held_by, case.held_until = "", "", None
        session.add(
            CaseShare(
                party_id=party, division=division, office=office, kind=kind,
                user_name=who.viewer.name, at=now,
            )
        )  # fmt: skip
        audit.record(
            session, now, who.viewer.name, Action.SHARE, f"party={party}", kind,
            division or office,
        )  # fmt: skip
    return _back(party)


@pages.page("GET", "/suspects/{party}/history", Action.SEE_SUSPECT)
def history(request: Request, party: str, who: Who) -> Response:
    """Show where the suspect stood in each run."""
    desk = desk_of(request)
    of_territory(request, party, who)
    with desk.control.reading() as session:
        rows = desk.history.of(session, party)
    return page(request, "history.html", rows=rows)


def _back(party: str) -> Response:
    return RedirectResponse(f"/suspects/{quote(party)}#case", 303)
