"""What guards every answer: security headers, and the refusal of what other sites send.

Pages run our own scripts and styles alone, nothing inline; what changes anything must come from
our own pages, by Sec-Fetch-Site, or where a browser does not send it by Origin.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.responses import PlainTextResponse

from review.assets import ROOT, VERSION

Next = Callable[[Request], Awaitable[Response]]

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


async def guarded(request: Request, call_next: Next) -> Response:
    """Refuse what another site sent; put the headers on every answer, errors included."""
    if request.method not in SAFE and not _is_ours(request):
        response: Response = PlainTextResponse("sent by another site; refused\n", 403)
    else:
        try:
            response = await call_next(request)
        except Exception as error:
            # Otherwise the answer would be made outside of here, without the headers.
            response = request.app.state.unexpected(request, error)
    for name, value in HEADERS.items():
        response.headers[name] = value
    if request.url.scheme == "https":
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if not request.url.path.startswith(ROOT):
        response.headers["Cache-Control"] = "no-store"
    elif VERSION in request.query_params and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _is_ours(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return False
    return urlsplit(origin).netloc == request.headers.get("host")
