"""Whether confidences are true to their word: bins, the error, and the fit that corrects them."""

from __future__ import annotations

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from data.calibration import MOST_AGREEING, Calibration, log_odds
from data.errors import InputError

BINS = 10
# Findings that are added to those observed, half of them true: no share of true ones is 0 or 1.
PRIOR_FINDINGS = 2.0
# The usual strength of the penalty on a typology's offset: few findings move it little.
PENALTY = 1.0


def reliability(findings: pl.DataFrame) -> pl.DataFrame:
    """Per tenth of confidence that has findings: how many, their mean confidence, and true share.

    `findings` has the columns confidence (0..1) and true.
    """
    tenth = (pl.col("confidence") * BINS).floor().clip(0, BINS - 1).cast(pl.Int64)
    return (
        findings.with_columns((tenth / BINS).alias("from"))
        .group_by("from")
        .agg(
            pl.len().alias("findings"),
            pl.col("confidence").mean(),
            pl.col("true").mean().alias("true_share"),
        )
        .sort("from")
    )


def calibration_error(findings: pl.DataFrame) -> float:
    """The expected calibration error, 0..1: |true share - mean confidence| over the bins.

    Each bin weighs as many findings as it holds. Source: Naeini, Cooper, Hauskrecht, AAAI 2015.
    """
    if findings.is_empty():
        raise InputError("no findings, so that there is no calibration error; take more seeds")
    bins = reliability(findings)
    gaps = (bins["true_share"] - bins["confidence"]).abs() * bins["findings"]
    return float(gaps.sum() / findings.height)


def fit_calibration(
    findings: pl.DataFrame, version: int, scale: str, seeds: tuple[int, ...]
) -> Calibration:
    """Fit the table by logistic regression (Platt's scaling, with an offset a typology).

    `findings` has the columns typology, stated (0..1), agreeing and true. What would fall as the
    detector's confidence or the number that agree rises is left out: it would be chance.

    Raises:
        InputError: there are no findings to fit.
    """
    if findings.is_empty():
        raise InputError("no findings to fit a calibration on; take more seeds or a larger scale")
    names = sorted(findings["typology"].unique().to_list())
    stated = np.array([log_odds(each) for each in findings["stated"].to_list()])
    agreeing = np.minimum(findings["agreeing"].to_numpy(), MOST_AGREEING).astype(float)
    own = np.array([[each == name for name in names] for each in findings["typology"].to_list()])
    slopes = np.column_stack([stated, agreeing])
    use = [True, True]
    while True:
        columns = np.column_stack([slopes * use, own])
        intercept, weights = _logistic(columns, findings["true"].to_numpy())
        falling = [n for n in range(2) if weights[n] < 0]
        if not falling:
            break
        for n in falling:
            use[n] = False
    return Calibration(
        version=version,
        scale=scale,
        seeds=seeds,
        findings=findings.height,
        intercept=round(intercept, 4),
        slope=round(weights[0], 4),
        agreeing=round(weights[1], 4),
        offsets={name: round(weights[2 + n], 4) for n, name in enumerate(names)},
    )


def _logistic(columns: np.ndarray, true: np.ndarray) -> tuple[float, list[float]]:
    middle = np.vstack([columns.mean(axis=0)] * 2)
    weights = np.concatenate([np.ones(len(true)), np.full(2, PRIOR_FINDINGS / 2)])
    model = LogisticRegression(C=1 / PENALTY, max_iter=1000)
    model.fit(np.vstack([columns, middle]), np.concatenate([true, [0, 1]]), sample_weight=weights)
    return float(model.intercept_[0]), [float(weight) for weight in model.coef_[0]]
