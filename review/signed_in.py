"""Whoever sends a request: the log-in that its cookie names, and what the policy grants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fastapi import Request

from data.desk_tables import DeskSession
from review import sessions
from review.accounts import viewer as viewer_of
from review.desk import Desk, desk_of
from review.policy import Action, Viewer, may
from review.tokens import token_of

LONGEST_LOGGED = 120


class NotSignedIn(Exception):
    """Nobody is signed in, or a step of signing in is still to be done at `address`."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class Refused(Exception):
    """The policy, or a limit, refuses; a status and one line in both languages."""

    def __init__(self, status: int, zh: str, en: str) -> None:
        super().__init__(en)
        self.status, self.zh, self.en = status, zh, en


@dataclass(frozen=True)
class SignedIn:
    """A log-in as a request found it; `before_at` is when its owner visited before this log-in."""

    viewer: Viewer
    form_token: str
    token_sha256: str
    before_at: datetime | None


def requires(action: Action) -> Callable[[Request], SignedIn]:
    """A dependency that lets only those pass who are granted an action, and logs who did."""

    def passed(request: Request) -> SignedIn:
        desk = desk_of(request)
        found = signed_in(desk, request)
        request.state.signed_in = found
        if not desk.requests.allows(found.token_sha256):
            raise Refused(429, "请求过于频繁，请稍候", "too many requests; wait a little")
        granted = may(found.viewer, action)
        log(desk, found.viewer, action, request, "granted" if granted else "refused")
        if not granted:
            raise Refused(403, "您的角色无此权限", "your role does not allow this")
        return found

    return passed


def log(desk: Desk, viewer: Viewer, action: Action, request: Request, outcome: str) -> None:
    """Add to the audit log that a viewer asked for something; of what, by its path alone."""
    subject = " ".join(
        f"{name}={_plain(str(value))}" for name, value in request.path_params.items()
    )
    detail = f"{request.method} {request.scope['route'].path}"
    desk.audited.record(desk.now(), viewer.name, action, subject, outcome, detail)


def _plain(value: str) -> str:
    """A part of an address as the log keeps it: bounded, without what no store or reader takes."""
    return "".join(c if c.isprintable() else "?" for c in value[:LONGEST_LOGGED])


def signed_in(desk: Desk, request: Request) -> SignedIn:
    """The log-in of a request, whose owner has done every step of signing in.

    Raises:
        NotSignedIn: there is none, or a step is left.
    """
    path = request.scope["route"].path
    with desk.control.reading() as session:
        found = sessions.held(session, token_of(request), desk.now(), desk.settings.desk)
        if found is None:
            here = quote(request.url.path) if request.method == "GET" else ""
            raise NotSignedIn(f"/login?next={here}" if here not in ("", "/") else "/login")
        login, user = found
        step = None
        if user.must_change:
            step = "/account/password"
        elif not user.totp_secret:
            step = "/account/second-factor"
        elif login.stage != sessions.FULL:
            step = "/login/code"
        if step is not None and path != step:
            raise NotSignedIn(step)
        stale = desk.now() - login.seen_at > sessions.SEEN_EVERY
        result = SignedIn(viewer_of(user), login.form_token, login.token_sha256, user.before_at)
    if stale:
        with desk.control.session() as session:
            held = session.get(DeskSession, result.token_sha256)
            if held is not None:
                held.seen_at = desk.now()
    return result


async def whoever(request: Request) -> SignedIn:
    """The log-in that the route's action let pass."""
    found: SignedIn = request.state.signed_in
    return found
