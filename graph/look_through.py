"""Follows each owner's money through all accounts until it meets an end: what became of it.

An owner is an institution, its money what its clients entrusted to it. Its colours are stages of
that money (paid in, invested, lent out). It begins with transfers that the rules name, and with
opening balances; it lies at home in accounts of the owner's clients, and leaves them on a day. On
its way it is carried like any coloured money, until one of these comes first:

- a transfer that is an end by itself (a fee, a refund, a return paid to a client);
- an account that is an end: outside for everyone, for this owner its circle. There it is counted,
  once, and goes on as nobody's money;
- an account of property or securities: there it takes on a colour that says so, and goes on, as it
  may come to the circle all the same;
- a payment into another owner's home, or one that begins that owner's money;
- age: what left home more than so many days ago is nobody's. It was spent, or lies somewhere. So
  is, away from home, a part of a payment that is smaller than a given sum.

For every colour: what began, and came from another stage = what met each end, aged, went to another
stage, and is still held, to the fen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from data.errors import ContractError
from graph import lots_in_order, lots_in_proportion
from graph.ends import AGED, CARRIED, FIRST_USE, OUTSIDE, STAGE_IN, STAGE_OUT
from graph.tracing import CONVENTIONS, Convention, Ints, Opening, Small, Transfers

Flags = npt.NDArray[np.bool_]
SOURCES = ("opening", "clients", "borrowers", "circle", "elsewhere")
USES = (
    "fees", "refunds", "returned", "circle", "property", "securities", "other_institutions",
    "outside",
)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """Whose money is what, where it begins, is at home, and ends.

    `owner_of` is by colour, -1 for colour 0, which is nobody's; `passed` are the colours that a
    colour takes on at property and at securities, itself where it has passed one. By transfer:
    `kind` is 0, a source (its place in SOURCES, from 1) that begins the colour `subject`, or minus
    a use (its place in USES, counted from 1) for the owner `subject`; `day` counts from 1. `homes`
    and `circles` are
    pairs of account and owner, `ends` of account and use; an account is at home with one owner.
    Money counts until `within_days` after it left home and, pro rata, while a payment carries at
    least `sliver_fen` of one colour and day.
    """

    owner_of: Small
    passed: Small
    kind: npt.NDArray[np.int8]
    subject: Small
    day: Small
    homes: Ints
    circles: Ints
    ends: Ints
    within_days: int
    sliver_fen: int = 0

    def compiled(self, accounts: int, wanted: Flags, apart: Flags) -> tuple[Any, ...]:
        """The same as the compiled pass reads it: one table of the accounts that are marked."""
        named = np.unique(
            np.concatenate([pairs[:, 0] for pairs in (self.homes, self.circles, self.ends)])
        )
        marks = np.zeros(accounts, np.int32)
        marks[named] = np.arange(1, len(named) + 1)
        facts = np.zeros((len(named), 4), np.int64)
        facts[:, 0] = -1
        facts[marks[self.homes[:, 0]] - 1, 0] = self.homes[:, 1]
        facts[marks[self.ends[:, 0]] - 1, 1] = self.ends[:, 1]
        order = np.lexsort((self.circles[:, 1], self.circles[:, 0]))
        circles = self.circles[order]
        facts[:, 2] = np.searchsorted(circles[:, 0], named, side="left")
        facts[:, 3] = np.searchsorted(circles[:, 0], named, side="right")
        return (
            np.ascontiguousarray(self.kind, np.int8),
            np.ascontiguousarray(self.subject, np.int32),
            np.ascontiguousarray(self.day, np.int32),
            marks, facts, np.ascontiguousarray(circles[:, 1], np.int32),
            np.ascontiguousarray(self.owner_of, np.int32),
            np.ascontiguousarray(wanted, np.bool_),
            int(self.within_days), len(self.owner_of), np.ascontiguousarray(apart, np.bool_),
            np.ascontiguousarray(self.passed, np.int32), int(self.sliver_fen),
        )  # fmt: skip


@dataclass(frozen=True)
class OwnedMoney:
    """What became of every owner's money under one convention.

    `sources` and `uses` are fen by colour and by SOURCES and USES; `stage_in` and `stage_out` what
    came from and went to other stages of the owner's money, `aged` what left home too long ago,
    `carried` what transfers carried of it away from home, each transfer counted. A note is a piece
    of a transfer: `note_use` is 0 where it met no end; kept are those that reached a circle,
    property or securities, and every one of wanted colours. Held: account, colour, the day it left
    home (0: it is there), and fen. `owner_of` is by colour.
    """

    sources: Ints
    uses: Ints
    stage_in: Ints
    stage_out: Ints
    aged: Ints
    carried: Ints
    note_transfer: Ints
    note_colour: Ints
    note_use: Ints
    note_fen: Ints
    held_account: Ints
    held_colour: Ints
    held_day: Ints
    held_fen: Ints
    owner_of: Small

    def notes_of(self, owner: int) -> Ints:
        """The places of the notes of an owner's money, in their order."""
        order, offsets = self._by_owner
        return order[offsets[owner] : offsets[owner + 1]]

    @cached_property
    def _by_owner(self) -> tuple[Ints, Ints]:
        owner = self.owner_of[self.note_colour]
        order = np.argsort(owner, kind="stable")
        every = np.arange(int(self.owner_of.max(initial=-1)) + 2)
        return order, np.searchsorted(owner[order], every)


def look_through(
    transfers: Transfers,
    rules: Rules,
    opening: Opening,
    *,
    accounts: int,
    convention: Convention,
    wanted: Flags | None = None,
    living_on_it: Flags | None = None,
) -> OwnedMoney:
    """Carry every owner's money through all transfers; `wanted` are the colours noted in full.

    From accounts `living_on_it` owned money leaves before any other; pro rata knows none.

    Time is linear in the transfers and in the lots that they move; a lot is a colour and a day.

    >>> columns = [-1, 0, 1, 2], [0, 1, 2, 3], [90, 90, 60, 30], [1, 2, 3, 4]
    >>> rows = Transfers(*map(np.array, columns))
    >>> pairs = lambda *each: np.array(each, np.int64).reshape(-1, 2)
    >>> rules = Rules(np.array([-1, 0, 0]), np.array([[0, 0], [1, 1], [2, 2]]),
    ...               np.array([1, 1, 0, 0]), np.array([1, 2, 0, 0]),
    ...               np.ones(4), pairs((0, 0)), pairs((3, 0)), pairs(), 10)
    >>> found = look_through(rows, rules, Opening.none(), accounts=4, convention="fifo")
    >>> dict(zip(USES, found.uses.sum(axis=0).tolist()))["circle"], found.held_fen.tolist()
    (30, [30, 30])

    Raises:
        ContractError: an unknown convention, or rules that do not fit the transfers.
    """
    if convention not in CONVENTIONS:
        raise ContractError(
            f"unknown convention {convention!r}; known are {', '.join(CONVENTIONS)}"
        )
    if not len(rules.kind) == len(rules.subject) == len(rules.day) == len(transfers):
        raise ContractError(f"look-through: rules for {len(rules.kind)} of {len(transfers)} rows")
    colours = len(rules.owner_of)
    chosen = np.zeros(colours, np.bool_) if wanted is None else wanted
    given = (
        transfers.payer, transfers.payee, transfers.amount_fen, np.zeros(0, np.int32),
        np.ascontiguousarray(opening.account, np.int32),
        np.ascontiguousarray(opening.colour, np.int32),
        np.ascontiguousarray(opening.amount_fen, np.int64), np.zeros((accounts, 4), np.int64),
    )  # fmt: skip
    apart = np.zeros(0, np.bool_) if living_on_it is None else living_on_it
    compiled = rules.compiled(accounts, chosen, apart)
    if convention == "prorata" and living_on_it is not None:
        raise ContractError("look-through: pro rata draws on all that an account holds")
    if convention != "prorata" and rules.sliver_fen:
        raise ContractError("look-through: only pro rata dwindles")
    if convention == "prorata":
        pool = np.empty((max(1024, 4 * accounts), 2), np.int64)
        found = lots_in_proportion.carry(*given, pool, colours, False, compiled)
    else:
        pool = np.empty((max(1024, 4 * accounts), 4), np.int64)
        last_first = convention == "lifo"
        found = lots_in_order.carry(*given, pool, colours, last_first, False, compiled)
    lots, sums, noted = found[1], found[5], found[6]
    account, key, fen = lots[lots[:, 1] > 0].T
    sources = sums[:, : len(SOURCES)].copy()
    np.add.at(sources[:, 0], opening.colour, opening.amount_fen)
    note_transfer, note_colour, note_use, note_fen = noted.T.copy()
    return OwnedMoney(
        sources, sums[:, FIRST_USE + 1 : FIRST_USE + OUTSIDE + 1], sums[:, STAGE_IN],
        sums[:, STAGE_OUT], sums[:, AGED], sums[:, CARRIED], note_transfer, note_colour, note_use,
        note_fen, account, key % colours, key // colours, fen, rules.owner_of,
    )  # fmt: skip
