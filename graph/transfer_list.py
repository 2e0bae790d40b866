"""The transfers that patterns are looked for in, and the order of time that passes walk them in.

A transfer is a row: who paid, who was paid, how much, and when, if that is known. Accounts are
numbers from 0 in the order of their names, so that the smallest number is the smallest name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
import numpy.typing as npt

from data.errors import ContractError

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
# Microseconds; a difference of two smaller ones fits 64 bits.
LARGEST_TIME = 1 << 62


@dataclass(frozen=True)
class TransferList:
    """Rows of transfers in any order.

    `payer` and `payee` are account numbers below `accounts`; `amount` is whole units (fen) and not
    negative; `at` is microseconds, or None where no time is known. A row that pays its own payer
    is in no pattern.

    >>> rows = TransferList.of([(0, 1, 500, 20), (1, 0, 400, 10)])
    >>> rows.accounts, rows.order.tolist(), rows.tick.tolist()
    (2, [1, 0], [1, 0])

    Raises:
        ContractError: columns of different lengths, an account or a time out of range, a negative
            amount.
    """

    payer: Ints
    payee: Ints
    amount: Ints
    at: Ints | None
    accounts: int

    def __post_init__(self) -> None:
        columns = [self.payer, self.payee, self.amount, *([] if self.at is None else [self.at])]
        lengths = sorted({len(column) for column in columns})
        if len(lengths) > 1:
            raise ContractError(f"transfers: columns of different lengths {lengths}")
        for side in (self.payer, self.payee):
            if len(side) and not 0 <= side.min() <= side.max() < self.accounts:
                raise ContractError(f"transfers: an account is not within 0 and {self.accounts}")
        if len(self.amount) and self.amount.min() < 0:
            raise ContractError("transfers: an amount is negative; direction is payer and payee")
        if self.at is not None and (abs(self.at) >= LARGEST_TIME).any():
            raise ContractError("transfers: a time is too far from 1970; give microseconds")

    def __len__(self) -> int:
        return len(self.payer)

    @classmethod
    def of(cls, rows: list[tuple[int, ...]]) -> TransferList:
        """Transfers from tuples of payer, payee, amount and, in all or none, a time."""
        table = np.array(rows, dtype=np.int64)
        if not len(rows):
            table = table.reshape(0, 4)
        columns = [column.copy() for column in table.T]
        accounts = int(table[:, :2].max()) + 1 if len(rows) else 0
        timed = columns[3] if len(columns) == 4 else None
        return cls(columns[0], columns[1], columns[2], timed, accounts)

    @property
    def times(self) -> Ints:
        """The times.

        Raises:
            ContractError: the transfers have none.
        """
        if self.at is None:
            raise ContractError("transfers without times: this pattern needs the time of each row")
        return self.at

    @cached_property
    def order(self) -> Ints:
        """The rows in the order of time, those of one time in their own order."""
        if self.at is None or len(self) < 2 or bool((np.diff(self.at) >= 0).all()):
            return np.arange(len(self))
        return np.argsort(self.at, kind="stable")

    @cached_property
    def tick(self) -> Small:
        """The place of each row's time among the different times, from 0."""
        ordered = self.times[self.order]
        ticks = np.empty(len(self), dtype=np.int32)
        ticks[self.order] = np.cumsum(np.diff(ordered, prepend=ordered[:1]) > 0)
        return ticks

    @cached_property
    def rank(self) -> Small:
        """The place of each row in `order`."""
        ranks = np.empty(len(self), dtype=np.int32)
        ranks[self.order] = np.arange(len(self), dtype=np.int32)
        return ranks

    @cached_property
    def outgoing(self) -> tuple[Ints, Small]:
        """Rows by payer, each payer's in the order of time: offsets by account, and the rows.

        Those from an account to itself are left out.
        """
        return by_account(self.payer, self._between_two, self.accounts)

    @cached_property
    def incoming(self) -> tuple[Ints, Small]:
        """Rows by payee, each payee's in the order of time: offsets by account, and the rows."""
        return by_account(self.payee, self._between_two, self.accounts)

    @cached_property
    def _between_two(self) -> Ints:
        """The rows in the order of time, without those from an account to itself."""
        loops = self.payer == self.payee
        return self.order[~loops[self.order]] if loops.any() else self.order

    def deadlines(self, window_us: int | None, clock: Small) -> Small:
        """Per place on a clock, the last one within the window after it, itself included.

        `clock` is `tick` or `rank`. A transfer exactly `window_us` later is within.

        >>> rows = TransferList.of([(0, 1, 9, 5), (1, 2, 9, 7), (2, 0, 9, 7), (0, 1, 9, 8)])
        >>> rows.deadlines(2, rows.tick)[:3].tolist()
        [1, 2, 2]
        """
        if window_us is None or window_us >= LARGEST_TIME:
            return np.full(len(self), np.iinfo(np.int32).max, dtype=np.int32)
        ordered = self.times[self.order]
        last = np.searchsorted(ordered, ordered + window_us, side="right") - 1
        placed = clock[self.order]
        deadlines = np.empty(len(self), dtype=np.int32)
        deadlines[placed] = placed[last]
        return deadlines


@numba.njit(cache=True, nogil=True)
def by_account(account: Ints, order: Ints, accounts: int) -> tuple[Ints, Small]:
    """Sort the rows of an order by account by counting; linear in rows and accounts."""
    offsets = np.zeros(accounts + 1, dtype=np.int64)
    for row in order:
        offsets[account[row] + 1] += 1
    for place in range(accounts):
        offsets[place + 1] += offsets[place]
    following = offsets[:-1].copy()
    rows = np.empty(len(order), dtype=np.int32)
    for row in order:
        place = following[account[row]]
        rows[place] = row
        following[account[row]] = place + 1
    return offsets, rows
