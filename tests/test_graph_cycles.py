"""Cycles: every one that NetworkX or a plain walk finds, on random graphs, and under bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_references import HALF_TO_MORE, LATE, random_rows, simple, temporal

from data.errors import ContractError
from graph.amount_ratio import AmountRatio
from graph.pattern_found import Bounds, Cut
from graph.simple_cycles import simple_cycles
from graph.temporal_cycles import temporal_cycles
from graph.transfer_list import TransferList

RATIO = AmountRatio.parse("0.5:1.5")
COUNT = Bounds(store=False)


@pytest.mark.parametrize("block", range(4))
def test_simple_cycles_are_those_of_networkx(block: int) -> None:
    for seed in range(60 * block, 60 * block + 60):
        print("seed", seed)
        generator, rows = random_rows(seed, accounts=11, rows=45)
        shortest = int(generator.integers(2, 5))
        longest = int(generator.integers(shortest, 9))
        transfers = TransferList.of(rows)
        for ratio, plain in ((None, None), (RATIO, HALF_TO_MORE)):
            if ratio and longest > 6:
                continue
            expected = simple(rows, shortest, longest, plain)
            found = simple_cycles(
                transfers,
                min_length=shortest,
                max_length=longest,
                ratio=ratio,
                threads=1 + seed % 2,
            )
            counted = simple_cycles(
                transfers, min_length=shortest, max_length=longest, ratio=ratio, bounds=COUNT
            )
            assert found.accounts["member"].to_lists() == expected
            assert (found.count, found.cut) == (len(expected), None)
            assert counted.sizes.tolist() == found.sizes.tolist()
            assert counted.per_account["member"].tolist() == found.per_account["member"].tolist()
            for cycle, hops in zip(expected, found.transfers.to_lists(), strict=True):
                pairs = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
                assert [rows[hop][:2] for hop in hops] == pairs
                amounts = [rows[hop][2] for hop in hops]
                if ratio:
                    assert all(map(ratio.allows, amounts, [*amounts[1:], amounts[0]]))


@pytest.mark.parametrize("times", ["strict", "ties", "any"])
def test_temporal_cycles_are_those_of_a_plain_walk(times: str) -> None:
    total = 0
    for seed in range(300):
        print("seed", seed)
        generator, rows = random_rows(seed)
        window = int(generator.integers(0, 20)) if generator.integers(0, 4) else None
        shortest = int(generator.integers(2, 4))
        longest = int(generator.integers(shortest, 9))
        ratio, plain = (RATIO, HALF_TO_MORE) if generator.integers(0, 2) else (None, None)
        closing = bool(generator.integers(0, 2))
        transfers = TransferList.of(rows)
        chosen = {"window_us": window, "times": times, "ratio": ratio, "closing": closing}
        chosen |= {"min_length": shortest, "max_length": longest, "threads": 1 + seed % 2}
        found = temporal_cycles(transfers, **chosen)  # type: ignore[arg-type]
        counted = temporal_cycles(transfers, bounds=COUNT, **chosen)  # type: ignore[arg-type]
        cycles = [tuple(hops) for hops in found.transfers.to_lists()]
        limit = LATE if window is None else window
        expected = temporal(rows, shortest, longest, limit, times, plain, closing)
        assert sorted(cycles) == sorted(expected)
        assert found.accounts["member"].to_lists() == [
            [rows[hop][0] for hop in hops] for hops in cycles
        ]
        assert cycles == sorted(cycles, key=lambda hops: (len(hops), rows[hops[0]][0]))
        assert counted.sizes.tolist() == found.sizes.tolist()
        assert counted.per_account["member"].tolist() == found.per_account["member"].tolist()
        total += len(expected)
    assert total > 200


def complete(accounts: int) -> TransferList:
    pairs = [(a, b, 1, a * accounts + b) for a in range(accounts) for b in range(accounts)]
    return TransferList.of(pairs)


def test_a_bound_keeps_the_first_and_says_what_it_cut() -> None:
    rows = complete(6)
    every = simple_cycles(rows, min_length=3, max_length=4)
    assert every.sizes.tolist() == [0, 0, 0, 40, 90]
    for threads in (1, 2):
        found = simple_cycles(
            rows, min_length=3, max_length=3, bounds=Bounds(instances=25), threads=threads
        )
        assert found.cut == Cut("instances", 25, 1, 4)
        assert found.accounts["member"].to_lists() == every.accounts["member"].to_lists()[:25]
        found = simple_cycles(
            rows, min_length=3, max_length=3, bounds=Bounds(per_start=7), threads=threads
        )
        assert found.cut == Cut("per_start", 7, 2, 0)
        assert found.sizes.tolist() == [0, 0, 0, 7 + 7 + 6 + 2]
        assert str(found.cut) == "cut by per_start 7: 2 starts searched in part, 0 not searched"
    counted = simple_cycles(
        rows, min_length=3, max_length=3, bounds=Bounds(per_start=7, store=False)
    )
    assert (counted.count, len(counted.transfers)) == (22, 0)
    timed = temporal_cycles(rows, max_length=3, bounds=Bounds(instances=3))
    assert timed.cut is not None and timed.count == 3


rows_of = st.lists(
    st.tuples(*(st.integers(0, 6) for _ in range(2)), st.integers(0, 9), st.integers(0, 9)),
    max_size=24,
)


@settings(deadline=None, max_examples=60)
@given(rows_of, st.permutations(range(7)), st.integers(0, 2**32 - 1))
def test_names_and_the_order_of_rows_do_not_matter(
    rows: list[tuple[int, int, int, int]], names: list[int], seed: int
) -> None:
    moved = np.random.default_rng(seed).permutation(len(rows))
    other = [(names[rows[n][0]], names[rows[n][1]], *rows[n][2:]) for n in moved]

    def cycles(of: list[tuple[int, int, int, int]], times: str) -> list[list[tuple[int, ...]]]:
        found = temporal_cycles(
            TransferList.of(of),
            window_us=5,
            times=times,  # type: ignore[arg-type]
        )
        return sorted(sorted(of[hop] for hop in hops) for hops in found.transfers.to_lists())

    renamed = [(names[a], names[b], c, d) for a, b, c, d in rows]
    for times in ("strict", "ties", "any"):
        assert cycles(renamed, times) == cycles(other, times)
    one, two = (
        {frozenset(c) for c in simple_cycles(TransferList.of(r)).accounts["member"].to_lists()}
        for r in (rows, other)
    )
    assert {frozenset(names[a] for a in cycle) for cycle in one} == two


def test_ids_and_amounts_at_the_ends_of_their_range() -> None:
    rows = TransferList.of([(0, 1, 2**62, 1 - 2**62), (1, 0, 2**63 - 1, 2**62 - 1)])
    assert temporal_cycles(rows, ratio=AmountRatio.parse("0.5:2")).count == 1
    assert temporal_cycles(rows, ratio=AmountRatio.parse("0.51:1.9")).count == 0
    assert temporal_cycles(rows, ratio=AmountRatio.parse("1.5:2"), closing=False).count == 1
    none = TransferList.of([])
    assert simple_cycles(none).count == temporal_cycles(none).count == 0


def test_what_is_refused() -> None:
    rows = TransferList.of([(0, 1, 5), (1, 0, 5)])
    with pytest.raises(ContractError, match="without times"):
        temporal_cycles(rows)
    with pytest.raises(ContractError, match="lengths 2 to 9"):
        simple_cycles(rows, min_length=2, max_length=9)
    with pytest.raises(ContractError, match="unknown times 'later'; known are strict, ties, any"):
        temporal_cycles(TransferList.of([(0, 1, 5, 1)]), times="later")  # type: ignore[arg-type]
    with pytest.raises(ContractError, match="a limit of 0 instances"):
        Bounds(instances=0)
    with pytest.raises(ContractError, match="too far from 1970"):
        TransferList.of([(0, 1, 5, 2**62)])
    with pytest.raises(ContractError, match="amount is negative"):
        TransferList.of([(0, 1, -5)])
