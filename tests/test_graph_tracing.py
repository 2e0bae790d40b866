"""Tracing: literal cases of each convention, a plain reference, and conservation to the fen."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import ContractError
from graph.lots import scaled
from graph.tracing import Opening, Trace, Transfers, trace

Row = tuple[int, int, int, int]


def run(
    rows: list[Row],
    tint: list[int],
    convention: str,
    opening: list[tuple[int, int, int]] | None = None,
    *,
    maximum_hops: int | None = None,
    window_us: int | None = None,
    accounts: int = 6,
    colours: int = 5,
) -> Trace:
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    held = np.array(opening or [], dtype=np.int64).reshape(-1, 3)
    return trace(
        Transfers(*(table[:, column].copy() for column in range(4))),
        np.array(tint, dtype=np.int64),
        accounts=accounts,
        colours=colours,
        convention=convention,  # type: ignore[arg-type]
        opening=Opening(*(held[:, column].copy() for column in range(3))),
        maximum_hops=maximum_hops,
        window_us=window_us,
    )


def records(traced: Trace) -> list[tuple[int, int, int]]:
    return [
        (int(t), int(c), int(a))
        for t, c, a in zip(traced.transfer, traced.colour, traced.amount_fen, strict=True)
    ]


# Account 0 holds 100 of colour 1, receives 60 of colour 2, and pays 120 on.
TWO_SOURCES: list[Row] = [(-1, 0, 60, 10), (0, 1, 120, 20)]


@pytest.mark.parametrize(
    ("convention", "expected"),
    [
        ("fifo", [(0, 2, 60), (1, 1, 100), (1, 2, 20)]),
        ("lifo", [(0, 2, 60), (1, 2, 60), (1, 1, 60)]),
        ("prorata", [(0, 2, 60), (1, 1, 75), (1, 2, 45)]),
    ],
)
def test_each_convention_draws_its_way(
    convention: str, expected: list[tuple[int, int, int]]
) -> None:
    assert records(run(TWO_SOURCES, [2, -1], convention, [(0, 1, 100)])) == expected


def test_prorata_gives_odd_fen_to_the_largest_remainders() -> None:
    opening = [(0, 1, 1), (0, 2, 1), (0, 3, 1)]
    assert records(run([(0, 1, 2, 1)], [-1], "prorata", opening)) == [(0, 1, 1), (0, 2, 1)]


def test_what_an_account_pays_without_having_it_is_unknown() -> None:
    traced = run([(0, 1, 50, 1), (1, 2, 50, 2)], [-1, -1], "fifo", [(0, 1, 20)])
    assert records(traced) == [(0, 1, 20), (1, 1, 20)]
    assert traced.overdrawn.tolist() == [30, 0, 0, 0, 0, 0]
    assert traced.entered.tolist() == [30, 20, 0, 0, 0]


def test_a_transfer_to_itself_loses_nothing() -> None:
    traced = run([(0, 0, 70, 1)], [-1], "prorata", [(0, 1, 50), (0, 2, 50)])
    assert sorted(zip(traced.held_colour, traced.held_fen, strict=True)) == [(1, 50), (2, 50)]


def test_colours_fade_beyond_hops_and_beyond_the_window() -> None:
    rows: list[Row] = [(-1, 0, 9, 0), (0, 1, 9, 5), (1, 2, 9, 8), (2, 3, 9, 30)]
    tints = [1, -1, -1, -1]
    assert records(run(rows, tints, "fifo", maximum_hops=1)) == [(0, 1, 9), (1, 1, 9)]
    within = run(rows, tints, "fifo", window_us=8)
    assert records(within) == [(0, 1, 9), (1, 1, 9), (2, 1, 9)]
    assert within.faded.tolist() == [0, 9, 0, 0, 0]


def test_a_window_begins_for_opening_balances_with_the_first_transfer() -> None:
    late = 1_465_000_000_000_000  # microseconds since 1970: mid-2016
    rows: list[Row] = [(4, 5, 1, late), (0, 1, 9, late + 8), (1, 2, 9, late + 9)]
    traced = run(rows, [-1, -1, -1], "fifo", [(0, 1, 9)], window_us=8)
    assert records(traced) == [(1, 1, 9)]
    assert traced.faded.tolist() == [0, 9, 0, 0, 0]


def test_errors_name_what_is_wrong() -> None:
    with pytest.raises(ContractError, match="unknown convention 'hifo'; known are fifo, lifo"):
        run([(0, 1, 1, 1)], [-1], "hifo")
    with pytest.raises(ContractError, match="not in time order"):
        run([(0, 1, 1, 2), (0, 1, 1, 1)], [-1, -1], "fifo")
    with pytest.raises(ContractError, match=r"account number is not within -1\.\.5"):
        run([(0, 9, 1, 1)], [-1], "fifo")


@given(
    amount=st.integers(1, 2**61),
    part=st.integers(0, 2**61),
    more=st.integers(1, 2**61),
)
@settings(max_examples=200, deadline=None)
def test_scaled_is_exact(amount: int, part: int, more: int) -> None:
    whole = part + more
    assert scaled(amount, part, whole) == divmod(amount * part, whole) or amount > whole


def reference(
    rows: list[Row], tint: list[int], convention: str, opening: list[tuple[int, int, int]]
) -> dict[tuple[int, int], int]:
    """The same pass by plain lists; returns the fen by transfer and colour, unknown left out."""
    held: dict[int, list[list[int]]] = {}
    for account, colour, amount in opening:
        held.setdefault(account, []).append([colour, amount])
    said: dict[tuple[int, int], int] = {}
    for number, ((payer, payee, amount, _), colour) in enumerate(zip(rows, tint, strict=True)):
        pieces: list[list[int]] = []
        mine = held.get(payer, [])
        if payer >= 0 and convention == "prorata":
            sums = {c: sum(a for k, a in mine if k == c) for c in sorted({k for k, a in mine if a})}
            total = sum(sums.values())
            drawn = min(amount, total)
            exact = {c: Fraction(drawn * a, total) for c, a in sums.items() if total}
            whole = {c: int(share) for c, share in exact.items()}
            order = sorted(whole, key=lambda c: (whole[c] - exact[c], c))
            for c in order[: drawn - sum(whole.values())]:
                whole[c] += 1
            pieces = [[c, a] for c, a in whole.items()]
            held[payer] = [[c, a - whole[c]] for c, a in sums.items()]
        elif payer >= 0:
            left = amount
            while left and mine:
                lot = mine[0 if convention == "fifo" else -1]
                taken = min(left, lot[1])
                pieces.append([lot[0], taken])
                lot[1] -= taken
                left -= taken
                if not lot[1]:
                    mine.remove(lot) if convention == "fifo" else mine.pop()
        pieces.append([0, amount - sum(a for _, a in pieces)])
        if colour >= 0:
            pieces = [[colour, amount]]
        for c, a in pieces:
            if c and a:
                said[number, c] = said.get((number, c), 0) + a
        if payee >= 0:
            held.setdefault(payee, []).extend([p for p in pieces if p[1]])
    return said


ROWS = st.lists(
    st.tuples(st.integers(-1, 5), st.integers(-1, 5), st.integers(0, 40), st.integers(-4, 4)),
    max_size=40,
)
OPENING = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 60)), max_size=8)


@pytest.mark.parametrize("convention", ["fifo", "lifo", "prorata"])
@given(drawn=ROWS, opening=OPENING)
@settings(max_examples=150, deadline=None)
def test_the_pass_equals_the_plain_reference_and_conserves_every_fen(
    convention: str, drawn: list[tuple[int, int, int, int]], opening: list[tuple[int, int, int]]
) -> None:
    rows = [(payer, payee, amount, time) for time, (payer, payee, amount, _) in enumerate(drawn)]
    tint = [max(colour, -1) for _, _, _, colour in drawn]
    opening = [row for row in opening if row[2]]
    traced = run(rows, tint, convention, opening)
    said: dict[tuple[int, int], int] = {}
    for number, colour, amount in records(traced):
        said[number, colour] = said.get((number, colour), 0) + amount
    assert said == reference(rows, tint, convention, opening)
    held = np.zeros(5, dtype=np.int64)
    np.add.at(held, traced.held_colour, traced.held_fen)
    assert (traced.entered == traced.left + traced.faded + traced.cut + held).all()
