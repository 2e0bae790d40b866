"""Internal rates of return, against what is known in closed form and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from detectors.realised_returns import yearly_returns


def one(*flows: tuple[int, int]) -> float:
    days, amounts = zip(*flows, strict=True)
    return float(
        yearly_returns(np.zeros(len(days), np.int64), np.array(days), np.array(amounts))[0]
    )


def test_known_rates() -> None:
    assert one((0, -10_000), (365, 11_000)) == pytest.approx(0.1)
    assert one((0, -10_000), (73, 10_200)) == pytest.approx(1.02**5 - 1)
    assert one((100, -10_000), (465, 10_000)) == pytest.approx(0, abs=1e-9)
    assert one((0, -10_000), (365, 5_000)) == pytest.approx(-0.5)


def test_positions_without_a_rate_have_none() -> None:
    assert np.isnan(one((0, -10_000)))
    assert np.isnan(one((0, 500), (10, 500)))
    assert np.isnan(one((5, -100), (5, 200)))
    assert len(yearly_returns(*(np.zeros(0, np.int64),) * 3)) == 0


@given(
    st.lists(
        st.tuples(
            st.integers(1_000, 10_000_000),
            st.lists(
                st.tuples(st.integers(1, 400), st.integers(1, 5_000_000)), min_size=1, max_size=6
            ),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_many_at_once_agree_with_scipy(positions: list[tuple[int, list[tuple[int, int]]]]) -> None:
    rows = [
        (number, day, fen)
        for number, (paid, got) in enumerate(positions)
        for day, fen in [(0, -paid), *got]
    ]
    found = yearly_returns(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))
    for number, (paid, got) in enumerate(positions):
        flows = [(0, -paid), *got]

        def worth(rate: float, flows: list[tuple[int, int]] = flows) -> float:
            return sum(fen * (1 + rate) ** (-day / 365) for day, fen in flows)

        if worth(-0.99) > 0 > worth(1000):
            assert found[number] == pytest.approx(brentq(worth, -0.99, 1000), abs=1e-6)
        else:
            assert np.isnan(found[number])
