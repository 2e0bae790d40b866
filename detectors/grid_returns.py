"""Payments that are one of a few rates on lots of one grid, whichever lots those are.

Where the public pays many different sums, all of them multiples of a thousand yuan, no few lots are
usual, and ``lot_returns`` has nothing to take rates of. But a rate takes the whole grid to another
one: nearly every return is then a multiple of the rate on one step, up to the rounding, which other
payments are by chance alone.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from data.settings import FixedReturns
from detectors.lot_returns import Flags, Ints, LotReturns

# Steps that lots and payments may be multiples of, in fen: 10,000 yuan down to 100; 10 yuan to one.
LOT_STEPS = (1_000_000, 500_000, 100_000, 50_000, 10_000)
PAID_STEPS = (1_000, 100, 10, 1)
# Payments, lots, and pairs of rates and payments that are looked at together; more tell no more.
MOST_PAYMENTS = 300
MOST_LOTS = 2_000
MOST_PAIRS = 4_000_000


def grid_returns(settings: FixedReturns, lot_fen: Ints, paid_fen: Ints, person: Ints) -> LotReturns:
    """Find the rates whose multiples on the lots' grid the payments are, and which those are.

    `lot_fen` are the lots paid in, `paid_fen` and `person` the payments out, in the same order.
    Payments that are lots themselves say nothing; of a sum that is paid again and again it counts
    once whether a rate fits.
    """
    fits = np.zeros(len(paid_fen), dtype=np.bool_)
    none = LotReturns(fits, 0, 0.0, ())
    odd = np.flatnonzero(paid_fen % settings.round_fen != 0)
    step = _step(lot_fen, LOT_STEPS, settings.grid_share)
    unit = _step(paid_fen[odd], PAID_STEPS, settings.rounded_share)
    if not step or not unit or len(odd) < settings.minimum_persons:
        return none
    sums = np.unique(paid_fen[odd])
    if len(sums) > settings.most_grid_sums:
        return none
    rates: list[float] = []
    most = int(lot_fen.max()) // step
    if most > MOST_LOTS:
        return none
    left = sums
    while len(rates) < settings.plans and len(left):
        rate = _best(settings, left, step, unit, most, whole=len(sums))
        if rate is None:
            break
        rates.append(rate)
        fits[odd] |= _on_grid(paid_fen[odd], rate, step, unit, most)
        left = left[~_on_grid(left, rate, step, unit, most)]
    judged = int(np.count_nonzero(fits | ~np.isin(paid_fen, lot_fen)))
    share = int(np.count_nonzero(fits)) / max(judged, 1)
    return LotReturns(fits, len(np.unique(person[fits])), share, tuple(rates))


def _step(amount: Ints, steps: tuple[int, ...], share: float) -> int:
    """The largest of the steps that so many of the amounts are multiples of; 0 if none is."""
    least = max(share * len(amount), 1)
    return next((s for s in steps if np.count_nonzero(amount % s == 0) >= least), 0)


def _on_grid(amount: Ints, rate: float, step: int, unit: int, most: int) -> Flags:
    """Whether each amount is a rate on one of `most` multiples of the step, rounded down, with that
    multiple itself or without it."""
    fits = np.zeros(len(amount), dtype=np.bool_)
    for spacing in (rate * step, (1 + rate) * step):
        above = -amount % spacing  # what is missing to the next multiple
        fits |= (above < unit) & (amount <= most * spacing)
    return fits


def _best(
    settings: FixedReturns, sums: Ints, step: int, unit: int, most: int, whole: int
) -> float | None:
    """The rate that far more of the sums fit than chance would have, of those that any sum gives.

    A sum that is rounded tells its rate up to a unit per sum, so that larger sums tell it better;
    the largest of all are principal.
    """
    upper = np.sort(sums)[len(sums) // 3 :]
    sums = sums[:: max(len(sums) // MOST_PAYMENTS, 1)]
    lots = np.arange(1, most + 1, dtype=np.float64) * step
    tell = min(settings.grid_tellers, len(upper), MOST_PAIRS // (len(sums) * len(lots)) + 1)
    tellers = upper[np.linspace(0, len(upper) - 1, tell).astype(np.int64)].astype(np.float64)
    rate = ((tellers[:, None] + unit / 2) / lots[None, :]).ravel()
    slack = np.repeat(unit / 2 / tellers, len(lots))
    usable = (rate >= settings.least_part) & (rate <= settings.most_lot_rate)
    rate, slack = rate[usable], slack[usable]
    if not len(rate):
        return None
    spacing = rate[:, None] * step
    above = (-sums[None, :].astype(np.float64)) % spacing
    width = unit + 2 * slack[:, None] * sums[None, :]
    near = (above < unit + slack[:, None] * sums[None, :]) | (
        spacing - above <= slack[:, None] * sums[None, :]
    )
    chance = np.minimum(width / spacing, 1.0).mean(axis=1)
    fitting = np.count_nonzero(near, axis=1)
    # In logarithms: of what is next to impossible the least likely is wanted.
    unlikely = binom.logsf(fitting - 1, len(sums), np.minimum(chance, 1.0)) + np.log(len(rate))
    best = int(np.argmin(unlikely))
    enough = max(settings.minimum_persons, settings.grid_sums_share * whole)
    if unlikely[best] > np.log(settings.grid_chance) or fitting[best] < enough:
        return None
    return float(rate[best])
