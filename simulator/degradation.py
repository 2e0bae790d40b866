"""How records get worse on the way: rows lost, banks silent, names garbled, ties no longer stated.

What happened in the province stays as it was; only what submitters write of it changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from data.errors import InputError
from simulator.rows import Array

LEVELS = ("none", "light", "medium", "heavy")


@dataclass(frozen=True)
class Degradation:
    """Shares, each drawn for every row alone, except that a bank is silent for a run of days.

    `rows_lost` of the entries, clearing records and loan events are missing; `bank_silent` of the
    banks send nothing for up to `silent_days` days; `nameless`, `unknown` and `misspelt` of the
    entries lack the other side's name, lack the other side, or garble the name; `ties_lost` of the
    relations stand in no register, and `ties_closed` are stated as ended before the period;
    `contacts_lost` of the parties have neither phone nor address.
    """

    rows_lost: float = 0.0
    bank_silent: float = 0.0
    silent_days: int = 0
    nameless: float = 0.0
    unknown: float = 0.0
    misspelt: float = 0.0
    ties_lost: float = 0.0
    ties_closed: float = 0.0
    contacts_lost: float = 0.0


_BY_LEVEL = {
    "none": Degradation(),
    "light": Degradation(0.005, 0.2, 2, 0.1, 0.02, 0.04, 0.03, 0.02, 0.05),
    "medium": Degradation(0.03, 0.5, 4, 0.3, 0.06, 0.1, 0.1, 0.06, 0.2),
    "heavy": Degradation(0.1, 0.9, 7, 0.6, 0.15, 0.2, 0.25, 0.15, 0.5),
}


def degradation(level: str) -> Degradation:
    """The shares of a level.

    Raises:
        InputError: a level that is not one of ``LEVELS``.
    """
    if level not in _BY_LEVEL:
        raise InputError(f"unknown level of degraded data {level!r}: choose {', '.join(LEVELS)}")
    return _BY_LEVEL[level]


class Decay:
    """Draws what is lost of one province; the same seed and level lose the same."""

    def __init__(self, level: str, seed: int) -> None:
        self.shares = degradation(level)
        self._rng = np.random.default_rng([seed, LEVELS.index(level)])

    def silent(self, banks: int, days: int) -> Array:
        """Which banks send nothing on which days, as a table of banks by days."""
        quiet = np.zeros((banks, days), dtype=bool)
        for bank in np.flatnonzero(self._rng.random(banks) < self.shares.bank_silent):
            length = int(self._rng.integers(1, self.shares.silent_days + 1))
            start = int(self._rng.integers(days))
            quiet[bank, start : start + length] = True
        return quiet

    def kept(self, count: int) -> Array:
        """Which of some rows are still there."""
        if self.shares.rows_lost == 0:
            return np.ones(count, dtype=bool)
        return np.asarray(self._rng.random(count) >= self.shares.rows_lost)

    def hidden(self, count: int) -> Array:
        """For each entry, whether it lost the name, lost the other side, or garbles the name."""
        shares = (self.shares.nameless, self.shares.unknown, self.shares.misspelt)
        if not any(shares):
            return np.zeros((3, count), dtype=bool)
        return np.asarray(self._rng.random((3, count)) < np.array(shares)[:, None])

    def relations(self, frame: pl.DataFrame, first_day: int) -> pl.DataFrame:
        """The register of relations without what was lost, and with ties that are said to be over.

        `first_day` is the period's first, in days since 1970.
        """
        chance = self._rng.random(frame.height)
        ended = first_day - self._rng.integers(1, 120, frame.height)
        since = frame["valid_from"].cast(pl.Int32).to_numpy()
        closed = (chance > 1 - self.shares.ties_closed) & (ended > since)
        until = pl.Series(ended.astype(np.int32)).cast(pl.Date)
        kept = pl.Series(chance >= self.shares.ties_lost)
        shown = until.zip_with(pl.Series(closed), frame["valid_to"]).alias("valid_to")
        return frame.with_columns(shown).filter(kept)

    def parties(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The register of parties, some of them without phone and address."""
        gone = pl.Series(self._rng.random(frame.height) < self.shares.contacts_lost)
        return frame.with_columns(
            pl.when(gone).then(None).otherwise(pl.col(name)).alias(name)
            for name in ("phone_hash", "address")
        )
