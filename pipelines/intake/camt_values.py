"""Values of ISO 20022 messages: amounts, moments and texts of elements, exact or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from data.codes import is_cnaps

SHANGHAI = ZoneInfo("Asia/Shanghai")
AMOUNT = re.compile(r"([+-]?)([0-9]{0,18})(?:\.([0-9]{0,40}))?")
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[-+:.0-9Z]{0,40}")
GAPS = re.compile(r"[\s\u00a0\u3000-]+")

# An XML element as lxml gives it.
Element = Any


@dataclass(frozen=True, slots=True)
class Reading:
    """What is wrong with a record: the element, a rule about rows, and why."""

    column: str
    rule: str
    message: str
    hides_amount: bool = False


@dataclass(slots=True)
class Record:
    """A record on its way into a table: the contract's cells, the cells as sent, what is wrong."""

    cells: dict[str, str | None]
    sent: dict[str, str | None]
    faults: list[Reading] = field(default_factory=list)

    def fault(self, column: str, rule: str, message: str, *, hides_amount: bool = False) -> None:
        """Say that something is wrong with it."""
        self.faults.append(Reading(column, rule, message, hides_amount))


class Fields:
    """What stands below an element, by its path of local names in the message's namespace.

    Elements below `skip` are left out, so that what repeats can be looked at one by one.
    """

    __slots__ = ("_found", "_prefix")

    def __init__(self, element: Element | None, namespace: str, skip: str = "") -> None:
        self._prefix = f"{{{namespace}}}"
        self._found: dict[str, list[Element]] = {}
        if element is not None:
            self._look(element, "", skip)

    def all(self, path: str) -> list[Element]:
        """The elements on a path such as ``NtryDtls/TxDtls``, in their order."""
        return self._found.get(path, [])

    def one(self, path: str) -> Element | None:
        """The first element on a path."""
        found = self._found.get(path)
        return found[0] if found else None

    def text(self, *paths: str) -> str | None:
        """The text on the first of some paths that has any, without space around it."""
        return next(self.texts(*paths), None)

    def texts(self, *paths: str) -> Iterator[str]:
        """The texts on some paths, without space around them."""
        for path in paths:
            for found in self._found.get(path, ()):
                text = (found.text or "").strip()
                if text:
                    yield text

    def _look(self, element: Element, path: str, skip: str) -> None:
        for child in element:
            if type(child.tag) is str and child.tag.startswith(self._prefix):
                name = path + child.tag[len(self._prefix) :]
                self._found.setdefault(name, []).append(child)
                if name != skip and len(child):
                    self._look(child, f"{name}/", skip)


def exact_fen(text: str | None) -> tuple[int | None, str]:
    """A decimal amount in yuan as whole fen; None, and the rule that forbids it, where it is none.

    Decimals beyond the second must be zeros; nothing is rounded.
    """
    if text is None:
        return None, "required"
    found = AMOUNT.fullmatch(text)
    if found is None or not (found[2] or found[3]):
        return None, "unparsable"
    decimals = (found[3] or "").ljust(2, "0")
    if decimals[2:].strip("0"):
        return None, "decimals"
    fen = int(found[2] + decimals[:2])
    return (-fen if found[1] == "-" else fen), ""


def wall_clock(day: str | None, moment: str | None) -> str | None:
    """The moment that Shanghai's clock showed, in the contract's form; a day alone is its midnight.

    A moment without a zone is Shanghai's. None where neither is one.
    """
    if moment is not None:
        if not MOMENT.fullmatch(moment):
            return None
        try:
            read = datetime.fromisoformat(moment)
            local = read if read.tzinfo is None else read.astimezone(SHANGHAI)
        except (ValueError, OverflowError):
            return None
        return local.replace(tzinfo=None).isoformat(" ")
    found = DAY.fullmatch(day or "")
    return f"{found[1]} 00:00:00" if found else None


def account_number(text: str | None) -> str | None:
    """An account number without spaces and hyphens."""
    return GAPS.sub("", text) or None if text else None


def bank_number(*texts: str | None) -> str | None:
    """The first text that is a CNAPS bank number."""
    return next((text for text in texts if text and _is_bank(text)), None)


@lru_cache(maxsize=4096)
def _is_bank(text: str) -> bool:
    return is_cnaps(text)
