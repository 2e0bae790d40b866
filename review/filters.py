"""The queue's filters, as they stand in the address, and which suspects pass them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from review.cases import State
from review.policy import within

Facts = Mapping[str, Any]
COLUMNS: Mapping[str, tuple[str, str]] = {
    "rank": ("序", "#"),
    "score": ("分值", "score"),
    "suspect": ("嫌疑", "suspect"),
    "place": ("属地", "place"),
    "why": ("理由", "why"),
    "amount": ("金额", "at stake"),
    "office": ("牵头", "lead"),
    "status": ("状态", "status"),
    "assignee": ("承办人", "assignee"),
    "last": ("最近", "last seen"),
}
SHOWN = ("rank", "score", "suspect", "place", "why", "amount", "status", "assignee")
YUAN = 100
MOST_CHARS = 80
# What is still to be decided.
OPEN = ("open", "more_information", "waiting")


@dataclass(frozen=True)
class Filters:
    """What the queue is narrowed to; '' is no filter. `amount` is in whole yuan, at least.

    `scope`: mine (assigned to me or to nobody, and not decided; the default), all, or others
    (outside the territory, masked). `since` is new: what came, or rose, since the last visit.
    """

    scope: str = "mine"
    city: str = ""
    county: str = ""
    office: str = ""
    typology: str = ""
    status: str = ""
    assignee: str = ""
    amount: str = ""
    since: str = ""
    text: str = ""
    columns: str = ""
    page: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filters:
        """Read an address's query; what is unknown or malformed is left out."""
        known = {each.name for each in fields(cls)}
        kept = {k: v.strip()[:MOST_CHARS] for k, v in given.items() if k in known}
        if kept.get("scope") not in ("mine", "all", "others"):
            kept.pop("scope", None)
        for number in ("amount", "page"):
            if not kept.get(number, "").isdecimal():
                kept.pop(number, None)
        return cls(**kept)

    def address(self, **changes: str) -> str:
        """The query of an address with these filters, and some of them changed."""
        every = {each.name: getattr(self, each.name) for each in fields(self)}
        every.update(changes)
        plain = Filters()
        said = {k: v for k, v in every.items() if v and v != getattr(plain, k)}
        return urlencode(said)

    @property
    def chosen_columns(self) -> tuple[str, ...]:
        """The columns to show, in their order."""
        wanted = self.columns.split(".")
        return tuple(c for c in COLUMNS if c in wanted) or SHOWN

    @property
    def page_number(self) -> int:
        """The page to show, from 1."""
        return max(1, min(int(self.page or 1), 100_000))


def passes(row: Facts, state: State, is_new: bool, filters: Filters, me: str) -> bool:
    """Whether a suspect, with what the desk knows of it, passes the filters."""
    if filters.scope == "mine" and not (state.status in OPEN and state.assignee in ("", me)):
        return False
    if filters.since == "visit" and not is_new:
        return False
    area = filters.county or filters.city
    if area and not within(row["division"] or "", area):
        return False
    if filters.office and filters.office not in row["territory"].offices:
        return False
    if filters.typology == "unexplained":
        if row["label"] != "unexplained":
            return False
    elif filters.typology and filters.typology not in row["typologies"]:
        return False
    if filters.status and state.status != filters.status:
        return False
    if filters.assignee and state.assignee != filters.assignee:
        return False
    if filters.amount and (row["amount_fen"] or 0) < int(filters.amount) * YUAN:
        return False
    if not filters.text:
        return True
    text = filters.text.casefold()
    said = (row["name"] or "", row["party_id"], row["text_zh"] or "", row["text_en"] or "")
    return any(text in each.casefold() for each in said)
