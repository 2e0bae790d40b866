"""Signing in: password, second factor, leaving; and the language and theme of the browser."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from data.desk_tables import DeskSession, DeskUser
from review import accounts, audit, passwords, sessions
from review.desk import Desk, desk_of
from review.forms import Form, form_of, open_form
from review.known_browsers import known_browser, make_known
from review.limits import network
from review.policy import Action
from review.rendering import LANGUAGE, THEME, THEMES, page
from review.routing import Pages
from review.signed_in import Refused, SignedIn, whoever
from review.tokens import drop_token, set_token

pages = Pages()
YEAR_SECONDS = 31_536_000
WRONG = (
    "用户名、密码或验证码不对，或账户暂时锁定",
    "name, password or code is wrong, or the account is locked for a while",
)


@pages.open("GET", "/login")
def log_in_page(request: Request, next: str = "/") -> Response:
    """Ask for name and password."""
    return page(request, "login.html", next=inside(next), said=None)


@pages.open("POST", "/login")
def log_in(request: Request, form: Annotated[Form, Depends(open_form)]) -> Response:
    """Check name and password, and begin a log-in that still lacks the second factor."""
    desk = desk_of(request)
    name, target = form.secret("name").strip().lower()[:80], inside(form.secret("next"))
    client = network(request.client.host if request.client else "")
    with desk.control.reading() as session:
        user = accounts.find(session, name)
        kept = user.password_hash if user else None
        browser = _browser_of(desk, request, user)
    callers = [f"browser {browser}"] if browser else [f"address {client}", f"name {name}"]
    if not all(desk.log_ins.allows(caller) for caller in callers):
        raise Refused(429, "登录尝试过多，请一分钟后再试", "too many log-ins; wait a minute")
    # Outside any transaction: it takes its time by design.
    right = passwords.matches(kept, form.secret("password"))
    with desk.control.session() as session:
        now, user = desk.now(), accounts.find(session, name)
        usable = user is not None and user.active and not _is_locked(desk, user, browser)
        token = None
        if user is not None and usable and right and user.password_hash == kept:
            token = sessions.begin(session, now, user, sessions.PASSWORD)
            audit.record(session, now, user.name, Action.SIGN_IN, "", "password right")
        else:
            if user is not None and usable:
                _failed(desk, user, browser)
            known = user.name if user else ""
            audit.record(session, now, known, Action.SIGN_IN, "", "password wrong")
    if token is None:
        return page(request, "login.html", 401, next=target, said=WRONG)
    answer = RedirectResponse("/login/code" if target == "/" else f"/login/code?next={target}", 303)
    set_token(answer, desk, token)
    return answer


@pages.page("GET", "/login/code", Action.SIGN_IN)
def code_page(request: Request, next: str = "/") -> Response:
    """Ask for the code of the second factor."""
    return page(request, "code.html", next=inside(next), said=None)


@pages.page("POST", "/login/code", Action.SIGN_IN)
def code(
    request: Request,
    form: Annotated[Form, Depends(form_of)],
    who: Annotated[SignedIn, Depends(whoever)],
) -> Response:
    """Check the code; a new token takes the place of the one that only the password earned."""
    desk = desk_of(request)
    if not desk.log_ins.allows(f"code {who.viewer.user_id}"):
        raise Refused(429, "尝试过多，请一分钟后再试", "too many tries; wait a minute")
    with desk.control.session() as session:
        now, user = desk.now(), session.get_one(DeskUser, who.viewer.user_id)
        token, browser = None, _browser_of(desk, request, user)
        if not _is_locked(desk, user, browser):
            if accounts.code_is_right(user, form.secret("code"), now, desk.sealer):
                token = _complete(desk, session, user, who)
                desk.wrong.right(f"browser {browser}")
            else:
                _failed(desk, user, browser)
        outcome = "code right" if token else "code wrong"
        audit.record(session, now, user.name, Action.SIGN_IN, "", outcome)
    if token is None:
        return page(request, "code.html", 401, next=inside(form.secret("next")), said=WRONG)
    answer = RedirectResponse(inside(form.secret("next")), 303)
    set_token(answer, desk, token)
    if browser is None:
        make_known(answer, desk, who.viewer.user_id)
    return answer


def _browser_of(desk: Desk, request: Request, user: DeskUser | None) -> str | None:
    """The number of a browser in which this very account signed in before."""
    known = known_browser(desk, request)
    return known.number if known and user and known.user_id == user.user_id else None


def _is_locked(desk: Desk, user: DeskUser, browser: str | None) -> bool:
    if browser is not None:
        return desk.wrong.locked(f"browser {browser}", desk.now())
    return accounts.is_locked(user, desk.now())


def _failed(desk: Desk, user: DeskUser, browser: str | None) -> None:
    if browser is not None:
        desk.wrong.wrong(f"browser {browser}", desk.now())
    else:
        accounts.failed(user, desk.now(), desk.settings.desk)


def _complete(desk: Desk, session: Session, user: DeskUser, who: SignedIn) -> str:
    now = desk.now()
    session.get_one(DeskSession, who.token_sha256).revoked_at = now
    user.failed, user.locked_until = 0, None
    user.before_at, user.visited_at = user.visited_at, now
    return sessions.begin(session, now, user, sessions.FULL)


@pages.page("POST", "/logout", Action.SIGN_IN)
def log_out(
    request: Request,
    form: Annotated[Form, Depends(form_of)],
    who: Annotated[SignedIn, Depends(whoever)],
) -> Response:
    """End this log-in."""
    desk = desk_of(request)
    with desk.control.session() as session:
        session.get_one(DeskSession, who.token_sha256).revoked_at = desk.now()
        audit.record(session, desk.now(), who.viewer.name, Action.SIGN_IN, "", "signed out")
    answer = RedirectResponse("/login", 303)
    drop_token(answer, desk)
    return answer


@pages.open("POST", "/preferences")
def preferences(request: Request, form: Annotated[Form, Depends(open_form)]) -> Response:
    """Keep a language or a theme in the browser, and go back to where it was chosen."""
    desk = desk_of(request)
    answer = RedirectResponse(inside(form.secret("back")), 303)
    for field, cookie, known in (("language", LANGUAGE, ("zh", "en")), ("theme", THEME, THEMES)):
        if form.secret(field) in known:
            answer.set_cookie(
                cookie, form.secret(field), max_age=YEAR_SECONDS, path="/", secure=desk.secure,
                httponly=True, samesite="strict",
            )  # fmt: skip
    return answer


@pages.open("GET", "/healthz")
def healthy() -> Response:
    """Say that the desk answers."""
    return Response("ok\n", media_type="text/plain")


def inside(address: str) -> str:
    """An address of the desk itself; the queue for any other."""
    parts = urlsplit(address)
    ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if ours and not parts.netloc and address.isprintable() else "/"
