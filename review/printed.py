"""A case file as a PDF, laid out from a template; nothing is fetched while it is made."""

from __future__ import annotations

from typing import Any, NoReturn

from jinja2 import Environment

from data.errors import InputError, StoreError
from review.casefile import CaseFile
from review.drawing.ownership import ownership
from review.drawing.sankey import sankey
from review.drawing.timeline import timeline
from review.evidence_rows import SIDES
from review.money import days, look_through, window
from review.rendering import vocabulary
from review.results import Result
from review.ties import ties

# Rows of evidence that are printed; more are no document to read, and the workbook has them all.
MOST_ROWS = 2_000


def printed(templates: Environment, file: CaseFile, result: Result, zh: bool) -> bytes:
    """Lay out a case file, with its drawings and each row of the evidence.

    Raises:
        InputError: there is more evidence than is printed.
        StoreError: the libraries that lay out pages are not installed.
    """
    if len(file.evidence) > MOST_ROWS:
        raise InputError(
            f"证据超过 {MOST_ROWS:,} 笔，不宜打印，请导出 XLSX / more than {MOST_ROWS:,} transfers "
            "are not printed; export XLSX"
        )
    try:
        from weasyprint import HTML  # loads the system's text layout, which may be missing
    except OSError as error:
        raise StoreError(
            "PDF files need the Pango library of the system; install libpango-1.0-0 and "
            "libpangoft2-1.0-0, or export XLSX"
        ) from error
    facts = file.facts
    held, names = ties(result, facts["party_id"])
    drawn = [
        (name, sankey(by_convention["fifo"][0], name, by_convention["fifo"][1], zh))
        for name, by_convention in look_through(result, facts, zh)
    ]
    text = templates.get_template("casefile.html").render(
        **vocabulary(zh), file=file, facts=facts,
        timeline=timeline(days(result, facts["party_id"]), window(facts), zh),
        picture=ownership(facts["party_id"], held, names, zh), drawn=drawn, sides=SIDES,
    )  # fmt: skip
    made: bytes = HTML(string=text, url_fetcher=_refuse).write_pdf()
    return made


def _refuse(url: str, *_: Any, **__: Any) -> NoReturn:
    raise ValueError(f"nothing is fetched: {url[:40]}")
