"""Following marked money: literal cases, and no fen more than was marked."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.following import Arrival, Chain, Mark, Move, follow


def test_a_payment_takes_the_lot_that_it_passes_on_nearly_whole() -> None:
    marks = [Mark(1, 0, 0, 100), Mark(2, 1, 0, 50)]
    moves = [Move(10, 2, 0, 1, 49), Move(11, 3, 1, 9, 49), Move(12, 4, 0, 9, 100)]
    assert follow(marks, moves, {9}, window=10, maximum_hops=3, passed_on=1.06) == [
        Arrival(2, 9, 49, (10, 11)),
        Arrival(1, 9, 100, (12,)),
    ]


def test_else_it_takes_the_oldest_lots() -> None:
    marks = [Mark(1, 0, 0, 100), Mark(2, 1, 0, 50)]
    assert follow(
        marks, [Move(10, 2, 0, 9, 120)], {9}, window=10, maximum_hops=3, passed_on=1.06
    ) == [
        Arrival(1, 9, 100, (10,)),
        Arrival(2, 9, 20, (10,)),
    ]


def test_a_chain_has_its_own_window_and_hops() -> None:
    moves = [Move(number, 4 * number, number - 1, number, 5) for number in (1, 2, 3)]
    late = Chain({1, 2}, window=12, maximum_hops=3)
    for chain, came in ((late, 1), (Chain({1, 2}, 11, 3), 0), (Chain({1}, 12, 3), 0)):
        arrivals = follow(
            [Mark(0, 0, 0, 5)], moves, {3}, window=4, maximum_hops=2, passed_on=1.06, chain=chain
        )
        assert len(arrivals) == came
    straight = [Move(1, 9, 0, 3, 5)]
    marks = [Mark(0, 0, 0, 5)]
    assert follow(marks, straight, {3}, 4, 2, passed_on=1.06, chain=late) == []


def test_what_lay_on_a_stop_and_went_to_no_end_has_arrived_there() -> None:
    marks = [Mark(0, 0, 0, 10)]
    moves = [Move(1, 1, 0, 1, 10), Move(2, 2, 1, 2, 8), Move(3, 3, 2, 9, 5)]
    assert follow(marks, moves, {9}, 10, 3, passed_on=1.06, stops={1, 2}) == [
        Arrival(0, 9, 5, (1, 2, 3)),
        Arrival(0, 2, 3, (1, 2)),
        Arrival(0, 1, 2, (1,)),
    ]


def test_beyond_window_or_hops_nothing_arrives() -> None:
    chain = [Move(number, number, number - 1, number, 5) for number in (1, 2, 3)]
    assert follow([Mark(0, 0, 0, 5)], chain, {3}, window=2, maximum_hops=3, passed_on=1.06) == []
    assert follow([Mark(0, 0, 0, 5)], chain, {3}, window=3, maximum_hops=2, passed_on=1.06) == []
    assert follow([Mark(0, 0, 0, 5)], chain, {3}, window=3, maximum_hops=3, passed_on=1.06) == [
        Arrival(0, 3, 5, (1, 2, 3))
    ]


ACCOUNT = st.integers(0, 4)


@given(
    st.lists(st.tuples(ACCOUNT, st.integers(1, 50)), max_size=5),
    st.lists(st.tuples(ACCOUNT, ACCOUNT, st.integers(1, 50)), max_size=20),
)
@settings(max_examples=200, deadline=None)
def test_no_more_arrives_than_was_marked_or_moved(
    marked: list[tuple[int, int]], moved: list[tuple[int, int, int]]
) -> None:
    marks = [Mark(number, 0, account, fen) for number, (account, fen) in enumerate(marked)]
    moves = [Move(n, n + 1, a, b, fen) for n, (a, b, fen) in enumerate(moved)]
    arrivals = follow(marks, moves, {4}, window=100, maximum_hops=5, passed_on=1.06)
    for mark in marks:
        came = sum(each.amount_fen for each in arrivals if each.mark == mark.number)
        assert came <= mark.amount_fen
    for move in moves:
        carried = sum(each.amount_fen for each in arrivals if move.number in each.path)
        assert carried <= move.amount_fen
