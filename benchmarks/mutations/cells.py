"""Cells that are empty, of another form, out of range, odd, or repeated; codes misspelt."""

from __future__ import annotations

import random

from benchmarks.mutations.making import Making, part_of
from benchmarks.reference.tables import tables

CELLS = (
    "", " ", "１２３", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "99999999999999999999", "1000000000000001", "1000000000000000", "-1000000000000001", "NaN",
    "nan", "inf", "1e5", "0x10", "1_000", "1,000", "+1", "-0", "-1", "00", "007", "1.0", "12.5",
    "12.50", ".5", "5.", "0.1234567890123456789", "1.5", "10.01", "1" * 25, "0000-00-00",
    "0000-01-01", "0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31", "2016-02-30",
    "2015-02-29", "2016-02-29", "1900-02-29", "2016/06/13", "20160613", "42534", "42534.5",
    "2016-6-13", " 2016-06-13", "2016-06-13 24:00:00", "2016-06-13 23:59:60",
    "2016-12-31 23:59:60", "2016-06-13T09:30:00", "2016-06-13 09:30:00.1234567",
    "2016-06-13 09:30:00.", "2016-06-13 09:30:00Z", "2016-06-13 09:30:00+08:00",
    "2016-06-13 09:30", "2016-06-13 9:30:00", "2199-12-31 23:59:59.999999", "2016-06-13",
    "2200-01-01 00:00:00", "=1+1", "@SUM(A1)", "\x01", "\x1b[31m", "\x7f", "\0", "a\0b", "\ud800",
    "True", "TRUE", "true", "1", "0", "yes", "IN", " in", "in ", "in", "out", "null", "NULL",
    "None", "\\N", "NA", "\ufeff", "\u202e", "\u2028", "\x85", "\x0b", "\x0c", "\r", "\n", "\r\n",
    "a\rb", "a\nb", "a\r\nb", '"', '""', 'a"b', "x" * 200_000, "字" * 70_000, "x" * 1_100_000,
    "１０２３０１０００００１", "102301000019", "102301000011", "٣٤٥", "91320000710939135U",
    "91320000710939135O", "91320000710939135u", "０", "320100", "032010", "3201", "32010a",
)  # fmt: skip


def one_cell(making: Making, dice: random.Random) -> None:
    part = part_of(making, dice)
    if part.rows:
        row = dice.choice(part.rows)
        value = dice.choice(CELLS)
        place = dice.randrange(len(row))
        if part.encoding == "gb18030" and "\ud800" in value:
            value = "\ufffd"
        row[place] = value
        making.done.append(
            f"{part.table}.{part.names[min(place, len(part.names) - 1)]}={value[:20]!r}"
        )


def a_likely_cell(making: Making, dice: random.Random) -> None:
    """A wrong value where such values are looked at: not in a free text."""
    part = part_of(making, dice)
    kinds = {column.name: column for column in tables()[part.table].columns}
    checked = [n for n, name in enumerate(part.names)
               if name in kinds and (kinds[name].kind != "text" or kinds[name].values
                                     or kinds[name].code or kinds[name].key)]  # fmt: skip
    for row in dice.sample(part.rows, min(len(part.rows), dice.randint(1, 3))):
        place = dice.choice(checked or [0])
        value = dice.choice(CELLS)
        if place < len(row) and not (part.encoding == "gb18030" and "\ud800" in value):
            row[place] = value
            making.done.append(f"{part.table}.{part.names[place]}={value[:20]!r}")


def code_digit(making: Making, dice: random.Random) -> None:
    """One sign of a code is exchanged."""
    part = part_of(making, dice)
    codes = {column.name for column in tables()[part.table].columns if column.code}
    places = [n for n, name in enumerate(part.names) if name in codes]
    if places and part.rows:
        row, place = dice.choice(part.rows), dice.choice(places)
        if place < len(row) and row[place]:
            at = dice.randrange(len(row[place]))
            row[place] = row[place][:at] + dice.choice("0123456789AX") + row[place][at + 1 :]


def repeated_row(making: Making, dice: random.Random) -> None:
    part = part_of(making, dice)
    if part.rows:
        row = list(dice.choice(part.rows))
        if dice.random() < 0.5:
            row[dice.randrange(len(row))] = dice.choice(CELLS[:60])
        part.rows.insert(dice.randrange(len(part.rows) + 1), row)


def cell_more_or_less(making: Making, dice: random.Random) -> None:
    part = part_of(making, dice)
    if part.rows and not part.parquet:
        row = dice.choice(part.rows)
        if dice.random() < 0.5:
            row.append("x")
        else:
            row.pop()


def amounts_differ(making: Making, dice: random.Random) -> None:
    """One amount is another, which identities across rows may notice."""
    part = part_of(making, dice)
    places = [n for n, name in enumerate(part.names) if name.endswith("_fen")]
    if places and part.rows:
        row, place = dice.choice(part.rows), dice.choice(places)
        if place < len(row) and row[place].lstrip("-").isdecimal():
            row[place] = str(int(row[place]) + dice.choice((1, -1, 10**6)))


CELL_MUTATIONS = (one_cell, a_likely_cell, a_likely_cell, code_digit, repeated_row,
                  cell_more_or_less, amounts_differ)  # fmt: skip
