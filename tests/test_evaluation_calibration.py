"""Confidences: bins and error by hand, a fit that corrects what is stated, and its table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.calibration import (
    Calibration,
    calibration,
    log_odds,
    read_calibration,
    write_calibration,
)
from data.errors import ContractError, InputError
from evaluation.calibration import calibration_error, fit_calibration, reliability
from evaluation.examination import refuse_seeds

TABLE = Calibration(
    version=3,
    scale="small",
    seeds=(5, 6),
    findings=40,
    intercept=-0.5,
    slope=0.8,
    agreeing=0.7,
    offsets={"fund_pool": 0.25},
)


def test_bins_hold_what_was_said_and_what_was_true() -> None:
    said = pl.DataFrame({"confidence": [0.91, 0.95, 1.0, 0.5], "true": [True, True, False, False]})
    assert reliability(said).to_dicts() == [
        {"from": 0.5, "findings": 1, "confidence": 0.5, "true_share": 0.0},
        {
            "from": 0.9,
            "findings": 3,
            "confidence": pytest.approx((0.91 + 0.95 + 1.0) / 3),
            "true_share": 2 / 3,
        },
    ]
    expected = (abs(2.86 - 2) + 0.5) / 4
    assert calibration_error(said) == pytest.approx(expected)
    with pytest.raises(InputError, match="no findings"):
        calibration_error(said.clear())


def test_a_fit_makes_overstated_confidences_true_to_their_word() -> None:
    random = np.random.default_rng(4)
    stated = random.uniform(0.5, 0.99, 3000)
    typology = random.choice(["fund_pool", "nesting"], 3000)
    others = random.integers(0, 3, 3000)
    odds = np.array([log_odds(each) for each in stated]) * 0.6 - 1.0 + 0.8 * others
    true = random.uniform(size=3000) < 1 / (1 + np.exp(-(odds - (typology == "nesting"))))
    said = pl.DataFrame({"typology": typology, "stated": stated, "agreeing": others, "true": true})
    before = said.with_columns(pl.col("stated").alias("confidence"))
    table = fit_calibration(said, 1, "small", (1,))
    fitted = [
        table.confidence(*row) for row in said.select("typology", "stated", "agreeing").iter_rows()
    ]
    after = calibration_error(said.with_columns(pl.Series("confidence", fitted)))
    assert calibration_error(before) > 0.15 and after < 0.03
    assert table.slope == pytest.approx(0.6, abs=0.15)
    assert table.agreeing == pytest.approx(0.8, abs=0.15)
    assert table.offsets["nesting"] < table.offsets["fund_pool"] - 0.5


def test_what_falls_by_chance_is_left_out_and_nothing_is_certain() -> None:
    said = pl.DataFrame(
        {
            "typology": ["x"] * 40,
            "stated": [0.9] * 20 + [0.6] * 20,
            "agreeing": [0] * 40,
            "true": [False] * 2 + [True] * 38,
        }
    )
    table = fit_calibration(said, 1, "small", (1,))
    assert table.slope == 0 and table.agreeing == 0
    assert 0.85 < table.confidence("x", 0.9, 0) < 0.99


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 5), st.integers(0, 5))
def test_confidence_rises_with_what_is_stated_and_with_what_agrees(
    low: float, high: float, few: int, many: int
) -> None:
    low, high = sorted((low, high))
    few, many = sorted((few, many))
    weak = TABLE.confidence("fund_pool", low, few)
    assert 0 < weak <= TABLE.confidence("fund_pool", high, many) < 1


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "calibration.toml"
    write_calibration(TABLE, path)
    assert read_calibration(path) == TABLE
    path.write_text(path.read_text("utf-8").replace("slope = 0.8", "slope = -0.8"), "utf-8")
    with pytest.raises(ContractError, match=r"calibration\.toml is no calibration table"):
        read_calibration(path)


def test_seeds_that_made_the_calibration_are_not_reported() -> None:
    refuse_seeds([1, 2], [3])
    with pytest.raises(InputError, match="seeds 3 made the calibration"):
        refuse_seeds([1, 3], [3, 4])
    with pytest.raises(InputError, match="stands twice"):
        refuse_seeds([1, 1], [3])
    assert calibration().findings > 0
