"""Tracing by plain Python: lists of lots and exact fractions, to hold the passes against."""

from __future__ import annotations

import random
from fractions import Fraction

Row = tuple[int, int, int, int]  # payer, payee, fen, time
Lot = tuple[int, int, int]  # account, colour, fen


def carried(
    rows: list[Row], tint: list[int], convention: str, opening: list[Lot]
) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
    """Fen by transfer and colour (unknown left out), and fen held at the end by account, colour."""
    held: dict[int, list[tuple[int, int]]] = {}
    for account, colour, amount in opening:
        held.setdefault(account, []).append((colour, amount))
    said: dict[tuple[int, int], int] = {}
    for number, ((payer, payee, amount, _), colour) in enumerate(zip(rows, tint, strict=True)):
        if payer == payee:
            continue
        mine = held.get(payer, []) if payer >= 0 else []
        draw = drawn_in_proportion if convention == "prorata" else drawn_in_order
        pieces, kept = draw(mine, amount, convention == "lifo")
        if payer >= 0:
            held[payer] = kept
        lacking = (0, amount - sum(fen for _, fen in pieces))
        pieces = [lacking, *pieces] if convention == "lifo" else [*pieces, lacking]
        if colour >= 0:
            pieces = [(colour, amount)]
        pieces = [piece for piece in pieces if piece[1]]
        for kind, fen in pieces:
            if kind:
                said[number, kind] = said.get((number, kind), 0) + fen
        if payee >= 0:
            held.setdefault(payee, []).extend(pieces)
    sums: dict[tuple[int, int], int] = {}
    for account, lots in held.items():
        for kind, fen in lots:
            sums[account, kind] = sums.get((account, kind), 0) + fen
    return said, {key: fen for key, fen in sums.items() if fen}


def drawn_in_order(
    lots: list[tuple[int, int]], amount: int, last_first: bool
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """What leaves, in its order, and what stays."""
    waiting = lots[::-1] if last_first else list(lots)
    pieces, left = [], amount
    while waiting and left:
        colour, fen = waiting.pop(0)
        pieces.append((colour, min(fen, left)))
        if fen > left:
            waiting.insert(0, (colour, fen - left))
        left -= min(fen, left)
    return pieces, waiting[::-1] if last_first else waiting


def drawn_in_proportion(
    lots: list[tuple[int, int]], amount: int, _: bool
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Whole fen of each colour by the largest remainders, the smaller colour first among equals."""
    sums: dict[int, int] = {}
    for colour, fen in sorted(lots):
        sums[colour] = sums.get(colour, 0) + fen
    total = sum(sums.values())
    drawn = min(amount, total)
    exact = {colour: Fraction(drawn * fen, total) for colour, fen in sums.items() if total}
    whole = {colour: int(share) for colour, share in exact.items()}
    order = sorted(whole, key=lambda colour: (whole[colour] - exact[colour], colour))
    for colour in order[: drawn - sum(whole.values())]:
        whole[colour] += 1
    return sorted(whole.items()), [(c, sums[c] - fen) for c, fen in whole.items()]


def world(
    seed: int, *, accounts: int = 6, colours: int = 5
) -> tuple[list[Row], list[int], list[Lot]]:
    """A random world of transfers, tints and opening balances; some amounts are very large."""
    draw = random.Random(seed)
    largest = draw.choice([3, 40, 10**7, 10**16])
    count = draw.randrange(60)
    times = sorted(draw.randrange(1, 40) for _ in range(count))
    rows = [
        (draw.randrange(-1, accounts), draw.randrange(-1, accounts), draw.randint(0, largest), at)
        for at in times
    ]
    tint = [draw.randrange(1, colours) if draw.random() < 0.3 else -1 for _ in rows]
    lots = draw.randrange(8)
    opening = [
        (draw.randrange(accounts), draw.randrange(colours), draw.randint(1, largest))
        for _ in range(lots)
    ]
    return rows, tint, opening
