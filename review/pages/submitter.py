"""A submitter's pages: its calendar, receipts, rejected rows, corrections due, and sending a
package."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

from fastapi import BackgroundTasks, Depends, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.control import Submission
from data.durable import make_folder
from data.errors import InputError, LookthroughError, NotFoundError
from pipelines import intake
from pipelines.intake import journal
from pipelines.intake.manifest import PACKAGE_NAME
from pipelines.intake.package import file_hash, package_name
from review import audit
from review.desk import Desk, desk_of
from review.forms import Form, refused_as, uploaded_form
from review.policy import Action, Role, sees_submitter
from review.rendering import page
from review.routing import Pages
from review.signed_in import Refused, SignedIn, whoever
from review.submitter_calendar import calendar, corrections, receipt_facts

pages = Pages()
Who = Annotated[SignedIn, Depends(whoever)]
RECEIPTS_SHOWN = 100
WORDS = {
    "accepted": ("接收", "accepted"),
    "accepted_with_warnings": ("接收但有警告", "accepted with warnings"),
    "partially_accepted": ("部分接收", "partially accepted"),
    "rejected": ("拒收", "rejected"),
}

log = logging.getLogger("lookthrough.desk")


@pages.page("GET", "/submitter", Action.SEE_SUBMITTER)
def submitter(request: Request, who: Who, code: str = "") -> Response:
    """Show a submitter's month; a submitter sees its own, others choose one."""
    desk = desk_of(request)
    code = who.viewer.submitter if who.viewer.role == Role.SUBMITTER else code
    with desk.control.reading() as session:
        known = sorted(session.scalars(select(Submission.submitter).distinct()))
        held = _submissions(session, code)
        reported = set(session.scalars(select(Submission.business_date).distinct())) - {None}
    last = max((day for day in reported if day is not None), default=desk.now().date())
    return page(
        request, "submitter.html", code=code,
        known=known if who.viewer.role != Role.SUBMITTER else [], words=WORDS,
        days=calendar(held, [day for day in reported if day is not None], last) if code else [],
        due=corrections(held, desk.now()), receipts=list(reversed(held))[:RECEIPTS_SHOWN],
        waiting=_waiting(desk, code),
    )  # fmt: skip


@pages.page("GET", "/submitter/receipts/{package}", Action.SEE_SUBMITTER)
def receipt(request: Request, package: str, who: Who) -> Response:
    """Show the newest receipt of a package."""
    held = _of_viewer(request, package, who)
    return page(request, "receipt.html", held=held, facts=receipt_facts(held), words=WORDS)


@pages.page("GET", "/submitter/rejected/{package}", Action.SEE_SUBMITTER)
def rejected(request: Request, package: str, who: Who) -> Response:
    """Hand over the rejected rows of a package, as they were written."""
    desk, held = desk_of(request), _of_viewer(request, package, who)
    path = journal.outbox(desk.home, held.package) / f"{held.package}.rejected.csv"
    if not held.rejected_sha256 or not path.is_file():
        raise NotFoundError("no row of this package was rejected")
    if file_hash(path) != held.rejected_sha256:
        raise NotFoundError("the rejected rows are being made again; `lookthrough verify` does it")
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)


@pages.page("POST", "/submitter/packages", Action.UPLOAD)
def upload(
    request: Request,
    form: Annotated[Form, Depends(uploaded_form)],
    who: Who,
    later: BackgroundTasks,
) -> Response:
    """Put a package into the inbox, whole or not at all, and have it received."""
    desk = desk_of(request)
    with refused_as():
        file = form.file("file")
        name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
        stem, fits = Path(name).stem, PACKAGE_NAME.fullmatch(Path(name).stem)
        if not name.endswith(".zip") or fits is None:
            raise InputError(
                "文件名须为 报送单位代码-日期-序号.zip / name it CODE-YYYYMMDD-NNNNNNNN.zip"
            )
        if fits["submitter"] != who.viewer.submitter:
            raise InputError("只能报送本单位的数据包 / only packages of your own code")
        make_folder(desk.home.working)
        place = Path(mkdtemp(prefix="upload-", dir=desk.home.working))
        try:
            with (place / name).open("wb") as out:
                shutil.copyfileobj(file.file, out)
            intake.submit(place / name, desk.home)
        finally:
            shutil.rmtree(place)
    with desk.control.session() as session:
        audit.record(
            session, desk.now(), who.viewer.name, Action.UPLOAD, f"package={stem}", "taken"
        )  # fmt: skip
    later.add_task(_receive, desk)
    return RedirectResponse("/submitter", 303)


def _receive(desk: Desk) -> None:
    """Take in what waits; what fails stays in the inbox, and the next time takes it in."""
    try:
        intake.receive(desk.home, desk.settings)
    except LookthroughError as error:
        log.warning("an uploaded package waits in the inbox: %s", error)


def _submissions(session: Session, code: str) -> list[Submission]:
    query = select(Submission).where(Submission.submitter == code)
    return list(session.scalars(query.order_by(Submission.submission_id)))


def _of_viewer(request: Request, package: str, who: SignedIn) -> Submission:
    """The newest submission of a package that the viewer may see.

    Raises:
        NotFoundError: there is none.
        Refused: it is another submitter's.
    """
    fits = PACKAGE_NAME.fullmatch(package)
    if fits is None:
        raise NotFoundError("no such package")
    if not sees_submitter(who.viewer, fits["submitter"]):
        raise Refused(403, "不是本单位的数据包", "this package is another submitter's")
    held = desk_of(request).control.submissions_of_package(package)
    if not held:
        raise NotFoundError("no such package")
    return held[-1]


def _waiting(desk: Desk, code: str) -> list[str]:
    """The packages of a submitter that wait in the inbox."""
    names = (package_name(path) for path in intake.waiting(desk.home))
    return [name for name in names if code and name.startswith(f"{code}-")]
