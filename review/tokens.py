"""The cookie that holds a log-in's token: for this host alone, out of reach of scripts."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from review.desk import Desk, desk_of

# The prefix makes browsers keep it for this host alone, over https or on this machine.
COOKIE = "__Host-lookthrough"
PLAIN_COOKIE = "lookthrough"


def token_of(request: Request) -> str | None:
    """The token that a request's cookie holds."""
    return request.cookies.get(_name(desk_of(request)))


def set_token(answer: Response, desk: Desk, token: str) -> None:
    """Give the browser a token; it goes when the browser closes."""
    answer.set_cookie(
        _name(desk), token, path="/", secure=desk.secure, httponly=True, samesite="strict"
    )


def drop_token(answer: Response, desk: Desk) -> None:
    """Let the browser forget its token."""
    answer.delete_cookie(
        _name(desk), path="/", secure=desk.secure, httponly=True, samesite="strict"
    )


def known_cookie(desk: Desk) -> str:
    """The name of the cookie by which a browser is known, see review/known_browsers.py."""
    return f"{_name(desk)}-known"


def _name(desk: Desk) -> str:
    return COOKIE if desk.secure else PLAIN_COOKIE
