"""Clients' money that was paid to someone else and reached the circle, or securities, after all.

The look-through follows what leaves home and is neither lent, returned nor a fee. A payment counts
when a good part of it came to such an end over others, last in first out, within the days that
count: of a payment to an honest stranger only chance brings some there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.context import Context
from detectors.owned_money import OwnedRecords
from detectors.proceeds_paths import CIRCLE, MAXIMUM_PARTS
from graph.look_through import OwnedMoney
from graph.paths import parts
from graph.tracing import Transfers

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

REFS = """
select t.transfer_no, t.ref, t.booked_at
from transfer t semi join taken k on k.transfer_no = t.transfer_no
order by t.transfer_no
"""
OWNER = "select account_id, party_no from account_dim order by account_id"


@dataclass(frozen=True)
class Detour:
    """What came to an end over others: fen, the transfers that carried it (ref, booked_at), and the
    party numbers of those it reached and of those it passed."""

    amount_fen: int
    shown: pl.DataFrame
    reached: frozenset[int]
    passed: frozenset[int]

    @classmethod
    def of(
        cls,
        context: Context,
        records: OwnedRecords,
        ways: list[tuple[int, list[int]]],
        party: Mapping[int, int],
        fen: int,
    ) -> Detour:
        """The detour that ways (fen and rows) make, given the party of each account."""
        rows = np.array(sorted({row for _, path in ways for row in path}), np.int64)
        taken = pl.DataFrame({"transfer_no": records.transfer_no[rows]})
        context.db.register("taken", taken.to_arrow())
        shown = context.db.frame("references", REFS).select("ref", "booked_at")
        context.db.unregister("taken")
        payee = records.transfers.payee
        reached = {party[int(payee[path[-1]])] for _, path in ways}
        passed = {party[int(payee[row])] for _, path in ways for row in path[:-1]}
        return cls(fen, shown, frozenset(reached - {-1}), frozenset(passed - reached - {-1}))


def read_detours(
    context: Context,
    share: float,
    least_fen: int,
    only: set[str],
    use: int = CIRCLE,
    arriving: Flags | None = None,
) -> dict[str, Detour]:
    """Look through what some institutions' homes paid; those of which enough came to an end.

    `share` is the part of one payment that must come there, `least_fen` what must in all. The end
    is the circle, or another `use`; where `arriving` is given, only by the transfers that it marks.
    """
    records = context.owned
    owners = {name: n for n, name in enumerate(records.institutions) if name in only}
    if not len(records.transfers) or not owners:
        return {}
    money, wanted = context.entrusted, records.entrusted
    party = {account: number for account, number in context.db.rows("owners", OWNER)}
    found = {}
    for name, owner in owners.items():
        ways = ways_over_others(records, money, owner, wanted, share, use, arriving)
        fen = sum(amount for amount, _ in ways)
        if fen >= least_fen and ways:
            found[name] = Detour.of(context, records, ways, party, fen)
    return found


def ways_over_others(
    records: OwnedRecords,
    money: OwnedMoney,
    owner: int,
    wanted: Flags,
    share: float,
    use: int = CIRCLE,
    arriving: Flags | None = None,
) -> list[tuple[int, list[int]]]:
    """Fen and rows of each way from home to an end over others, of payments that count.

    Where `arriving` is given (by transfer), only those bring anything to the end.
    """
    mine = money.notes_of(owner)
    mine = mine[wanted[money.note_colour[mine]]]
    mine = mine[records.rules.kind[money.note_transfer[mine]] <= 0]
    row, fen = money.note_transfer[mine], money.note_fen[mine]
    arrives = money.note_use[mine] == use
    if arriving is not None:
        arrives &= arriving[row]
    if not arrives.any():
        return []
    home = np.zeros(records.accounts, np.bool_)
    home[records.rules.homes[records.rules.homes[:, 1] == owner, 0]] = True
    transfers = Transfers(
        records.transfers.payer[row], records.transfers.payee[row], fen,
        records.transfers.booked_at[row],
    )  # fmt: skip
    found = parts(transfers, fen, home, last_first=True, maximum_parts=MAXIMUM_PARTS)
    ways: list[tuple[int, list[int]]] = []
    arrived: dict[int, int] = defaultdict(int)
    for leaf in np.flatnonzero(arrives[found.row]).tolist():
        path = [int(row[found.row[part]]) for part in found.path(leaf)]
        if len(path) > 1:
            ways.append((int(found.amount_fen[leaf]), path))
            arrived[path[0]] += int(found.amount_fen[leaf])
    whole = records.transfers.amount_fen
    return [way for way in ways if arrived[way[1][0]] >= share * int(whole[way[1][0]])]
