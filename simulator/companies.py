"""Companies with a life of their own, beside whatever story they are part of."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.banks import Banks, open_accounts
from simulator.circles import tie
from simulator.firms import add_organisations, add_owners
from simulator.platforms import run_office
from simulator.purposes import PURPOSE
from simulator.rows import Ints
from simulator.world import INSTITUTION, World

TRADE_TEXTS = ("货款", "材料款", "服务费", "往来款", "货款结算", "")


def found_companies(
    world: World,
    banks: Banks,
    count: int,
    *,
    trade: int = 0,
    role: str = "ordinary",
    inside: bool = True,
    young: float = 0.15,
    busy: float = 1.0,
) -> Ints:
    """Found companies with owners; returns an account of each.

    A share `busy` of them trades with others and pays staff all through the period.
    """
    parties = add_organisations(world, count, np.full(count, trade) if trade else 0)
    add_owners(world, parties, world.pools["people"])
    accounts = open_accounts(world, banks, parties, role=role, inside=inside, young=young)
    keep_busy(world, accounts[world.rng.random(count) < busy])
    return accounts


def keep_busy(world: World, accounts: Ints) -> None:
    """Let companies sell, buy and pay a few staff, each on a scale of its own."""
    rng, period = world.rng, world.period
    if not len(accounts):
        return
    level = np.exp(rng.uniform(np.log(2_000), np.log(60_000), len(accounts)))
    for sells in (True, False):
        deals = rng.integers(2, 15, len(accounts))
        mine = np.repeat(accounts, deals)
        other = rng.choice(world.pools["buyers"], size=len(mine))
        day = rng.choice(period.days, size=len(mine), p=period.business_weight)
        amount = rounded(rng, heavy(rng, len(mine), np.repeat(level, deals), 0.7), 0.3)
        world.pay(
            other if sells else mine,
            mine if sells else other,
            amount,
            period.at(rng, day, "business"),
            rng.choice(np.array([PURPOSE[text] for text in TRADE_TEXTS]), len(mine)),
            plain=True,
        )
    staff = rng.integers(1, 8, len(accounts))
    employer = np.repeat(accounts, staff)
    payday = rng.choice([5, 8, 10, 15, 20, 25, 28], size=len(accounts))
    due = period.month_day[:, None] == np.repeat(payday, staff)[None, :]
    day, who = np.nonzero(due)
    world.pay(
        employer[who],
        rng.choice(world.pools["people"], size=len(who)),
        heavy(rng, len(who), 5_000, 0.4),
        period.at(rng, period.working_day(day), "business"),
        "工资",
        plain=True,
    )


def found_institution(
    world: World,
    banks: Banks,
    kind: str,
    *,
    licensed: bool = True,
    division: int = -1,
    role: str = "own_funds",
) -> tuple[int, int]:
    """Register an institution with owners, staff and running costs; returns party and account."""
    rng = world.rng
    party = add_organisations(world, 1, np.array([100 + INSTITUTION[kind]]))
    if division >= 0:
        world.parties.change("division", party, division)
    add_owners(world, party, world.pools["people"])
    world.institutions.add(party=party, kind=INSTITUTION[kind], licensed=licensed)
    number = int(party[0])
    own = int(
        open_accounts(
            world,
            banks,
            party,
            role=role,
            institution=number if role != "ordinary" else -1,
            inside=True,
            daily=True,
        )[0]
    )
    run_office(world, own, world.pick(world.pools["people"], int(rng.integers(3, 20))))
    return number, own


def found_consultants(world: World, banks: Banks, count: int) -> None:
    """Register firms that advise and sell no finance: they have no licence, and need none."""
    kinds = world.rng.choice(["investment_firm", "other"], size=count)
    accounts = [found_institution(world, banks, str(kind), licensed=False)[1] for kind in kinds]
    keep_busy(world, np.array(accounts))


def found_beneficiaries(world: World, banks: Banks, institution: int) -> Ints:
    """Accounts of those behind an institution: firms that it owns, persons who direct it.

    One of the ties in ten or so is known to no register.
    """
    rng = world.rng
    firms = found_companies(world, banks, int(rng.integers(1, 4)), busy=0.5)
    people = hands(world, int(rng.integers(1, 5)))
    for owner in world.owner(firms[rng.random(len(firms)) < 0.9]).tolist():
        tie(world, institution, owner, "shareholder", round(rng.uniform(0.25, 1.0), 2))
    for owner in world.owner(people[rng.random(len(people)) < 0.9]).tolist():
        tie(world, owner, institution, str(rng.choice(["controls", "director"])))
    return np.concatenate([firms, people])


def open_account(
    world: World, banks: Banks, party: int, role: str = "ordinary", *, institution: int = -1
) -> int:
    """Open one more account of a party at a bank that submits."""
    return int(
        open_accounts(
            world,
            banks,
            np.array([party]),
            role=role,
            institution=institution,
            inside=True,
            young=0.4,
            daily=role in ("client_custody", "client_reserve"),
        )[0]
    )


def hands(world: World, count: int) -> Ints:
    """Accounts of persons whom one story names, and no other; they live like everyone beside it."""
    return world.claim("hands", count)


def persons(world: World, count: int) -> Ints:
    """Accounts of persons of the public, who may deal with others as well."""
    return world.pick(world.pools["people"], count)
