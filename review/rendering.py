"""Pages from templates, in the language and theme that the browser keeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from pipelines.disposal import DISPOSALS, OFFICES
from pipelines.disposal import in_words as offices_in_words
from pipelines.measure_words import held_against, measure_name, quantity
from pipelines.report_text import ROLES as PARTS
from pipelines.report_text import TITLES, reason
from review import amounts, words
from review.assets import asset
from review.desk import desk_of
from review.places import cities, place
from review.policy import ROLES, Action, may

TEMPLATES = Path(__file__).with_name("templates")
LANGUAGE, THEME = "lookthrough-language", "lookthrough-theme"
THEMES = ("auto", "light", "dark")


def environment() -> Environment:
    """The templates; every value is escaped, and one that is missing is an error."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["asset"] = asset
    return templates


def is_chinese(request: Request) -> bool:
    """Whether pages are shown in Chinese: unless the browser keeps that English was chosen."""
    return request.cookies.get(LANGUAGE) != "en"


def page(request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page, or a part of one, from a template and what it shows."""
    desk, zh = desk_of(request), is_chinese(request)
    theme = request.cookies.get(THEME)
    signed_in = getattr(request.state, "signed_in", None)
    result = desk.results.current()
    shared = {
        **vocabulary(zh),
        "request": request,
        "theme": theme if theme in THEMES else "auto",
        "signed_in": signed_in,
        "viewer": signed_in.viewer if signed_in else None,
        "may": lambda action: signed_in is not None and may(signed_in.viewer, Action(action)),
        "run": result,
        "stale": desk.results.fault,
    }
    text = desk.templates.get_template(template).render({**shared, **facts})
    return HTMLResponse(text, status)


def vocabulary(zh: bool) -> dict[str, Any]:
    """What templates say things with, in one language."""

    def pick(pair: tuple[str, str]) -> str:
        return pair[not zh]

    def spoken(known: words.Words) -> Callable[[str | None], str]:
        return lambda code: words.in_words(known, code, zh)

    return {
        "zh": zh,
        "t": lambda chinese, english: chinese if zh else english,
        "pick": pick,
        "amount": lambda fen: amounts.shown(fen, zh),
        "exact": lambda fen: amounts.exact(fen, zh),
        "status_name": spoken(words.STATUSES),
        "decision_name": spoken(words.DECISIONS),
        "approval_name": spoken(words.APPROVALS),
        "kind_name": spoken(words.KINDS),
        "role_name": lambda role: pick(ROLES[role]),
        "typology_name": spoken(TITLES),
        "part_name": spoken(PARTS),
        "disposal_name": lambda code: DISPOSALS[code][not zh] if code in DISPOSALS else "–",
        "office_names": lambda codes: offices_in_words(codes, zh) if codes else "–",
        "place": lambda code: place(code, zh),
        "reason_words": lambda row: reason(row, zh),
        "measure_name": lambda name: measure_name(name, zh),
        "quantity": lambda value, unit: quantity(value, unit, zh),
        "held_against": lambda value, unit: held_against(value, unit, zh),
        "cities": cities(zh),
        "offices": {code: pick(name) for code, name in OFFICES.items()},
        "typologies": {code: pick(name) for code, name in TITLES.items()},
        "statuses": {code: pick(name) for code, name in words.STATUSES.items()},
        "moment": lambda at: Markup('<time datetime="{}">{}</time>').format(
            at.isoformat(), at.strftime("%Y-%m-%d %H:%M")
        ),
    }
