"""The desk as an ASGI application: its pages, its guards, and how errors are shown."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from data.control import Control
from data.errors import LookthroughError, NotFoundError, StoreError
from data.home import Home
from data.settings import Settings
from pipelines import night
from review.assets import STATIC
from review.desk import Clock, Desk
from review.headers import Guard
from review.limits import Counts
from review.pages import PAGES
from review.rendering import environment, page
from review.results import Results
from review.routing import declared
from review.second_factor import Sealer
from review.signed_in import NotSignedIn, Refused

# The innermost places of an unexpected error that are logged.
FRAMES_LOGGED = 12
LIBRARIES = ("htmx.min.js", "cytoscape.min.js")

NO_TELEMETRY: TelemetryConfig = {
    "tracing": False, "metrics": False, "logs": False, "operation_spans": False,
    "auto_configure": False,
}  # fmt: skip

log = logging.getLogger("lookthrough.desk")


def create_app(
    home: Home,
    settings: Settings,
    *,
    secure: bool = True,
    now: Clock = night.now,
    counts: Path | None = None,
) -> FastAPI:
    """Build the desk of a home.

    `secure` says that browsers reach it by https, or on this machine; cookies then are for such
    connections alone. `counts` is the file in which all processes of a desk count what they limit;
    without it this process counts for itself.

    Raises:
        LookthroughError: a store cannot be opened, or a route declares no action.
    """
    control = Control(home)
    desk = Desk(
        home, settings, control, Results(home), Sealer(home), environment(), now, secure,
        Counts(counts),
    )  # fmt: skip

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Whoever comes first does not wait for the file to be read.
        with suppress(LookthroughError):  # which the pages then show
            await run_in_threadpool(desk.results.current)
        yield
        control.close()
        desk.counts.close()

    app = FastAPI(
        title="Lookthrough", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )  # fmt: skip
    app.state.desk = desk
    declared(PAGES)
    for each in PAGES:
        app.include_router(each)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Guard)
    app.add_exception_handler(NotSignedIn, _to_log_in)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(LookthroughError, _failed)
    app.state.unexpected = _unexpected
    return app


def require_libraries() -> None:
    """Refuse to serve pages without what they run in the browser.

    Raises:
        StoreError: the libraries were not installed.
    """
    lacking = [name for name in LIBRARIES if not (STATIC / "vendor" / name).is_file()]
    if lacking:
        raise StoreError(
            f"{', '.join(lacking)} missing under {STATIC / 'vendor'}; `make install` brings them"
        )


def _to_log_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotSignedIn)
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": error.address})
    return RedirectResponse(error.address, 303)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return page(request, "error.html", error.status, said=(error.zh, error.en))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = ("没有这个页面", "there is no such page")
    if error.status_code != 404:
        said = ("请求不被接受", "the request is not accepted")
    return page(request, "error.html", error.status_code, said=said)


def _malformed(request: Request, error: Exception) -> Response:
    # What was sent is not repeated: it may hold what no page may show.
    said = ("请求的参数不对", "the request's parameters do not fit")
    return page(request, "error.html", 422, said=said)


def _failed(request: Request, error: Exception) -> Response:
    line = str(error).partition("\n")[0]
    if isinstance(error, NotFoundError):
        return page(request, "error.html", 404, said=("未找到：" + line, line))
    status = 503 if isinstance(error, StoreError) else 422
    return page(request, "error.html", status, said=(line, line))


def _unexpected(request: Request, error: Exception) -> Response:
    # The path's pattern, the kind of the error and where it arose: a log holds no data of persons,
    # and messages of errors may.
    where = getattr(request.scope.get("route"), "path", "?")
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_LOGGED:]
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
    log.error("%s %s: %s at %s", request.method, where, type(error).__name__, places)
    said = (
        "出现意外错误，已记录；请稍后再试",
        "something unexpected failed and was logged; try later",
    )
    return page(request, "error.html", 500, said=said)
