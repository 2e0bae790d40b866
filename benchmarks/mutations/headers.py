"""Headers with other names, one twice, one less or more, in other places; byte order marks."""

from __future__ import annotations

import random

from benchmarks.mutations.cells import CELLS
from benchmarks.mutations.making import Making, part_of


def rename_column(making: Making, dice: random.Random) -> None:
    part = part_of(making, dice)
    place = dice.randrange(len(part.names))
    name = part.names[place]
    part.names[place] = dice.choice((
        name.upper(), f" {name}", f"{name} ", f"{name}\t", f"{name}\u3000", f"\ufeff{name}", "",
        "金额", f"{name}\0",
        name + "x", name.title(), f'"{name}"', f"{name}\n", "*", "line",
    ))  # fmt: skip


def double_column(making: Making, dice: random.Random) -> None:
    part = part_of(making, dice)
    part.names.append(dice.choice(part.names))
    for row in part.rows:
        row.append(dice.choice(row) if row else "")


def drop_column(making: Making, dice: random.Random) -> None:
    part = part_of(making, dice)
    if len(part.names) > 1:
        place = dice.randrange(len(part.names))
        part.names.pop(place)
        for row in part.rows:
            del row[place : place + 1]


def extra_column(making: Making, dice: random.Random) -> None:
    part = part_of(making, dice)
    place = dice.randrange(len(part.names) + 1)
    part.names.insert(place, dice.choice(("extra", "^.*$", "bank no", "submitter", "sequence")))
    for row in part.rows:
        row.insert(place, dice.choice(CELLS[:40]))


def move_columns(making: Making, dice: random.Random) -> None:
    """The names change places, the cells do not."""
    part = part_of(making, dice)
    one, two = dice.randrange(len(part.names)), dice.randrange(len(part.names))
    part.names[one], part.names[two] = part.names[two], part.names[one]


def two_boms(making: Making, dice: random.Random) -> None:
    part = part_of(making, dice)
    part.bom = dice.choice((b"\xef\xbb\xbf" * 2, b"\xff\xfe", b"\x84\x31\x95\x33", b"\xef\xbb\xbf"))


def other_encoding(making: Making, dice: random.Random) -> None:
    """The file is written in another encoding than stated."""
    part = part_of(making, dice)
    making.draft.surplus[f".encoding {part.name}"] = part.encoding.encode()
    part.encoding = "gb18030" if part.encoding == "utf-8" else "utf-8"


def many_columns(making: Making, dice: random.Random) -> None:
    part = part_of(making, dice)
    more = dice.choice((256, 257, 300)) - len(part.names)
    part.names += [f"c{n}" for n in range(more)]
    for row in part.rows:
        row += [""] * more


HEADER_MUTATIONS = (rename_column, double_column, drop_column, extra_column, move_columns,
                    two_boms, other_encoding, many_columns)  # fmt: skip
