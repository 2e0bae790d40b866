"""Which errors are planted: of every rule about rows in every column it can concern."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.planted.files import SPOILS, File
from benchmarks.planted.world import Row
from benchmarks.reference.tables import Column, tables

UNPARSABLE = {
    "fen": ("12.50", "１２", "1e5", "+1", "1,000", "99999999999999999999", "0x10"),
    "integer": ("1.0", "one"), "rate": ("12%", "1e-1", ".5", "NaN"),
    "date": ("2016/06/13", "2016-02-30", "42534", "2016-6-13"),
    "time": ("2016-06-13", "2016-06-13 24:00:00", "2016-06-13T09:00:00", "2016-06-13 09:00:60"),
    "flag": ("TRUE", "1"),
}  # fmt: skip
OUT_OF_RANGE = {
    "fen": "1000000000000001", "integer": "9", "rate": "10.5", "date": "2200-01-01",
    "time": "1899-12-31 23:59:59",
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """A row that must be rejected: by which rule, in which column (None: as a whole)."""

    table: str
    place: int
    rule: str
    column: str | None


def plant(
    file: File, count: int, dice: random.Random, taken: set[int], *, typed: bool
) -> list[Planted]:
    """Spoil so many rows of the first half of a file, in place, by all rules in turn.

    Places that are `taken` are left alone.
    """
    half = len(file.rows) // 2
    places = sorted(dice.sample(sorted(set(range(10, half)) - taken), count))
    kinds = list(_kinds(file.table, typed=typed))
    dice.shuffle(kinds)
    planted = []
    for number, place in enumerate(places):
        rule, column = kinds[number % len(kinds)]
        planted.append(_plant(file, place, rule, column, dice, set(places), typed=typed))
    return planted


def _kinds(table: str, *, typed: bool) -> Iterator[tuple[str, Column | str]]:
    """Every rule with the column, or the way of spoiling, that breaks it."""
    for column in tables()[table].columns:
        if column.required:
            yield "003", column
        if column.kind in UNPARSABLE and (not typed or column.kind == "rate"):
            yield "004", column
        if column.kind == "text" and typed:
            yield "004", column
        if column.values:
            yield "005", column
        if column.kind in OUT_OF_RANGE:
            yield "006", column
        if column.code is not None:
            yield "007", column
    yield "008", tables()[table].columns[0]
    if not typed:
        yield from ((rule, how) for how, rule in SPOILS.items())


def _plant(
    file: File, place: int, rule: str, column: Column | str, dice: random.Random,
    bad: set[int], *, typed: bool,
) -> Planted:  # fmt: skip
    if isinstance(column, str):
        file.spoilt[place] = column
        return Planted(file.table, place, rule, None)
    row: Row = dict(file.rows[place])
    file.rows[place] = row
    if rule == "008":
        keys = tables()[file.table].keys
        first = next(n for n in range(dice.randrange(10), place) if n not in bad)
        row.update({name: file.rows[first][name] for name in keys})
        return Planted(file.table, place, rule, keys[-1])
    held = row.get(column.name, "")
    # A typed column holds numbers only, of which NaN alone is none.
    nan = column.kind == "rate" and rule == "004" and typed
    row[column.name] = "NaN" if nan else _wrong(rule, column, held, dice)
    return Planted(file.table, place, rule, column.name)


def _wrong(rule: str, column: Column, held: str, dice: random.Random) -> str:
    if rule == "003":
        return ""
    if rule == "004":
        if column.kind == "text":
            return f"{held}\0"
        return dice.choice(UNPARSABLE[column.kind])
    if rule == "005":
        return f"{held.upper()}_"
    if rule == "006":
        return OUT_OF_RANGE[column.kind]
    if column.code == "division":
        return "0" + (held or "320100")[1:]
    held = held or ("102301000019" if column.code == "cnaps" else "91320000710939135U")
    last = next(sign for sign in "0123456789" if sign != held[-1])
    return held[:-1] + last
