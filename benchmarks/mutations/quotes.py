"""Quotes, commas, line ends and NULs where they do not belong, in a CSV file's bytes."""

from __future__ import annotations

import random

from benchmarks.mutations.making import Making, Mutation


def _lines(making: Making, dice: random.Random) -> tuple[str, list[bytes]]:
    names = [part.name for part in making.draft.parts if not part.parquet]
    name = dice.choice(names or list(making.contents))
    return name, making.contents[name].split(b"\n")


def _sign(what: bytes) -> Mutation:
    def put_in(making: Making, dice: random.Random) -> None:
        name, lines = _lines(making, dice)
        at = dice.randrange(len(lines))
        place = dice.choice((0, len(lines[at]), dice.randrange(len(lines[at]) + 1)))
        lines[at] = lines[at][:place] + what + lines[at][place:]
        making.contents[name] = b"\n".join(lines)

    put_in.__name__ = f"put in {what!r}"
    return put_in


def quote_around(making: Making, dice: random.Random) -> None:
    """A cell is quoted, with something before, inside or behind."""
    name, lines = _lines(making, dice)
    at = dice.randrange(len(lines))
    cells = lines[at].split(b",")
    place = dice.randrange(len(cells))
    cell = cells[place]
    cells[place] = dice.choice((
        b'"' + cell + b'"', b'"' + cell, cell + b'"', b' "' + cell + b'"', b'"' + cell + b'" ',
        b'"' + cell + b'"x', b'"' + cell + b'\n"', b'"' + cell + b'\r\n"', b'"' + cell + b'\r"',
        b'"' + cell + b'""', b'""' + cell + b'"', b'"' + cell + b"\n" * 199 + b'"',
        b'"' + cell + b"\n" * 200 + b'"', b'"' + cell + b"\n" * 201 + b'"',
        b'"\xff\n' + cell + b'"',
    ))  # fmt: skip
    lines[at] = b",".join(cells)
    making.contents[name] = b"\n".join(lines)


def line_ends(making: Making, dice: random.Random) -> None:
    name, lines = _lines(making, dice)
    kind = dice.randrange(4)
    if kind == 0:
        making.contents[name] = b"\r".join(lines)
    elif kind == 1:
        making.contents[name] = b"".join(
            line + dice.choice((b"\n", b"\r\n", b"\r\r\n")) for line in lines[:-1]
        )
    elif kind == 2:
        making.contents[name] = b"\n".join(lines) + b"\r"
    else:
        making.contents[name] = b"\n".join(lines).rstrip(b"\r\n")


def empty_lines(making: Making, dice: random.Random) -> None:
    name, lines = _lines(making, dice)
    for _ in range(dice.choice((1, 1, 5))):
        lines.insert(dice.randrange(len(lines) + 1), dice.choice((b"", b"\r", b" ", b",")))
    making.contents[name] = b"\n".join(lines)


def many_good_lines(making: Making, dice: random.Random) -> None:
    """The file's rows many times over, so that blocks are long."""
    name, lines = _lines(making, dice)
    if len(making.contents[name]) < 100_000:
        making.contents[name] = b"\n".join([lines[0], *(lines[1:] * 50)])


def long_line(making: Making, dice: random.Random) -> None:
    name, lines = _lines(making, dice)
    at = dice.randrange(len(lines))
    length = dice.choice((999_999, 1_000_000, 1_000_001, 2_500_000))
    lines[at] = lines[at] + b"x" * (length - len(lines[at]))
    making.contents[name] = b"\n".join(lines)


QUOTE_MUTATIONS = (
    *map(_sign, (b'"', b'""', b",", b"\r", b"\n", b"\r\n", b'"\n', b"\0", b"\xff")),
    quote_around, quote_around, quote_around, line_ends, empty_lines, many_good_lines, long_line,
)  # fmt: skip
