"""Payments that are one of a few rates on usual lots: returns, to whomever they are paid.

``fixed_returns`` follows a payer from the lot to what comes back. It sees nothing of investors
whose lots are older than the records. Their returns still give themselves away beside the lots
that others pay in now: a few rates, taken of the usual lots, make up nearly all that is paid out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.settings import FixedReturns
from detectors.fixed_returns import WHOLE

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LotReturns:
    """Which payments are a rate on a lot (as they were given), to how many persons, which rates.

    `share` is their share of the payments, but for lots that come back by themselves. A rate above
    1 is principal with a surplus.
    """

    fits: Flags
    persons: int
    share: float
    rates: tuple[float, ...]


def lot_returns(settings: FixedReturns, lot_fen: Ints, paid_fen: Ints, person: Ints) -> LotReturns:
    """Find the rates on the usual lots that most persons share, and the payments that follow one.

    `lot_fen` are the lots paid in, `paid_fen` and `person` the payments out, in the same order.
    A sum that many are paid is a rate on any lot: wages are. So a rate counts only when several
    sums carry it; round sums, which are round rates on round lots, say nothing of it.
    """
    usual, times = np.unique(lot_fen, return_counts=True)
    usual = usual[np.argsort(-times, kind="stable")[: settings.usual_lots]]
    fits = np.zeros(len(paid_fen), dtype=np.bool_)
    rates: list[float] = []
    if not len(usual) or not len(paid_fen):
        return LotReturns(fits, 0, 0.0, ())
    ratio = paid_fen[:, None] / usual[None, :]
    whole = ratio > 1
    size = np.where(whole, ratio - 1, ratio)
    odd = paid_fen % settings.round_fen != 0
    taken = odd[:, None] & (size >= settings.least_part) & (size <= settings.most_lot_rate)
    row = np.nonzero(taken)[0]
    size, whole = size[taken], whole[taken]
    number = np.rint(np.log(size) / math.log1p(settings.lot_tolerance)).astype(np.int64)
    number += whole * WHOLE
    while len(rates) < settings.plans:
        best = _best(settings, number, row, paid_fen, person)
        if best is None:
            break
        near = np.abs(number - best) <= 1
        fits[row[near]] = True
        rates.append(float(np.median(size[near])) + float(whole[near][0]))
        left = ~fits[row]
        row, number, size, whole = row[left], number[left], size[left], whole[left]
    judged = int(np.count_nonzero(fits | ~np.isin(paid_fen, lot_fen)))
    share = int(np.count_nonzero(fits)) / max(judged, 1)
    return LotReturns(fits, len(np.unique(person[fits])), share, tuple(rates))


def _best(
    settings: FixedReturns, number: Ints, row: Ints, paid_fen: Ints, person: Ints
) -> int | None:
    """The bin of rates that most persons share over several sums; None when too few do."""
    best, most = None, settings.minimum_persons - 1
    order = np.argsort(number, kind="stable")
    sorted_number, rows = number[order], row[order]
    for bin_ in np.unique(number).tolist():
        start, end = np.searchsorted(sorted_number, [bin_ - 1, bin_ + 2])
        if end - start <= most:
            continue
        near = rows[start:end]
        persons = len(np.unique(person[near]))
        if persons > most and len(np.unique(paid_fen[near])) >= settings.lot_sums:
            best, most = bin_, persons
    return best
