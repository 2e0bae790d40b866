"""Browsers in which an account has signed in before: a sealed cookie names the account.

Whoever guesses passwords from elsewhere locks an account for other browsers alone, so that nobody
can keep its owner out; a known browser has tries of its own (OWASP, "device cookies").
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import Response

from data.errors import StoreError
from review.desk import Desk
from review.tokens import known_cookie

PURPOSE = "known browser"


@dataclass(frozen=True)
class KnownBrowser:
    """A browser by its number, and the account that signed in there."""

    number: str
    user_id: int


def known_browser(desk: Desk, request: Request) -> KnownBrowser | None:
    """The account that a browser was made known for; None for a cookie that is none of ours, or
    too old."""
    sealed = request.cookies.get(known_cookie(desk))
    if not sealed:
        return None
    try:
        purpose, number, user_id, since = desk.sealer.open(sealed).split("|")
    except (StoreError, ValueError):
        return None
    days = timedelta(days=desk.settings.desk.known_browser_days)
    if purpose != PURPOSE or desk.now() - datetime.fromisoformat(since) > days:
        return None
    return KnownBrowser(number, int(user_id))


def make_known(answer: Response, desk: Desk, user_id: int) -> None:
    """Let the browser remember that an account signed in there with both factors."""
    said = "|".join((PURPOSE, secrets.token_hex(16), str(user_id), desk.now().isoformat()))
    answer.set_cookie(
        known_cookie(desk), desk.sealer.seal(said), path="/", secure=desk.secure, httponly=True,
        samesite="strict", max_age=desk.settings.desk.known_browser_days * 86_400,
    )  # fmt: skip
