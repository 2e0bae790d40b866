"""Amounts of money in fen: heavy tails, round sums and splits that add up."""

from __future__ import annotations

import numpy as np

from simulator.rows import Array, Ints
from simulator.world import YUAN


def heavy(rng: np.random.Generator, count: int, median_yuan: Array | float, spread: float) -> Ints:
    """Log-normal amounts to the fen with a long upper tail; at least one yuan."""
    drawn = np.asarray(median_yuan) * np.exp(rng.normal(0.0, spread, count))
    tail = np.where(rng.random(count) < 0.01, rng.pareto(1.6, count) + 1.0, 1.0)
    return np.maximum((drawn * tail * YUAN).astype(np.int64), YUAN)


def rounded(rng: np.random.Generator, amount: Ints, share: float) -> Ints:
    """Round a share of the amounts to two leading digits, as people do."""
    unit = 10 ** np.maximum(np.floor(np.log10(np.maximum(amount, 1))).astype(np.int64) - 1, 0)
    nice = np.maximum(amount // unit, 1) * unit
    return np.where(rng.random(len(amount)) < share, nice, amount)


def split(rng: np.random.Generator, total: Ints, parts: Ints) -> tuple[Ints, Ints]:
    """Split each total into that many parts; returns the owner of each part and the parts.

    The parts of a total add up to it to the fen.
    """
    owner = np.repeat(np.arange(len(total)), parts)
    weight = rng.gamma(2.0, 1.0, len(owner)) + 0.15
    weight_sum = np.bincount(owner, weight, minlength=len(total))
    share = np.floor(total[owner] * (weight / weight_sum[owner])).astype(np.int64)
    rest = total - np.bincount(owner, share, minlength=len(total)).astype(np.int64)
    last = np.cumsum(parts) - 1
    filled = parts > 0
    share[last[filled]] += rest[filled]
    return owner, share
