"""Chains, fans, scatter-gather, gather-scatter, bipartite and stack against plain references."""

from __future__ import annotations

import numpy as np
import pytest
from pattern_references import (
    HALF_TO_MORE,
    LATE,
    Range,
    bicliques,
    chain,
    fan,
    paths_between,
    random_rows,
    stacked,
    turns,
)

from graph.amount_ratio import AmountRatio
from graph.bipartite import bipartite
from graph.chains import chains
from graph.fans import fan_sizes, fans
from graph.gather_scatter import gather_scatter
from graph.pattern_found import Bounds, Cut, Found
from graph.scatter_gather import scatter_gather
from graph.stack import stack
from graph.transfer_list import TransferList

RATIO = AmountRatio.parse("0.5:1.5")
COUNT = Bounds(store=False)


def choices(generator: np.random.Generator) -> tuple[int | None, int, AmountRatio | None, Range]:
    """A window, the same as a number, a ratio, and the same as fractions."""
    window = int(generator.integers(0, 20)) if generator.integers(0, 4) else None
    ratio, plain = (RATIO, HALF_TO_MORE) if generator.integers(0, 2) else (None, None)
    return window, LATE if window is None else window, ratio, plain


def lists(found: Found, *roles: str) -> list[tuple]:
    parts = [found.accounts[role].distinct().to_lists() for role in roles]
    return list(zip(*parts, found.transfers.to_lists(), strict=True))


def same_counts(found: Found, counted: Found) -> None:
    assert (counted.count, len(counted.transfers)) == (found.count, 0)
    assert counted.sizes.tolist() == found.sizes.tolist()
    for role, counts in found.per_account.items():
        assert counted.per_account[role].tolist() == counts.tolist()


@pytest.mark.parametrize("times", ["strict", "ties"])
def test_chains(times: str) -> None:
    total = 0
    for seed in range(250):
        print("seed", seed)
        generator, rows = random_rows(seed, rows=22)
        window, limit, ratio, plain = choices(generator)
        shortest = int(generator.integers(2, 4))
        longest = int(generator.integers(shortest, 6))
        transfers = TransferList.of(rows)
        chosen = {"window_us": window, "times": times, "ratio": ratio, "threads": 1 + seed % 2}
        chosen |= {"min_length": shortest, "max_length": longest}
        found = chains(transfers, **chosen)  # type: ignore[arg-type]
        paths = [tuple(hops) for hops in found.transfers.to_lists()]
        expected = chain(rows, shortest, longest, limit, times, plain)
        assert sorted(paths) == sorted(expected)
        assert paths == sorted(paths, key=lambda hops: (len(hops), rows[hops[0]][0]))
        assert found.accounts["member"].to_lists() == [
            [rows[path[0]][0], *(rows[hop][1] for hop in path)] for path in paths
        ]
        same_counts(found, chains(transfers, bounds=COUNT, **chosen))  # type: ignore[arg-type]
        total += len(expected)
    assert total > 100


@pytest.mark.parametrize("side", ["in", "out"])
def test_fans(side: str) -> None:
    roles = ("payee", "payer") if side == "in" else ("payer", "payee")
    for seed in range(250):
        print("seed", seed)
        generator, rows = random_rows(seed, rows=30)
        window, limit, _, _ = choices(generator)
        members = int(generator.integers(1, 4))
        transfers = TransferList.of(rows)
        found = fans(transfers, side, window_us=window, min_members=members)  # type: ignore[arg-type]
        expected = fan(rows, side, limit, members)
        assert [(c[0], o, t) for c, o, t in lists(found, *roles)] == expected
        centres = np.bincount([each[0] for each in expected], minlength=transfers.accounts)
        assert found.per_account[roles[0]].tolist() == centres.tolist()
        measured = fan_sizes(transfers, side, window)  # type: ignore[arg-type]
        for place, row in enumerate(measured.rows.tolist()):
            window_rows = measured.rows[measured.first[place] : place + 1].tolist()
            other = 0 if side == "in" else 1
            assert row == window_rows[-1]
            assert measured.size[place] == len({rows[each][other] for each in window_rows})


@pytest.mark.parametrize("times", ["strict", "ties"])
def test_gather_scatter(times: str) -> None:
    total = 0
    for seed in range(300):
        print("seed", seed)
        generator, rows = random_rows(seed, rows=40)
        window, limit, ratio, plain = choices(generator)
        members = int(generator.integers(1, 4))
        found = gather_scatter(
            TransferList.of(rows),
            window_us=window,
            min_members=members,
            times=times,  # type: ignore[arg-type]
            ratio=ratio,
        )
        expected = turns(rows, limit, members, times, plain)
        assert [(c[0], t) for c, t in lists(found, "centre")] == expected
        total += len(expected)
    assert total > 200


@pytest.mark.parametrize("times", ["strict", "ties", "any"])
def test_scatter_gather(times: str) -> None:
    total = 0
    for seed in range(250):
        print("seed", seed)
        generator, rows = random_rows(seed, accounts=8, rows=40)
        window, limit, ratio, plain = choices(generator)
        members = int(generator.integers(1, 4))
        chosen = {"window_us": window, "min_members": members, "times": times, "ratio": ratio}
        chosen["threads"] = 1 + seed % 2
        transfers = TransferList.of(rows)
        found = scatter_gather(transfers, **chosen)  # type: ignore[arg-type]
        expected = paths_between(rows, limit, members, times, plain)
        shown = [(p[0], m, q[0], t) for p, m, q, t in lists(found, "payer", "middle", "payee")]
        assert shown == expected
        sizes = np.bincount([len(each[1]) for each in expected]) if expected else []
        assert np.trim_zeros(found.sizes, "b").tolist() == list(sizes)
        same_counts(found, scatter_gather(transfers, bounds=COUNT, **chosen))  # type: ignore[arg-type]
        total += len(expected)
    assert total > 200


def test_bipartite() -> None:
    total = 0
    for seed in range(300):
        print("seed", seed)
        generator, rows = random_rows(seed, rows=45)
        window, limit, _, _ = choices(generator)
        members = int(generator.integers(2, 4))
        found = bipartite(
            TransferList.of(rows), window_us=window, min_members=members, threads=1 + seed % 2
        )
        shown = lists(found, "payer", "payee")
        expected = bicliques(rows, limit, members)
        assert sorted(shown) == sorted(expected)
        starts = [rows[moved[0]][0] for _, _, moved in shown]
        assert starts == sorted(starts)
        total += len(expected)
    assert total > 200


@pytest.mark.parametrize("times", ["strict", "ties"])
def test_stack(times: str) -> None:
    total = 0
    for seed in range(150):
        print("seed", seed)
        generator, rows = random_rows(seed, accounts=10, rows=60)
        window, limit, ratio, plain = choices(generator)
        transfers = TransferList.of(rows)
        layers = lists(bipartite(transfers, window_us=window), "payer", "payee")
        found = stack(
            transfers,
            window_us=window,
            times=times,  # type: ignore[arg-type]
            ratio=ratio,
            threads=1 + seed % 2,
        )
        expected = stacked(rows, layers, limit, 2, times, plain)
        assert lists(found, "payer", "middle", "payee") == expected
        total += len(expected)
    assert total > 200


def test_bounds_keep_the_first_and_say_what_they_cut() -> None:
    rows = [(payer, payee, 5, at) for at in range(40) for payer, payee in [(at % 7, (at * 3) % 8)]]
    transfers = TransferList.of(rows)
    searches = {
        "fan-in": lambda bounds: fans(transfers, "in", window_us=9, min_members=2, bounds=bounds),
        "gather-scatter": lambda bounds: gather_scatter(transfers, window_us=20, bounds=bounds),
        "scatter-gather": lambda bounds: scatter_gather(transfers, window_us=20, bounds=bounds),
        "chains": lambda bounds: chains(transfers, window_us=20, bounds=bounds),
    }
    for kind, search in searches.items():
        every = search(Bounds())
        assert every.kind == kind and every.cut is None and every.count > 3
        first = search(Bounds(instances=3))
        assert first.cut is not None and first.cut.bound == "instances" and first.count == 3
        assert search(Bounds(instances=every.count)).cut is None
        one = search(Bounds(per_start=1))
        assert one.cut is not None and one.cut.bound == "per_start"
        assert one.count < every.count
        if kind != "chains":
            assert first.transfers.to_lists() == every.transfers.to_lists()[:3]
    assert searches["fan-in"](Bounds(per_start=1)).cut == Cut("per_start", 1, 8, 0)


def test_an_amount_ratio_is_exact_where_products_leave_64_bits() -> None:
    ratio = AmountRatio.parse("0.999999999:1.000000001")
    large = 2**62
    assert ratio.allows(large, large - large // 10**9)
    assert not ratio.allows(large, large - large // 10**9 - 1)
    assert ratio.allows(large, large + large // 10**9)
    assert not ratio.allows(large, large + large // 10**9 + 1)
