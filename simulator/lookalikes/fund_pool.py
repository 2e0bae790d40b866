"""Innocent parties that resemble fund pools: many pay them, and they pay many, for a reason."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.firms import found_firm
from simulator.people import devices, draw_crowd
from simulator.stage import Stage
from simulator.workdays import DAY, HOUR
from simulator.world import INSTITUTION, RELATION


def run_payroll_agent(stage: Stage) -> None:
    """An agent takes its clients' payroll and pays their staff the same day."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    account = found_firm(world, stage.banks)
    staff = draw_crowd(world)
    clients = world.pick(world.pools["buyers"], int(rng.integers(5, 25)))
    client = rng.integers(0, len(clients), len(staff))
    wage = heavy(rng, len(staff), 4500, 0.4)
    payday = rng.choice([5, 10, 15, 20, 25], size=len(clients))
    for day in range(period.days):
        due = np.flatnonzero(payday[client] == period.month_day[day])
        if not len(due):
            continue
        on = int(period.working_day(np.array([day]))[0])
        total = np.bincount(client[due], wage[due], minlength=len(clients)).astype(np.int64)
        world.pay(
            clients,
            account,
            total + total // 100,
            on * DAY + 9 * HOUR + rng.integers(0, 2 * HOUR, len(clients)),
            "代发工资款",
        )
        world.pay(
            account,
            staff[due],
            wage[due],
            on * DAY + 13 * HOUR + rng.integers(0, HOUR, len(due)),
            "工资",
        )
    world.resembles("fund_pool", "payroll", account)


def run_fee_collector(stage: Stage) -> None:
    """A property manager collects fees from households and pays its suppliers and staff."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    account = found_firm(world, stage.banks)
    homes = draw_crowd(world)
    day = rng.choice(period.days, size=len(homes), p=period.retail_weight)
    fee = rounded(rng, heavy(rng, len(homes), 900, 0.5), 0.5)
    world.pay(
        homes, account, fee, period.at(rng, day, "retail"), "物业费", device=devices(world, homes)
    )
    count = int(rng.integers(14, 45))
    weight = rng.dirichlet(np.full(count, 2.0)) * fee.sum() * rng.uniform(0.8, 1.0)
    day = np.sort(rng.integers(min(4, period.days - 1), period.days, count))
    payee = np.concatenate(
        [
            world.pick(world.pools["people"], count // 2),
            world.pick(world.pools["buyers"], count - count // 2),
        ]
    )
    world.pay(
        account,
        payee,
        weight.astype(np.int64),
        period.at(rng, day, "business"),
        np.where(np.arange(count) < count // 2, 1, 13),
    )
    world.resembles("fund_pool", "property_fees", account)


def run_rental_operator(stage: Stage) -> None:
    """A letting firm takes tenants' rent and passes most of it to the flats' owners."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    account = found_firm(world, stage.banks)
    tenants = draw_crowd(world)
    owners = rng.choice(world.pools["people"], size=len(tenants))
    rent = rounded(rng, heavy(rng, len(tenants), 2200, 0.4), 1.0)
    day = rng.choice(max(period.days - 5, 1), size=len(tenants), p=None)
    time = period.at(rng, day, "retail")
    world.pay(tenants, account, rent, time, "租金", device=devices(world, tenants))
    later = period.working_day(day + rng.integers(1, 5, len(tenants)))
    world.pay(
        account,
        owners,
        (rent * rng.uniform(0.82, 0.95)).astype(np.int64),
        period.at(rng, later, "business"),
        "租金",
    )
    world.resembles("fund_pool", "rental_operator", account)


def run_insurer(stage: Stage) -> None:
    """A licensed insurer takes premiums from many and pays claims to some."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    account = found_firm(world, stage.banks, 100 + INSTITUTION["insurer"])
    party = world.owner(np.array([account]))
    world.institutions.add(party=party, kind=INSTITUTION["insurer"])
    insured = draw_crowd(world)
    day = rng.choice(period.days, size=len(insured), p=period.retail_weight)
    premium = rounded(rng, heavy(rng, len(insured), 1500, 0.8), 0.7)
    world.pay(
        insured,
        account,
        premium,
        period.at(rng, day, "retail"),
        "保费",
        device=devices(world, insured),
    )
    claims = max(len(insured) // 8, 12)
    share = rng.dirichlet(np.full(claims, 0.8)) * premium.sum() * rng.uniform(0.5, 0.9)
    day = rng.choice(period.days, size=claims, p=period.business_weight)
    world.pay(
        account,
        rng.choice(insured, claims),
        share.astype(np.int64),
        period.at(rng, day, "business"),
        "理赔款",
    )
    world.resembles("fund_pool", "insurer", account)


def sweep_treasury(stage: Stage) -> None:
    """A group sweeps its members' balances to the parent at night and funds them in the morning."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    days = np.flatnonzero(period.working)
    members = world.claim("firms", int(rng.integers(4, 13)))
    parent, children = int(members[0]), members[1:]
    world.relations.add(
        from_party=world.owner(members[:1])[0],
        to_party=world.owner(children),
        kind=RELATION["shareholder"],
        share=np.round(rng.uniform(0.5, 1.0, len(children)), 2),
        valid_from=period.epoch_day - rng.integers(200, 2000, len(children)),
    )
    child = np.tile(children, len(days))
    day = np.repeat(days, len(children))
    amount = heavy(rng, len(child), world.lots(20_000, 400_000), 0.7)
    customer = world.pick(world.pools["buyers"], len(child))
    world.pay(customer, child, amount, period.at(rng, day, "business"), "货款", plain=True)
    world.pay(
        child,
        parent,
        amount,
        day * DAY + 20 * HOUR + rng.integers(0, HOUR, len(child)),
        "资金归集",
    )
    down = rng.random(len(child)) < 0.6
    world.pay(
        parent,
        child[down],
        (amount[down] * rng.uniform(0.3, 0.9)).astype(np.int64),
        period.at(rng, day[down], "morning"),
        "资金下拨",
    )
    world.resembles("fund_pool", "treasury_sweep", parent)


def keep_custody(stage: Stage) -> None:
    """A platform's custody account at a bank: everyone's money, and every yuan accounted for."""
    platform = stage.draw_platform()
    stage.world.resembles(
        "fund_pool", "custody_omnibus", platform.collect, institution=platform.party
    )


KINDS = (
    run_payroll_agent,
    run_fee_collector,
    run_rental_operator,
    run_insurer,
    sweep_treasury,
    keep_custody,
)
