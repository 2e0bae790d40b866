"""Persons' money in pools, followed: whose circle it reached, and whose principal paid returns.

A pool's accounts are its home. What persons pay in begins there, and is carried away from it until
it is paid back to one of them, reaches the circle of an institution or another institution's
accounts for clients' money, or left home too long ago: the rules of the look-through. Where it went
is read last in first out, by pool. Whose principal a return was is read by payer, both first and
last in first out, and the less of the two counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.context import Context
from detectors.detours import Detour, ways_over_others
from detectors.opening_balances import read_opening_fen
from detectors.others_principal import PaidIn, returned_from_others
from detectors.owned_money import OwnedRecords
from graph import ends
from graph.look_through import OwnedMoney, Rules, look_through
from graph.tracing import Opening

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Whoever holds an account; a holder whom nobody knows is another one for each account.
HOLDERS = """
select a.account_id, coalesce(nullif(a.party_no, -1), -2 - a.account_id) as holder,
  coalesce(p.kind = 'person', false) as person,
  a.role in ('client_custody', 'client_reserve') as for_clients
from account_dim a
left join party_dim p on p.party_no = a.party_no
where a.account_id >= 0
order by a.account_id
"""
CIRCLE_ACCOUNTS = """
select distinct a.account_id
from pool_circle c
join account_dim a on a.party_no = c.party_no
where a.role not in ('client_custody', 'client_reserve')
order by a.account_id
"""


@dataclass(frozen=True)
class Holders:
    """By account, and one more for cash: holder, whether a person, whether for clients' money,
    whether of any institution's circle."""

    holder: Ints
    person: Flags
    for_clients: Flags
    circle: Flags


@dataclass(frozen=True)
class PoolMoney:
    """What became of the persons' money of one pool, in fen.

    `left_fen` left the pool; `reached_fen` is by party what of it reached the circles' accounts,
    at once or over others, and `chance_fen` what of it each party would have got by what else it
    takes in. Of `returned_fen` that payers were paid again `others_fen` was others' principal.
    """

    left_fen: int
    reached_fen: Mapping[int, int]
    chance_fen: Mapping[int, int]
    returned_fen: int
    others_fen: int
    records: OwnedRecords
    money: OwnedMoney
    owner: int
    holder: Ints

    def reached(self, circle: Collection[int]) -> int:
        """What reached the parties of a circle."""
        return sum(fen for party, fen in self.reached_fen.items() if party in circle)

    def by_chance(self, circle: Collection[int]) -> int:
        """What would have reached them, had the money been spread evenly over all payments."""
        return sum(self.chance_fen.get(party, 0) for party in circle)

    def detour(self, context: Context, circle: Collection[int], share: float) -> Detour | None:
        """What reached a circle over others, by payments of which at least a share did."""
        inside = np.append(np.isin(self.holder, list(circle)), False)
        arriving = inside[self.records.transfers.payee]
        wanted = np.ones(len(self.records.rules.owner_of), np.bool_)
        ways = ways_over_others(
            self.records, self.money, self.owner, wanted, share, arriving=arriving
        )
        if not ways:
            return None
        fen = sum(amount for amount, _ in ways)
        party = {account: max(int(number), -1) for account, number in enumerate(self.holder)}
        return Detour.of(context, self.records, ways, party, fen)


def follow_pools(context: Context, pools: Sequence[Sequence[int]]) -> list[PoolMoney]:
    """Follow the persons' money of pools, each given by its accounts; a result for each.

    An account is at home with one pool at a time, so that pools which share accounts are followed
    in passes of their own.
    """
    if not pools:
        return []
    records = context.owned
    holders = _read_holders(context, records.accounts)
    opening = Opening.balances(
        read_opening_fen(context.db, records.accounts, context.business_date)
    )
    found: dict[int, PoolMoney] = {}
    for batch in _disjoint(pools):
        chosen = [np.array(pools[number], np.int64) for number in batch]
        followed = _follow(replace(records, opening=opening), holders, chosen)
        found.update(zip(batch, followed, strict=True))
    return [found[number] for number in range(len(pools))]


def _disjoint(pools: Sequence[Sequence[int]]) -> list[list[int]]:
    """Numbers of pools in as few groups as come easily, none with two that share an account."""
    taken: list[set[int]] = []
    groups: list[list[int]] = []
    for number, accounts in enumerate(pools):
        free = (place for place, each in enumerate(taken) if each.isdisjoint(accounts))
        place = next(free, len(groups))
        if place == len(groups):
            taken.append(set())
            groups.append([])
        taken[place].update(accounts)
        groups[place].append(number)
    return groups


def _read_holders(context: Context, accounts: int) -> Holders:
    db = context.db
    rows = db.frame("holders", HOLDERS)
    place = rows["account_id"].to_numpy()
    holder = np.full(accounts + 1, -1, np.int64)
    person, for_clients, circle = (np.zeros(accounts + 1, np.bool_) for _ in range(3))
    holder[place] = rows["holder"].to_numpy()
    person[place], for_clients[place] = rows["person"].to_numpy(), rows["for_clients"].to_numpy()
    context.register_closures("pool_circle", {i.institution_id for i in context.institutions})
    circle[db.frame("accounts of circles", CIRCLE_ACCOUNTS)["account_id"].to_numpy()] = True
    db.unregister("pool_circle")
    return Holders(holder, person, for_clients, circle)


def _follow(records: OwnedRecords, holders: Holders, pools: Sequence[Ints]) -> list[PoolMoney]:
    transfers = records.transfers
    home = np.full(records.accounts + 1, -1, np.int64)
    for owner, accounts in enumerate(pools):
        home[accounts] = owner
    payer, payee = transfers.payer, transfers.payee
    held_by, paid_to = holders.holder[payer], holders.holder[payee]
    apart = (home[payer] != home[payee]) & (held_by != paid_to)
    begins = np.flatnonzero(apart & (home[payee] >= 0) & holders.person[payer])
    since = _first_paid(home[payee[begins]], held_by[begins])
    back = np.flatnonzero(apart & (home[payer] >= 0) & ~holders.circle[payee])
    pairs = zip(home[payer[back]].tolist(), paid_to[back].tolist(), strict=True)
    first = np.array([since.get(pair, len(begins)) for pair in pairs], np.int64)
    before = np.append(begins, len(transfers))[first] < back
    back = back[before]
    kind = np.zeros(len(transfers), np.int8)
    kind[begins], kind[back] = ends.CLIENT, -ends.RETURNED
    subject = np.zeros(len(transfers), np.int64)
    subject[back] = home[payer[back]]

    subject[begins] = 1 + home[payee[begins]]
    owners = np.arange(-1, len(pools))
    by_pool = replace(records, rules=_rules(records, holders, home, owners, kind, subject))
    money = look_through(
        transfers, by_pool.rules, records.opening, accounts=records.accounts, convention="lifo",
        wanted=np.ones(len(owners), np.bool_),
    )  # fmt: skip
    returned_fen = np.bincount(subject[back], transfers.amount_fen[back], len(pools))
    paid_in = np.full(len(transfers), -1, np.int64)
    paid_in[begins] = home[payee[begins]]
    paid_back = np.full(len(transfers), -1, np.int64)
    paid_back[back] = home[payer[back]]
    nobody = np.full(len(transfers), -1, np.int64)
    by_order = returned_from_others(
        PaidIn(
            transfers, records.opening, records.accounts, len(pools), by_pool.rules.homes, paid_in,
            nobody, paid_back, held_by, paid_to,
        )
    )  # fmt: skip
    others = np.min(list(by_order.values()), axis=0)
    taken = _taken_in(records, holders)
    whole = max(int(transfers.amount_fen.sum()), 1)
    found = []
    for owner in range(len(pools)):
        mine = money.notes_of(owner)
        row, fen = money.note_transfer[mine], money.note_fen[mine]
        out = (home[payer[row]] == owner) & (home[payee[row]] != owner)
        ended = money.note_use[mine] == ends.CIRCLE
        reached: dict[int, int] = defaultdict(int)
        for party, amount in zip(paid_to[row[ended]].tolist(), fen[ended].tolist(), strict=True):
            reached[party] += amount
        carried = int(money.carried[1 + owner])
        chance = {
            party: carried * (amount - reached.get(party, 0)) // whole
            for party, amount in taken.items()
        }
        found.append(
            PoolMoney(
                int(fen[out].sum()), dict(reached), chance, int(returned_fen[owner]),
                int(others[owner]), by_pool, money, owner, holders.holder[:-1],
            )
        )  # fmt: skip
    return found


def _first_paid(pool: Ints, holder: Ints) -> dict[tuple[int, int], int]:
    """By pool and payer the place of his first payment."""
    first: dict[tuple[int, int], int] = {}
    for place, pair in enumerate(zip(pool.tolist(), holder.tolist(), strict=True)):
        first.setdefault(pair, place)
    return first


def _rules(
    records: OwnedRecords,
    holders: Holders,
    home: Ints,
    owner_of: Ints,
    kind: npt.NDArray[np.int8],
    subject: Ints,
) -> Rules:
    """Rules of which the pools are the owners, by the homes of their accounts."""
    rules, own = records.rules, home[:-1]
    colours = np.arange(len(owner_of))
    outside = rules.ends[rules.ends[:, 1] == ends.OUTSIDE, 0]
    ending = np.zeros(records.accounts, np.int64)
    ending[outside], ending[holders.for_clients[:-1]] = ends.OUTSIDE, ends.INSTITUTION
    ending[holders.circle[:-1]] = ends.CIRCLE
    ending[own >= 0] = 0
    homes = np.flatnonzero(own >= 0)
    ended = np.flatnonzero(ending)
    # An account of a pool is no end for its own money, but one for another pool's.
    inside = np.flatnonzero((own >= 0) & holders.circle[:-1])
    pairs = np.array(np.meshgrid(inside, np.arange(int(own.max()) + 1))).reshape(2, -1).T
    pairs = pairs[own[pairs[:, 0]] != pairs[:, 1]]
    return Rules(
        owner_of.astype(np.int32), np.stack([colours, colours], axis=1).astype(np.int32), kind,
        subject.astype(np.int32), rules.day, np.stack([homes, own[homes]], axis=1), pairs,
        np.stack([ended, ending[ended]], axis=1),
        rules.within_days,
    )  # fmt: skip


def _taken_in(records: OwnedRecords, holders: Holders) -> dict[int, int]:
    """What each party of a circle takes in, in fen."""
    payee = records.transfers.payee
    rows = np.flatnonzero(holders.circle[payee])
    taken = pl.DataFrame(
        {"party": holders.holder[payee[rows]], "fen": records.transfers.amount_fen[rows]}
    )
    return dict(taken.group_by("party").agg(pl.col("fen").sum()).iter_rows())
