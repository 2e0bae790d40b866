"""What guards every answer: security headers, and the refusal of what other sites send.

Pages run our own scripts and styles alone, nothing inline; what changes anything must come from
our own pages, by Sec-Fetch-Site, or where a browser does not send it by Origin.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review.assets import ROOT, VERSION

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
SAFE = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Refuses what another site sent; puts the headers on every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, begun = Request(scope), False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                MutableHeaders(scope=message).update(headers_of(request, message["status"]))
            await send(message)

        if request.method not in SAFE and not _is_ours(request):
            refusal = PlainTextResponse("sent by another site; refused\n", 403)
            await refusal(scope, receive, guarded)
            return
        try:
            await self._app(scope, receive, guarded)
        except Exception as error:
            if begun:
                raise
            # Otherwise the answer would be made outside of here, without the headers.
            answer: Response = request.app.state.unexpected(request, error)
            await answer(scope, receive, guarded)


def headers_of(request: Request, status: int) -> dict[str, str]:
    """The headers that guard the answer to a request."""
    headers = dict(HEADERS)
    if request.url.scheme == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if not request.url.path.startswith(ROOT):
        headers["Cache-Control"] = "no-store"
    elif VERSION in request.query_params and status == 200:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return headers


def _is_ours(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return False
    return urlsplit(origin).netloc == request.headers.get("host")
