"""Closures: literal ties of every kind, and ownership equal to NetworkX on random graphs."""

from __future__ import annotations

import numpy as np
import pytest

from graph.ownership import Relations, closure, product_shares

KINDS = (
    "controls", "director", "guarantees", "kin", "legal_representative", "merchant_of",
    "same_address", "same_device", "same_phone", "shareholder",
)  # fmt: skip


def relations(*rows: tuple[int, int, str] | tuple[int, int, str, float]) -> Relations:
    return Relations.of(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
        np.array([KINDS.index(row[2]) for row in rows], dtype=np.int64),
        np.array([row[3] if len(row) > 3 else np.nan for row in rows], dtype=np.float64),
        KINDS,
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([(1, 0, "shareholder", 0.2)], {0, 1}, id="a fifth"),
        pytest.param([(1, 0, "shareholder", 0.19)], {0}, id="less than a fifth"),
        pytest.param(
            [(1, 0, "shareholder", 0.5), (2, 1, "shareholder", 0.4)], {0, 1, 2}, id="product 0.2"
        ),
        pytest.param(
            [(1, 0, "shareholder", 0.5), (2, 1, "shareholder", 0.39)], {0, 1}, id="product 0.195"
        ),
        pytest.param([(1, 0, "controls"), (1, 2, "shareholder", 0.3)], {0, 1, 2}, id="sister firm"),
        pytest.param([(0, 1, "shareholder", 0.6)], {0, 1}, id="subsidiary"),
        pytest.param(
            [(1, 0, "legal_representative"), (2, 0, "director")], {0, 1, 2}, id="officers"
        ),
        pytest.param([(1, 0, "guarantees")], {0, 1}, id="guarantor"),
        pytest.param(
            [(1, 0, "controls"), (1, 2, "kin"), (2, 3, "kin")], {0, 1, 2}, id="kin, not kin's kin"
        ),
        pytest.param(
            [(1, 0, "same_device"), (0, 2, "same_phone"), (3, 0, "same_address")],
            {0, 1, 2, 3},
            id="contacts",
        ),
        pytest.param([(1, 0, "merchant_of")], {0}, id="merchants are outside"),
        pytest.param([(0, 1, "shareholder", 0.9), (1, 0, "shareholder", 0.9)], {0, 1}, id="a ring"),
    ],
)
def test_who_belongs_to_a_closure(rows: list[tuple[int, int, str]], expected: set[int]) -> None:
    assert set(closure(relations(*rows), 0, 0.2)) == expected


def test_a_tie_tells_its_chain_and_share() -> None:
    tie = closure(relations((1, 0, "shareholder", 0.5), (2, 1, "shareholder", 0.8)), 0, 0.2)[2]
    assert tie.share == pytest.approx(0.4)
    assert tie.chain == ((0, 1, "shareholder"), (1, 2, "shareholder"))


def test_a_limit_bounds_the_closure() -> None:
    rows = [(number, 0, "controls") for number in range(1, 50)]
    assert len(closure(relations(*rows), 0, 0.2, maximum_parties=10)) <= 11


@pytest.mark.parametrize("seed", range(40))
def test_owners_equal_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [
        (int(a), int(b), "shareholder", round(float(rng.uniform(0.05, 1)), 2))
        for a, b in rng.integers(0, 12, (25, 2))
        if a != b
    ]
    ties = relations(*rows)
    reached = product_shares(ties, 0, 0.2)
    found = closure(ties, 0, 0.2)
    assert reached.keys() <= found.keys(), f"seed {seed}"
    for owner, share in reached.items():
        assert found[owner].share == pytest.approx(share), f"seed {seed}, owner {owner}"
