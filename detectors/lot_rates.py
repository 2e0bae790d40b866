"""Payments that are a round lot and one rate on it: principal with a return, whoever paid it in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from data.settings import ExcessReturn

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Payments that are looked at together; so many show any rate that is usual among them.
MOST_AT_ONCE = 5_000


def paid_with_a_rate(settings: ExcessReturn, amount_fen: Ints) -> Flags:
    """Which payments are a round lot with one of the rates that many others carry on theirs.

    A rate counts when far more payments fit it than chance would have it: the sum that a lot and a
    rate make is one of thousands. Payments that are round lots themselves fit many rates and say
    nothing.
    """
    lot = settings.lot_fen
    odd = np.flatnonzero(amount_fen % lot != 0)
    fitting = np.zeros(len(amount_fen), dtype=np.bool_)
    if not len(odd):
        return fitting
    amount = amount_fen[odd]
    seen = amount[:: max(len(amount) // MOST_AT_ONCE, 1)]
    rates = np.arange(settings.least_return, settings.most_return, settings.rate_step)
    # A fitting sum lies within a fen of a lot and its rate: two or three sums of each lot's span.
    chance = len(seen) * 3 / lot
    least = max(settings.rate_repeats, settings.rate_lift * chance)
    for rate in rates.tolist():
        if np.count_nonzero(_fits(seen, rate, lot)) >= least:
            fitting[odd] |= _fits(amount, rate, lot)
    return fitting


def _fits(amount: Ints, rate: float, lot: int) -> Flags:
    """Whether a payment is, to the fen, a multiple of the lot with the rate on it."""
    lots = np.rint(amount / ((1 + rate) * lot))
    fits: Flags = (lots > 0) & (np.abs(lots * lot * (1 + rate) - amount) <= 1)
    return fits
