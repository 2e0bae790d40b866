"""Bytes of any file flipped, set, inserted, deleted, cut off or copied."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.mutations.making import Making, Mutation


def _bytes(change: Callable[[bytearray, random.Random], None]) -> Mutation:
    def spoil(making: Making, dice: random.Random) -> None:
        name = dice.choice(list(making.contents))
        held = bytearray(making.contents[name])
        if held:
            change(held, dice)
        making.contents[name] = bytes(held)

    spoil.__name__ = change.__name__
    return spoil


def flip_bits(held: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 1, 2, 20))):
        held[dice.randrange(len(held))] ^= 1 << dice.randrange(8)


def set_bytes(held: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 3))):
        held[dice.randrange(len(held))] = dice.choice((0, 0x22, 0x2C, 0x0A, 0x0D, 0x80, 0xFF, 0xC0))


def insert_bytes(held: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(held) + 1)
    held[at:at] = bytes(dice.randrange(256) for _ in range(dice.choice((1, 2, 7))))


def delete_bytes(held: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(held))
    del held[at : at + dice.choice((1, 2, 50))]


def cut_off(held: bytearray, dice: random.Random) -> None:
    del held[dice.randrange(len(held)) :]


def copy_part(held: bytearray, dice: random.Random) -> None:
    one, two = sorted((dice.randrange(len(held) + 1), dice.randrange(len(held) + 1)))
    at = dice.randrange(len(held) + 1)
    held[at:at] = held[one:two]


BYTE_CHANGES = (flip_bits, set_bytes, insert_bytes, delete_bytes, cut_off, copy_part)
BYTE_MUTATIONS = tuple(map(_bytes, BYTE_CHANGES))
