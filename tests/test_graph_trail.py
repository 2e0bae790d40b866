"""Trails: what is followed ends somewhere to the fen, and backward is forward read backward."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from tracing_references import Row, drawn_in_order

from graph.tracing import CONVENTIONS, Convention, Transfers
from graph.trail import Direction, Trail, follow, tie_dependent_fen

ACCOUNTS = 7
ASKED = (0, 1)
WINDOW = (5, 30)


def world(seed: int, count: int = 60) -> tuple[list[Row], list[int]]:
    draw = random.Random(seed)
    largest = draw.choice([5, 900, 10**9])
    rows = [
        (
            draw.randrange(-1, ACCOUNTS),
            draw.randrange(-1, ACCOUNTS),
            draw.randint(0, largest),
            time // 2,
        )
        for time in range(draw.randrange(count))
    ]
    return rows, [draw.choice([0, draw.randint(0, largest)]) for _ in range(ACCOUNTS)]


def followed(
    rows: list[Row],
    held: list[int],
    direction: Direction,
    convention: Convention,
    asked: tuple[int, ...] = ASKED,
    window: tuple[int, int] = WINDOW,
) -> Trail:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    mine = np.zeros(len(held), dtype=np.bool_)
    mine[list(asked)] = True
    return follow(
        Transfers(*(column.copy() for column in columns)), mine, window,
        np.array(held, dtype=np.int64), direction=direction, convention=convention,
    )  # fmt: skip


def ends(trail: Trail) -> dict[int, int]:
    return dict(zip(trail.end_account.tolist(), trail.end_fen.tolist(), strict=True))


def origins(rows: list[Row], held: list[int], last_first: bool) -> dict[int, int]:
    """Where what came to the asked accounts came from: lots that know it, by plain lists.

    An origin is an account's opening balance or an asked account (its number), outside (-1), or
    what an account lacked (its number and all accounts).
    """
    lots: dict[int, list[tuple[int, int]]] = {n: [(n, fen)] for n, fen in enumerate(held) if fen}
    found: dict[int, int] = {}
    for payer, payee, amount, time in rows:
        if payer == payee or not amount:
            continue
        if payer < 0:
            pieces = [(-1, amount)]
        else:
            pieces, lots[payer] = drawn_in_order(lots.get(payer, []), amount, last_first)
            lacking = amount - sum(fen for _, fen in pieces)
            extra = [(payer + ACCOUNTS, lacking)] if lacking else []
            pieces = [*extra, *pieces] if last_first else [*pieces, *extra]
            if payer in ASKED:
                pieces = [(payer, amount)]
        if payee < 0:
            continue
        lots.setdefault(payee, []).extend(pieces)
        if payee in ASKED and payer not in ASKED and WINDOW[0] <= time <= WINDOW[1]:
            for origin, fen in pieces:
                found[origin] = found.get(origin, 0) + fen
    return found


@pytest.mark.parametrize("convention", ["fifo", "lifo"])
def test_sources_equal_lots_that_know_where_they_came_from(convention: Convention) -> None:
    several = 0
    for seed in range(400):
        rows, held = world(seed)
        found = ends(followed(rows, held, "sources", convention))
        assert found == origins(rows, held, convention == "lifo"), f"seed {seed}"
        several += len(found) > 3
    assert several > 100


def shares(rows: list[Row], held: list[int]) -> dict[int, Fraction]:
    """The same origins under exact pro rata."""
    lots: dict[int, dict[int, Fraction]] = {
        n: {n: Fraction(fen)} for n, fen in enumerate(held) if fen
    }
    found: dict[int, Fraction] = {}
    for payer, payee, amount, time in rows:
        if payer == payee or not amount:
            continue
        mine = lots.setdefault(payer, {}) if payer >= 0 else {}
        total = sum(mine.values(), Fraction(0))
        drawn = min(total, Fraction(amount))
        pieces = {origin: fen * drawn / (total or 1) for origin, fen in mine.items()}
        if payer >= 0:
            lots[payer] = {origin: fen - pieces[origin] for origin, fen in mine.items()}
        lack = payer + ACCOUNTS if payer >= 0 else -1
        pieces[lack] = pieces.get(lack, Fraction(0)) + amount - drawn
        if payer in ASKED:
            pieces = {payer: Fraction(amount)}
        if payee < 0:
            continue
        for origin, fen in pieces.items():
            there = lots.setdefault(payee, {})
            there[origin] = there.get(origin, Fraction(0)) + fen
            if payee in ASKED and payer not in ASKED and WINDOW[0] <= time <= WINDOW[1]:
                found[origin] = found.get(origin, Fraction(0)) + fen
    return {origin: fen for origin, fen in found.items() if fen}


def test_sources_pro_rata_equal_exact_shares_but_for_rounding() -> None:
    for seed in range(200):
        rows, held = world(seed)
        found, exact = ends(followed(rows, held, "sources", "prorata")), shares(rows, held)
        for origin in found.keys() | exact.keys():
            off = abs(found.get(origin, 0) - exact.get(origin, Fraction(0)))
            assert off <= len(rows), f"seed {seed}, origin {origin}"


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("direction", ["sources", "uses"])
def test_all_that_is_followed_ends_somewhere_and_goes_by_paths(
    direction: Direction, convention: Convention
) -> None:
    for seed in range(200):
        rows, held = world(seed)
        trail = followed(rows, held, direction, convention)
        assert trail.end_fen.sum() == trail.total_fen, f"seed {seed}"
        parts = trail.parts(10_000)
        assert parts.cut_fen == 0
        assert parts.rest_fen.sum() == trail.total_fen, f"seed {seed}"
        carried = np.zeros(len(trail.transfers), dtype=np.int64)
        np.add.at(carried, parts.row, parts.amount_fen)
        assert (carried == trail.carried_fen).all(), f"seed {seed}"
        payee = trail.transfers.payee[parts.row]
        for part in np.flatnonzero(parts.parent >= 0):
            before = parts.parent[part]
            assert payee[before] == trail.transfers.payer[parts.row[part]]
            assert parts.row[before] < parts.row[part]
        found = trail.bounds(trail.end_account, 10_000)
        assert found is not None
        said = ends(trail)
        assert set(found.account.tolist()) == set(said)
        for account, lower, upper in zip(
            found.account.tolist(), found.lower_fen, found.upper_fen, strict=True
        ):
            assert lower <= said[account] <= upper, f"seed {seed}, account {account}"
        assert trail.bounds(trail.end_account, 0) is None or not len(trail.end_account)


def test_what_depends_on_the_order_within_an_instant_is_measured() -> None:
    # Account 1 gets from 0 and from 3 at one instant, and pays half of it on.
    rows: list[Row] = [(0, 1, 10, 1), (3, 1, 10, 1), (1, 2, 10, 2)]
    one = followed(rows, [10, 0, 0, 10, 0], "uses", "fifo", (0,), (0, 9))
    turned = followed([rows[1], rows[0], rows[2]], [10, 0, 0, 10, 0], "uses", "fifo", (0,), (0, 9))
    assert (ends(one), ends(turned)) == ({2: 10}, {1: 10})
    assert tie_dependent_fen(one, turned) == tie_dependent_fen(turned, one) == 10
    assert tie_dependent_fen(one, one) == 0
    order = Transfers(*np.array(rows).T.copy()).ties_reversed()
    assert order.tolist() == [1, 0, 2]


def test_parts_beyond_the_limit_are_counted() -> None:
    rows: list[Row] = [(0, 1, 10, 1), (0, 1, 10, 1), (1, 2, 15, 2)]
    parts = followed(rows, [20, 0, 0], "uses", "fifo", (0,), (0, 9)).parts(3)
    assert (len(parts.row), parts.cut_fen) == (3, 5)
