"""P1 fund pools: the public's money gathers in accounts that are no custody, old pays off new."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, split
from simulator.banks import Banks, open_accounts
from simulator.circles import receivers
from simulator.lookalikes import fund_pool as lookalikes
from simulator.people import devices, send_later, to_whole_yuan
from simulator.platforms import Platform, found_platform
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, HOUR
from simulator.world import CHANNEL, RELATION, YUAN, Scheme, World

VARIANTS = ("own_account", "ordinary_account", "personal_cards", "merchant_accounts", "relay")
KINDS = ("p2p_platform", "investment_firm", "asset_manager", "other")
IN_PURPOSES = ("投资款", "转账", "", "充值", "往来款", "货款")
OUT_PURPOSES = ("回款", "转账", "", "利息", "借款", "还款")


def add_fund_pool(stage: Stage, variant: str) -> None:
    """Put in one fund pool of a firm that may be licensed for something else."""
    rng = stage.world.rng
    kind = str(rng.choice(KINDS, p=[0.4, 0.3, 0.2, 0.1]))
    licensed = bool(rng.random() < 0.3)
    firm = found_platform(stage.world, stage.banks, custody=False, kind=kind, licensed=licensed)
    number, scheme = stage.world.begin_scheme("fund_pool", variant, firm.party)
    run_pool(stage, firm, variant, number, scheme)


def run_pool(stage: Stage, firm: Platform, variant: str, number: int, scheme: Scheme) -> None:
    """Gather money; old investors get back half to four fifths of what new ones bring."""
    world, banks = stage.world, stage.banks
    rng, period = world.rng, world.period
    pools = open_pools(world, banks, firm, variant)
    crowd = int(
        np.clip(world.lots(70, 420) * world.sizes.crowd**0.7, 60, len(world.pools["people"]) // 3)
    )
    people = rng.choice(world.pools["people"], size=crowd, replace=False)
    names = world.draw_purposes(IN_PURPOSES)
    count = int(crowd * rng.uniform(1.1, 2.2))
    payer = np.concatenate([people, rng.choice(people, size=count - crowd)])
    ramp = period.retail_weight * np.exp(rng.normal(0, 0.6) * np.linspace(0, 1, period.days))
    day = rng.choice(period.days, size=count, p=ramp / ramp.sum())
    amount = to_whole_yuan(
        heavy(rng, count, world.lots(4_000, 90_000), 0.9), int(rng.choice([100, 1000, 5000]))
    )
    time = period.at(rng, day, "retail")
    card = rng.choice(pools, size=count, p=rng.dirichlet(np.full(len(pools), 3.0)))
    pos = variant == "merchant_accounts"
    world.pay(
        payer,
        card,
        amount,
        time,
        rng.choice(names, count),
        scheme=number,
        channel=CHANNEL["pos"] if pos and rng.random() < 0.6 else -1,
        device=devices(world, payer),
    )
    source = pools
    if variant == "relay":
        source = np.array([firm.circle.sisters[0]])
        gather(world, pools, source[0], card, amount, time, number)
    inflow = np.bincount(day, amount, minlength=period.days).astype(np.int64)
    repay(world, number, source, people, inflow, float(rng.uniform(0.5, 0.8)))
    beneficiaries = take_out(world, number, firm, source, inflow, nightly=bool(rng.random() < 0.5))
    scheme.parties = [(firm.party, "organiser")]
    scheme.parties += [
        (int(party), "pool")
        for party in np.unique(world.owner(np.concatenate([pools, source])))
        if party != firm.party
    ]
    scheme.parties += [
        (int(party), "beneficiary") for party in np.unique(world.owner(beneficiaries))
    ]
    scheme.accounts = sorted({*pools.tolist(), *source.tolist()})


def open_pools(world: World, banks: Banks, firm: Platform, variant: str) -> Ints:
    """The accounts the money gathers in: the firm's, its people's cards or merchants'."""
    rng = world.rng
    if variant == "own_account":
        return np.array([firm.own])
    if variant == "ordinary_account":
        return open_accounts(world, banks, np.array([firm.party]), inside=True, extra=0)
    if variant == "merchant_accounts":
        shops = rng.choice(
            firm.circle.sisters,
            size=min(int(rng.integers(1, 4)), len(firm.circle.sisters)),
            replace=False,
        )
        return open_accounts(
            world,
            banks,
            world.owner(shops),
            role="merchant",
            inside=True,
            extra=int(rng.integers(0, 5_000)) * YUAN,
        )
    cards = firm.circle.kin if rng.random() < 0.4 else firm.circle.staff[: int(rng.integers(2, 7))]
    owners = world.owner(cards)
    tie = RELATION["same_device"] if rng.random() < 0.5 else RELATION["same_address"]
    known = rng.random(len(owners)) < 0.6
    known[0] = True
    world.relations.add(
        from_party=owners[known],
        to_party=firm.party,
        kind=tie,
        valid_from=world.period.epoch_day - rng.integers(40, 900, known.sum()),
    )
    if rng.random() < 0.5:
        return cards
    return open_accounts(
        world, banks, owners, inside=True, extra=int(rng.integers(0, 9_000)) * YUAN, young=0.5
    )


def gather(
    world: World, pools: Ints, centre: int, card: Ints, amount: Ints, time: Ints, number: int
) -> None:
    """Cards pass each day's takings on to a central account late in the evening."""
    day = time // DAY
    keys, place = np.unique(
        day * len(pools) + np.searchsorted(np.sort(pools), card), return_inverse=True
    )
    total = np.bincount(place, amount).astype(np.int64)
    payer = np.sort(pools)[keys % len(pools)]
    at = keys // len(pools) * DAY + 23 * HOUR + world.rng.integers(HOUR * 7 // 10, HOUR, len(keys))
    world.pay(payer, centre, total, at, "往来款", scheme=number)


def repay(
    world: World, number: int, source: Ints, people: Ints, inflow: Ints, ratio: float
) -> None:
    """Old investors get principal and interest back, days after the money of others came."""
    rng, period = world.rng, world.period
    count = max(int(len(people) * rng.uniform(0.3, 0.9)), 12)
    old = rng.choice(world.pools["people"], size=max(int(count * 0.6), 8))
    payee = np.where(
        rng.random(count) < rng.uniform(0.2, 0.8),
        rng.choice(old, size=count),
        rng.choice(people, size=count),
    )
    day = rng.choice(period.days, size=count, p=inflow / inflow.sum())
    lag = rng.integers(0, int(rng.integers(1, 5)), count)
    day = np.minimum(day + lag, period.days - 1)
    _, amount = split(rng, np.array([int(inflow.sum() * ratio)]), np.array([count]))
    rates = 1 + rng.choice([0.005, 0.01, 0.02, 0.08], size=count)
    whole = to_whole_yuan((amount / rates).astype(np.int64), 100)
    habit = str(rng.choice(["evening", "retail", "business"]))
    at = period.at(rng, day, habit)
    world.pay(
        rng.choice(source, size=count),
        payee,
        (whole * rates).astype(np.int64),
        at,
        rng.choice(world.draw_purposes(OUT_PURPOSES), count),
        scheme=number,
    )


def take_out(
    world: World, number: int, firm: Platform, source: Ints, inflow: Ints, *, nightly: bool
) -> Ints:
    """What old investors do not get goes to the circle, each night or in lumps; returns to whom."""
    rng, period = world.rng, world.period
    taken = inflow * rng.uniform(0.13, 0.42)
    to = receivers(world, firm.circle, int(rng.integers(1, 6)))
    to = (
        to[~np.isin(to, source)]
        if (~np.isin(to, source)).any()
        else np.array([firm.circle.controller])
    )
    if nightly:
        day = np.flatnonzero(taken > 0)
        amount = taken[day].astype(np.int64)
        at = period.at(rng, day, "evening")
    else:
        lumps = int(rng.integers(2, 12))
        _, amount = split(rng, np.array([int(taken.sum())]), np.array([lumps]))
        at = send_later(
            world, period.at(rng, rng.choice(period.days, size=lumps), "business"), 0.5, 30
        )
        at = np.minimum(at, period.end - HOUR)
    world.pay(
        rng.choice(source, size=len(amount)),
        rng.choice(to, size=len(amount)),
        amount,
        at,
        rng.choice(world.draw_purposes(("往来款", "借款", "货款", "服务费", "")), len(amount)),
        scheme=number,
    )
    return to


TYPOLOGY = Typology("fund_pool", VARIANTS, add_fund_pool, lookalikes.KINDS)
