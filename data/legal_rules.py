"""What the law says in figures, by the day: the effective-dated rule table, read once."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import pairwise
from pathlib import Path

from data.errors import ContractError

FILE = Path(__file__).with_name("legal_rules.csv")
COLUMNS = ("rule", "parameter", "value", "unit", "valid_from", "valid_to", "source")
# Units whose values are whole numbers; a share is a decimal fraction of one. A flag is 1: a ban.
WHOLE = ("fen", "persons", "days", "layers", "flag")
UNITS = (*WHOLE, "share")


@dataclass(frozen=True)
class LegalRule:
    """One figure of the law and the days on which it is in force, both ends included.

    `value` is an int of its unit, or a Decimal for a share; `valid_to` None: still in force.
    """

    rule: str
    parameter: str
    value: int | Decimal
    unit: str
    valid_from: date
    valid_to: date | None
    source: str


class LegalRules:
    """The rule table; a record is judged by what was in force on its own business date."""

    def __init__(self, rows: list[LegalRule]) -> None:
        """Take the rows in any order.

        Raises:
            ContractError: two rows of one parameter are in force on the same day.
        """
        self._rows: dict[tuple[str, str], list[LegalRule]] = {}
        for row in sorted(rows, key=lambda row: (row.rule, row.parameter, row.valid_from)):
            self._rows.setdefault((row.rule, row.parameter), []).append(row)
        for (rule, parameter), held in self._rows.items():
            for one, next_one in pairwise(held):
                if one.valid_to is None or one.valid_to >= next_one.valid_from:
                    raise ContractError(
                        f"rule table: {rule} {parameter}: the rows from {one.valid_from} and from "
                        f"{next_one.valid_from} overlap; end the first before the second begins"
                    )

    def __iter__(self) -> Iterator[LegalRule]:
        """All rows by rule, parameter and first day."""
        return (row for held in self._rows.values() for row in held)

    def value(self, rule: str, parameter: str, on: date) -> int | Decimal | None:
        """The figure in force on a day; None when none was.

        Raises:
            ContractError: the table knows no such rule or parameter.
        """
        row = self._in_force(rule, parameter, on)
        return row.value if row else None

    def whole(self, rule: str, parameter: str, on: date) -> int | None:
        """The same for a figure that is a whole number: fen, persons, days, layers or a ban.

        Raises:
            ContractError: the table knows no such rule or parameter, or it is a share.
        """
        value = self.value(rule, parameter, on)
        if isinstance(value, Decimal):
            raise ContractError(f"rule table: {rule} {parameter} is a share, not a whole number")
        return value

    def source(self, rule: str, parameter: str, on: date) -> str | None:
        """The legal source of the figure in force on a day; None when none was.

        Raises:
            ContractError: the table knows no such rule or parameter.
        """
        row = self._in_force(rule, parameter, on)
        return row.source if row else None

    def first_day(self, rule: str, parameter: str) -> date:
        """The first day on which any figure of a parameter was in force.

        Raises:
            ContractError: the table knows no such rule or parameter.
        """
        return self._known(rule, parameter)[0].valid_from

    def _in_force(self, rule: str, parameter: str, on: date) -> LegalRule | None:
        for row in self._known(rule, parameter):
            if row.valid_from <= on and (row.valid_to is None or on <= row.valid_to):
                return row
        return None

    def _known(self, rule: str, parameter: str) -> list[LegalRule]:
        held = self._rows.get((rule, parameter))
        if held is None:
            known = sorted(name for of, name in self._rows if of == rule)
            raise ContractError(
                f"rule table: unknown parameter {parameter!r} of {rule}; known are "
                f"{', '.join(known)}"
                if known
                else f"rule table: unknown rule {rule!r}; known are "
                f"{', '.join(sorted({of for of, _ in self._rows}))}"
            )
        return held


@cache
def legal_rules() -> LegalRules:
    """The project's rule table, read once."""
    return read_legal_rules(FILE)


def read_legal_rules(path: Path) -> LegalRules:
    """Read a rule table: CSV with the columns of `COLUMNS`, days in ISO, an open end empty.

    Raises:
        ContractError: the file cannot be read, a cell does not fit, or rows overlap.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise ContractError(f"rule table {path}: columns must be {', '.join(COLUMNS)}")
            rows = [_row(path, number, cells) for number, cells in enumerate(reader, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ContractError(f"rule table {path}: cannot be read: {error}") from error
    return LegalRules(rows)


def _row(path: Path, number: int, cells: dict[str, str]) -> LegalRule:
    where = f"rule table {path}, line {number}"
    if None in cells.values() or None in cells:
        raise ContractError(f"{where}: has not {len(COLUMNS)} cells")
    empty = [name for name in COLUMNS if not cells[name] and name != "valid_to"]
    if empty:
        raise ContractError(f"{where}: {', '.join(empty)} empty")
    if cells["unit"] not in UNITS:
        raise ContractError(f"{where}: unknown unit {cells['unit']!r}; known: {', '.join(UNITS)}")
    try:
        whole = cells["unit"] in WHOLE
        value = int(cells["value"]) if whole else Decimal(cells["value"])
        first = date.fromisoformat(cells["valid_from"])
        last = date.fromisoformat(cells["valid_to"]) if cells["valid_to"] else None
    except (ValueError, InvalidOperation) as error:
        raise ContractError(f"{where}: {error}; values are numbers, days ISO") from error
    if last is not None and last < first:
        raise ContractError(f"{where}: ends {last}, before it begins {first}")
    return LegalRule(
        cells["rule"], cells["parameter"], value, cells["unit"], first, last, cells["source"]
    )
