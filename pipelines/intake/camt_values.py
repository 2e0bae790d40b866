"""Values of ISO 20022 messages: amounts, moments and texts of elements, exact or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from data.codes import is_cnaps

SHANGHAI = ZoneInfo("Asia/Shanghai")
AMOUNT = re.compile(r"([+-]?)([0-9]{0,18})(?:\.([0-9]{0,40}))?")
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[-+:.0-9Z]{0,40}")
GAPS = re.compile(r"[\s\u00a0\u3000-]+")


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

    @property
    def size(self) -> int:
        """The characters that it holds."""
        return sum(len(text) for held in (self.cells, self.sent) for text in held.values() if text)

    def fault(self, column: str, rule: str, message: str, *, hides_amount: bool = False) -> None:
        """Say that something is wrong with it; of a column's faults the first one counts."""
        if all(each.column != column for each in self.faults):
            self.faults.append(Reading(column, rule, message, hides_amount))


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
