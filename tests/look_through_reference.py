"""The look-through by plain Python: lists of lots, to hold the compiled passes against."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from tracing_references import Row, drawn_in_order, drawn_in_proportion

Key = tuple[int, int]  # the day it left home, colour: the order of lots under pro rata


@dataclass
class Case:
    """A small world: rows, their rules, homes and circles by account, ends and opening lots."""

    rows: list[Row]
    kind: list[int]
    subject: list[int]
    day: list[int]
    owner_of: list[int]
    homes: dict[int, int]
    circles: set[tuple[int, int]]
    ends: dict[int, int]
    opening: list[tuple[int, int, int]]
    within_days: int
    sliver_fen: int = 0


@dataclass
class Said:
    """Fen by (colour, source), (colour, use) and so on; held by (account, colour, day)."""

    sources: Counter[tuple[int, int]] = field(default_factory=Counter)
    uses: Counter[tuple[int, int]] = field(default_factory=Counter)
    stage_in: Counter[int] = field(default_factory=Counter)
    stage_out: Counter[int] = field(default_factory=Counter)
    aged: Counter[int] = field(default_factory=Counter)
    carried: Counter[int] = field(default_factory=Counter)
    held: Counter[tuple[int, int, int]] = field(default_factory=Counter)


def world(seed: int) -> Case:
    """A random case: three colours of two owners, and what they turn to, among eight accounts."""
    draw = random.Random(seed)
    count = draw.randrange(1, 40)
    owner_of = [-1, 0, 0, 1, 0, 0, 1, 0, 0, 1]
    rows, kinds, subjects, days, day, at = [], [], [], [], 1, 0
    for _ in range(count):
        at += draw.randrange(0, 3)
        day += draw.random() < 0.3
        rows.append((draw.randrange(-1, 8), draw.randrange(-1, 8), draw.randrange(1, 100), at))
        kind = draw.choice([0, 0, 0, 0, 1, 2, -1, -3])
        kinds.append(kind)
        subjects.append(draw.randrange(1, 4) if kind > 0 else draw.randrange(2))
        days.append(day)
    homes = {account: draw.randrange(2) for account in range(3) if draw.random() < 0.6}
    circles = {(draw.randrange(3, 8), draw.randrange(2)) for _ in range(draw.randrange(3))}
    ends = {draw.randrange(3, 8): draw.choice([5, 6, 8])} if draw.random() < 0.5 else {}
    opening = [
        (
            account,
            draw.choice([c for c in (1, 2, 3) if owner_of[c] == owner]),
            draw.randrange(1, 99),
        )
        for account, owner in homes.items()
    ]
    within = draw.randrange(0, 5)
    return Case(rows, kinds, subjects, days, owner_of, homes, circles, ends, opening, within,
                draw.choice([0, 0, 2, 20]))  # fmt: skip


def said(case: Case, convention: str) -> Said:
    """What becomes of the money, lot by lot."""
    found, held = Said(), {}
    for account, colour, fen in case.opening:
        held.setdefault(account, []).append(((0, colour), fen))
        found.sources[colour, 0] += fen
    draw = drawn_in_proportion if convention == "prorata" else drawn_in_order
    for row, (payer, payee, amount, _) in enumerate(case.rows):
        if payer == payee:
            continue
        today = case.day[row]
        if convention == "prorata" and payer in held:
            held[payer] = [(_young(case, found, key, fen, today), fen) for key, fen in held[payer]]
        pieces, kept = draw(held.get(payer, []), amount, convention == "lifo")
        if payer >= 0:
            held[payer] = kept
        lacking = ((0, 0), amount - sum(fen for _, fen in pieces))
        pieces = [lacking, *pieces] if convention == "lifo" else [*pieces, lacking]
        arrived, same = [], 0
        for key, fen in pieces:
            if convention != "prorata":
                key = _young(case, found, key, fen, today)
            elif key[0] and fen < case.sliver_fen:
                found.aged[key[1]] += fen
                key = (0, 0)
            key, own = _becomes(case, found, row, key, fen)
            same += own
            arrived.append((key, fen))
        if case.kind[row] > 0:
            subject = case.subject[row]
            owner = case.owner_of[subject]
            found.sources[subject, case.kind[row]] += amount - same
            at_home = case.homes.get(payee) == owner
            use = 0 if at_home else _end(case, owner, payee)
            key = _arrives(found, subject, use, amount, 0 if at_home else today)
            arrived = [(key, amount)]
        if payee >= 0:
            held.setdefault(payee, []).extend(piece for piece in arrived if piece[1])
    for account, lots in held.items():
        for (day, colour), fen in lots:
            found.held[account, colour, day] += fen if colour else 0
    for name in ("sources", "uses", "stage_in", "stage_out", "aged", "carried", "held"):
        setattr(found, name, +getattr(found, name))
    return found


def _young(case: Case, found: Said, key: Key, fen: int, today: int) -> Key:
    if key[0] and today - key[0] > case.within_days:
        found.aged[key[1]] += fen
        return 0, 0
    return key


def _end(case: Case, owner: int, account: int) -> int:
    if account < 0:
        return 8
    return 4 if (account, owner) in case.circles else case.ends.get(account, 0)


def _becomes(case: Case, found: Said, row: int, key: Key, fen: int) -> tuple[Key, int]:
    """A piece's key on arrival, and what of it another stage of the same owner's money takes on."""
    day, colour = key
    if not colour:
        return key, 0
    payer, payee, _, _ = case.rows[row]
    owner, kind, subject = case.owner_of[colour], case.kind[row], case.subject[row]
    if case.homes.get(payer) != owner:
        found.carried[colour] += fen
    if kind > 0:
        if case.owner_of[subject] == owner:
            found.stage_out[colour] += fen
            found.stage_in[subject] += fen
            return (0, 0), fen
        found.uses[colour, 7] += fen
        return (0, 0), 0
    use = -kind if kind < 0 and subject == owner else _end(case, owner, payee)
    at_home = not use and case.homes.get(payee) == owner
    return _arrives(found, colour, use, fen, 0 if at_home else day or case.day[row]), 0


def _arrives(found: Said, colour: int, use: int, fen: int, day: int) -> Key:
    """The key of what arrives where it meets an end, or none."""
    if use in (5, 6):
        through = colour + 3 * (use - 4) if colour <= 3 else colour
        if through != colour:
            found.stage_out[colour] += fen
            found.stage_in[through] += fen
        return day, through
    if use:
        found.uses[colour, use] += fen
        return 0, 0
    return day, colour
