"""Tracing: literal cases of each convention, a plain reference, and conservation to the fen."""

from __future__ import annotations

import numpy as np
import pytest
import tracing_references
from hypothesis import given, settings
from hypothesis import strategies as st
from tracing_references import Lot, Row

from data.errors import ContractError
from graph.largest_remainder import scaled
from graph.tracing import CONVENTIONS, Convention, Opening, Trace, Transfers, trace


def run(
    rows: list[Row],
    tint: list[int],
    convention: Convention,
    opening: list[Lot] | None = None,
    *,
    accounts: int = 6,
    colours: int = 5,
    record: bool = True,
) -> Trace:
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    held = np.array(opening or [], dtype=np.int64).reshape(-1, 3)
    return trace(
        Transfers(*(table[:, column].copy() for column in range(4))),
        np.array(tint, dtype=np.int64),
        accounts=accounts,
        colours=colours,
        convention=convention,
        opening=Opening(*(held[:, column].copy() for column in range(3))),
        record=record,
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
    convention: Convention, expected: list[tuple[int, int, int]]
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


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_transfer_to_itself_moves_nothing(convention: Convention) -> None:
    traced = run([(0, 0, 170, 1), (-1, -1, 5, 1)], [2, 3], convention, [(0, 1, 50), (0, 2, 50)])
    assert sorted(zip(traced.held_colour, traced.held_fen, strict=True)) == [(1, 50), (2, 50)]
    assert (records(traced), traced.overdrawn.sum(), traced.entered.sum()) == ([], 0, 100)


def test_errors_name_what_is_wrong() -> None:
    with pytest.raises(
        ContractError, match="unknown convention 'hifo'; known are fifo, prorata, lifo"
    ):
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


def by_key(first: np.ndarray, second: np.ndarray, fen: np.ndarray) -> dict[tuple[int, int], int]:
    sums: dict[tuple[int, int], int] = {}
    for one, other, amount in zip(first.tolist(), second.tolist(), fen.tolist(), strict=True):
        sums[one, other] = sums.get((one, other), 0) + amount
    return sums


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_hundreds_of_random_worlds_equal_the_plain_reference(convention: Convention) -> None:
    for seed in range(400):
        rows, tint, opening = tracing_references.world(seed)
        traced = run(rows, tint, convention, opening)
        said, held = tracing_references.carried(rows, tint, convention, opening)
        assert by_key(traced.transfer, traced.colour, traced.amount_fen) == said, f"seed {seed}"
        found = by_key(traced.held_account, traced.held_colour, traced.held_fen)
        assert found == held, f"seed {seed}"
        sums = run(rows, tint, convention, opening, record=False)
        assert len(sums.transfer) == 0
        assert (sums.entered == traced.entered).all(), f"seed {seed}"
        assert (sums.held_fen == traced.held_fen).all(), f"seed {seed}"


ROWS = st.lists(
    st.tuples(st.integers(-1, 5), st.integers(-1, 5), st.integers(0, 40), st.integers(-4, 4)),
    max_size=40,
)
OPENING = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(1, 60)), max_size=8)


@pytest.mark.parametrize("convention", CONVENTIONS)
@given(drawn=ROWS, opening=OPENING)
@settings(max_examples=150, deadline=None)
def test_every_fen_is_conserved_for_every_colour_account_and_instant(
    convention: Convention, drawn: list[Row], opening: list[Lot]
) -> None:
    rows = [(payer, payee, amount, time) for time, (payer, payee, amount, _) in enumerate(drawn)]
    tint = [max(colour, -1) for _, _, _, colour in drawn]
    traced = run(rows, tint, convention, opening)
    # Books kept by account and colour from the records alone; unknown money is the rest.
    books = np.zeros((6, 5), dtype=np.int64)
    for account, colour, amount in opening:
        books[account, colour] += amount
    moved = by_key(traced.transfer, traced.colour, traced.amount_fen)
    entered, left = books.sum(axis=0), np.zeros(5, dtype=np.int64)
    overdrawn = np.zeros(6, dtype=np.int64)
    for number, (payer, payee, amount, _) in enumerate(rows):
        if payer == payee:
            continue
        arriving = np.array([moved.get((number, colour), 0) for colour in range(5)])
        arriving[0] = amount - arriving.sum()
        assert arriving[0] >= 0
        if payer >= 0:
            lacking = max(amount - books[payer].sum(), 0)
            overdrawn[payer] += lacking
        else:
            lacking = amount
        entered[0] += lacking
        if tint[number] >= 0:
            entered[tint[number]] += amount
            # What was drawn is replaced; a run in which only this transfer is blank tells it.
            blank = run(
                [*rows[:number], (payer, -1, amount, number)],
                [*tint[:number], -1],
                convention,
                opening,
            )
            shown = by_key(blank.transfer, blank.colour, blank.amount_fen)
            leaving = np.array([shown.get((number, colour), 0) for colour in range(5)])
            leaving[0] = amount - leaving.sum()
            left += leaving
        else:
            leaving = arriving.copy()
        if payer >= 0:
            leaving[0] -= lacking
            books[payer] -= leaving
        if payee >= 0:
            books[payee] += arriving
        else:
            left += arriving
        assert (books >= 0).all()
        assert (entered == left + books.sum(axis=0)).all()
    held = np.zeros((6, 5), dtype=np.int64)
    np.add.at(held, (traced.held_account, traced.held_colour), traced.held_fen)
    assert (held == books).all()
    assert (traced.entered == entered).all()
    assert (traced.left == left).all()
    assert (traced.overdrawn == overdrawn).all()


def test_missing_money_is_the_newest_in_a_payment() -> None:
    rows: list[Row] = [(0, 1, 50, 1), (1, 2, 30, 2)]
    assert records(run(rows, [-1, -1], "lifo", [(0, 1, 20)])) == [(0, 1, 20), (1, 1, 20)]
    assert records(run(rows, [-1, -1], "fifo", [(0, 1, 20)])) == [(0, 1, 20), (1, 1, 20)]
    rows = [(0, 1, 50, 1), (1, 2, 20, 2)]
    assert records(run(rows, [-1, -1], "fifo", [(0, 1, 20)])) == [(0, 1, 20), (1, 1, 20)]
    assert records(run(rows, [-1, -1], "lifo", [(0, 1, 20)])) == [(0, 1, 20), (1, 1, 20)]
