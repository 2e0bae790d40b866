"""The case file of a suspect as XLSX, PDF or JSON: complete, or refused."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import Response

from review import audit
from review.casefile import as_json, case_file
from review.desk import desk_of
from review.forms import refused_as
from review.pages.suspect import case_facts, of_territory
from review.policy import Action
from review.printed import printed
from review.rendering import is_chinese
from review.routing import Pages
from review.signed_in import SignedIn, whoever
from review.workbook import workbook

pages = Pages()
Form = Literal["xlsx", "pdf", "json"]
MEDIA_TYPES: dict[str, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "json": "application/json",
}


@pages.page("GET", "/suspects/{party}/case.{form}", Action.EXPORT)
def export(
    request: Request, party: str, form: Form, who: Annotated[SignedIn, Depends(whoever)]
) -> Response:
    """Make the case file, keep its hash in the audit log, and hand it over as a download."""
    desk, zh = desk_of(request), is_chinese(request)
    result, facts = of_territory(request, party, who)
    with desk.control.reading() as session:
        case = case_facts(desk, session, party)
    with refused_as(409):
        file = case_file(result, facts, case, who.viewer.name, desk.now(), zh)
        if form == "xlsx":
            content = workbook(file)
        elif form == "pdf":
            content = printed(desk.templates, file, result, zh)
        else:
            content = as_json(file)
    with desk.control.session() as session:
        audit.record(
            session, desk.now(), who.viewer.name, Action.EXPORT, f"party={party}", form,
            f"run={result.run} sha256={hashlib.sha256(content).hexdigest()}",
        )  # fmt: skip
    name = quote(f"case-{party}-{result.run}.{form}")
    return Response(
        content,
        media_type=MEDIA_TYPES[form],
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )
