"""Firms: owners, suppliers, taxes, group treasuries and the months' rhythm of business."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.banks import Banks, open_accounts
from simulator.purposes import PURPOSE
from simulator.rows import Array, Ints
from simulator.world import ORGANISATION, RELATION, YUAN, World


@dataclass(frozen=True)
class Firms:
    """The trading firms: main accounts, size weights and the edges of who supplies whom."""

    accounts: Ints
    weight: Array
    merchants: Ints


def found_firms(world: World, banks: Banks, people: Ints, count: int) -> Firms:
    """Found firms with owners and legal representatives, and open their main accounts."""
    rng = world.rng
    parties = add_organisations(world, count)
    add_owners(world, parties, people)
    accounts = open_accounts(world, banks, parties)
    weight = rng.pareto(1.3, count) + 0.25
    shops = accounts[rng.random(count) < 0.4]
    return Firms(accounts, weight / weight.sum(), shops)


def add_organisations(world: World, count: int, trade: Ints | int = 0) -> Ints:
    """Register organisations, of the trades of ordinary firms unless one is given."""
    rng = world.rng
    kinds = rng.integers(1, 30, count) if np.size(trade) == 1 and not np.any(trade) else trade
    age = np.minimum(rng.exponential(1900, count) + 60, 9000).astype(np.int64)
    return world.parties.add(
        count,
        kind=ORGANISATION,
        name=rng.integers(1, 2**40, count),
        trade=kinds,
        division=rng.integers(13, size=count),
        registered=world.period.epoch_day - age,
        capital=rounded(rng, heavy(rng, count, 2_000_000, 1.3), 1.0),
        industry=rng.integers(0, 40, count),
        address=rng.integers(1, 2**40, count),
        phone=np.where(rng.random(count) < 0.92, rng.integers(1, 2**62, count), -1),
    )


def found_firm(world: World, banks: Banks, trade: int = 0) -> int:
    """Found one firm with an owner and an account; returns the account.

    `trade` names the kind of business; without it, it is that of any ordinary firm.
    """
    party = add_organisations(world, 1, np.array([trade]) if trade else 0)
    add_owners(world, party, world.pools["people"])
    return int(open_accounts(world, banks, party, inside=True)[0])


def shell_accounts(world: World, banks: Banks, count: int) -> Ints:
    """Shell firms that only pass money on, of any age."""
    firms = add_organisations(world, count)
    add_owners(world, firms, world.pools["people"])
    extra = world.rng.integers(100, 40_000, count) * YUAN
    return np.sort(open_accounts(world, banks, firms, extra=extra, young=0.4))


def add_owners(world: World, parties: Ints, people: Ints) -> None:
    """Give each organisation a legal representative, one or two owners and some ended ties."""
    rng, count = world.rng, len(parties)
    head = world.owner(rng.choice(people, size=count))
    since = world.parties.column("registered", parties)
    world.relations.add(
        from_party=head, to_party=parties, valid_from=since, kind=RELATION["legal_representative"]
    )
    share = np.round(rng.uniform(0.35, 1.0, count), 2)
    world.relations.add(
        from_party=head,
        to_party=parties,
        share=share,
        valid_from=since,
        kind=RELATION["shareholder"],
    )
    rest = rng.random(count) < 0.5
    second = world.owner(rng.choice(people, size=count))
    rest &= second != head
    world.relations.add(
        from_party=second[rest],
        to_party=parties[rest],
        valid_from=since[rest],
        share=np.round(1 - share[rest], 2),
        kind=RELATION["shareholder"],
    )
    former = (rng.random(count) < 0.1) & (second != head)
    ended = np.maximum(world.period.epoch_day - rng.integers(20, 700, count), since + 1)
    world.relations.add(
        from_party=second[former],
        to_party=parties[former],
        share=0.4,
        kind=RELATION["director"],
        valid_from=since[former],
        valid_to=ended[former],
    )


def trade(world: World, firms: Firms, count: int) -> None:
    """Firms pay their suppliers, each pair several times, more around the month's end."""
    rng, period = world.rng, world.period
    total = len(firms.accounts)
    edges = max(count // 4, 1)
    buyer = rng.choice(total, size=edges, p=0.5 * firms.weight + 0.5 / total)
    seller = rng.choice(total, size=edges, p=0.5 * firms.weight + 0.5 / total)
    level = heavy(rng, edges, 9000, 1.2) / YUAN
    edge = rng.choice(edges, size=count)
    edge = edge[buyer[edge] != seller[edge]]
    day = rng.choice(period.days, size=len(edge), p=period.business_weight)
    amount = rounded(rng, heavy(rng, len(edge), level[edge], 0.5), 0.3)
    names = np.array([PURPOSE[text] for text in ("货款", "材料款", "服务费", "往来款", "")])
    purpose = rng.choice(names, size=len(edge), p=[0.5, 0.15, 0.12, 0.08, 0.15])
    world.pay(
        firms.accounts[buyer[edge]],
        firms.accounts[seller[edge]],
        amount,
        period.at(rng, day, "business"),
        purpose,
        plain=True,
    )


def pay_taxes(world: World, firms: Firms, treasury: int) -> None:
    """Firms pay taxes to the treasury by the fifteenth."""
    rng, period = world.rng, world.period
    tax_day = rng.integers(5, 16, len(firms.accounts))
    amount = heavy(rng, len(firms.accounts), 2500, 1.3)
    for day in range(period.days):
        due = (tax_day == period.month_day[day]) & (firms.accounts != treasury)
        on = period.working_day(np.full(int(due.sum()), day))
        world.pay(
            firms.accounts[due], treasury, amount[due], period.at(rng, on, "business"), "税款"
        )
