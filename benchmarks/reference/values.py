"""What a cell may hold: each kind's form, its range, its code's check digit."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from typing import Any

from benchmarks.reference.tables import Column

MOST_FEN = 10**15
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PARSE, LIST, RANGE, DIGIT, EMPTY = "004", "005", "006", "007", "003"


class Bad(Exception):
    """A cell that breaks the rule of that number."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def value_of(column: Column, cell: Any, *, typed: bool) -> Any:
    """What a cell says, None where it is empty.

    `cell` is text as a CSV holds it, or a value of a Parquet file (`typed`).

    Raises:
        Bad: it breaks a rule about rows.
    """
    if cell is None or cell == "":
        if column.required:
            raise Bad(EMPTY)
        return None
    value = _typed(column, cell) if typed else _text(column, cell)
    if column.kind == "text":
        if column.values and value not in column.values:
            raise Bad(LIST)
        if column.code is not None and not CODES[column.code](value):
            raise Bad(DIGIT)
    elif not _in_range(column, value):
        raise Bad(RANGE)
    return value


def _text(column: Column, cell: str) -> Any:
    kind = column.kind
    if kind == "text":
        if "\0" in cell:
            raise Bad(PARSE)
        return cell
    try:
        if kind in ("fen", "integer") and re.fullmatch("-?[0-9]{1,19}", cell):
            return _whole(int(cell))
        if kind == "rate" and re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,18})?", cell):
            return float(cell)
        if kind == "date" and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
            return _day(cell)
        if kind == "time" and re.fullmatch(
            r"[0-9-]{10} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?", cell
        ):
            return _time(cell)
        if kind == "flag":
            return {"true": True, "false": False}[cell]
    except (ValueError, KeyError):
        pass
    raise Bad(PARSE)


def _typed(column: Column, cell: Any) -> Any:
    kind = column.kind
    if kind == "text" and isinstance(cell, str):
        return _text(column, cell)
    if kind in ("fen", "integer") and isinstance(cell, int) and not isinstance(cell, bool):
        if cell >= 2**63:
            raise Bad(PARSE)
        return cell
    if kind == "rate" and isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if not math.isfinite(cell):
            raise Bad(PARSE)
        return float(cell)
    if kind == "time" and isinstance(cell, datetime):
        if cell.tzinfo is not None:
            if cell.utcoffset() != timedelta(hours=8):
                raise Bad(PARSE)
            cell = cell.replace(tzinfo=None)
        return cell
    if kind == "date" and isinstance(cell, date) and not isinstance(cell, datetime):
        return cell
    if kind == "flag" and isinstance(cell, bool):
        return cell
    raise Bad(PARSE)


def _whole(value: int) -> int:
    if abs(value) >= 2**63:
        raise Bad(PARSE)
    return value


def _day(cell: str) -> date | str:
    year, month, day = map(int, cell.split("-"))
    if year == 0:
        # A day of the year 0, which has a form but lies before all that Python's dates can hold.
        date(2000, month, day)
        return "0000"
    return date(year, month, day)


def _time(cell: str) -> datetime | str:
    day = _day(cell[:10])
    hour, minute, second = int(cell[11:13]), int(cell[14:16]), int(cell[17:19])
    micros = int(cell[20:].ljust(6, "0"))
    if isinstance(day, str):
        datetime(2000, 1, 1, hour, minute, second, micros)
        return day
    return datetime(day.year, day.month, day.day, hour, minute, second, micros)


def _in_range(column: Column, value: Any) -> bool:
    if column.kind == "fen":
        least = 0 if column.least is not None else -MOST_FEN
        return bool(least <= value <= MOST_FEN)
    if column.kind in ("date", "time"):
        if isinstance(value, str):
            return False
        day = value.date() if isinstance(value, datetime) else value
        return bool(FIRST_DAY <= day <= LAST_DAY)
    if column.least is not None and value < float(column.least):
        return False
    return column.most is None or bool(value <= float(column.most))


def is_uscc(code: str) -> bool:
    """GB 32100: the sum of the characters' values times 3^place, with the check, is 0 modulo 31."""
    if len(code) != 18 or any(sign not in USCC for sign in code):
        return False
    total = sum(USCC.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    return (total + USCC.index(code[17])) % 31 == 0


def is_cnaps(code: str) -> bool:
    """ISO 7064, MOD 11,10, over twelve digits."""
    if not re.fullmatch("[0-9]{12}", code):
        return False
    product = 10
    for sign in code[:11]:
        total = (product + int(sign)) % 10 or 10
        product = total * 2 % 11
    return (product + int(code[11])) % 10 == 1


def is_division(code: str) -> bool:
    """Six digits, the first not 0 (GB/T 2260)."""
    return bool(re.fullmatch("[1-9][0-9]{5}", code))


CODES = {"uscc": is_uscc, "cnaps": is_cnaps, "division": is_division}
