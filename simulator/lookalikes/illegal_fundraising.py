"""Innocent firms and persons that resemble illegal fundraising: many pay round sums, and many are
paid the same sums at fixed intervals, but no one's principal comes back with a promised return."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.companies import found_companies, persons
from simulator.people import devices, draw_crowd, send_later, to_whole_yuan
from simulator.stage import Stage
from simulator.workdays import DAY
from simulator.world import YUAN


def run_pension_fund(stage: Stage) -> None:
    """A pension fund: workers pay a fixed sum each month, and pensioners get a fixed sum."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    fund = int(found_companies(world, stage.banks, 1)[0])
    people = draw_crowd(world, 55, 520)
    workers = int(len(people) * rng.uniform(0.4, 0.7))
    sums = to_whole_yuan(heavy(rng, len(people), world.lots(800, 6_000), 0.5), 100)
    on = rng.integers(1, 29, len(people))
    on[workers:] = int(rng.integers(1, 29))
    day, who = np.nonzero(period.month_day[:, None] == on[None, :])
    at = period.at(rng, day, "business")
    person, pays = people[who], who < workers
    world.pay(
        np.where(pays, person, fund),
        np.where(pays, fund, person),
        sums[who],
        at,
        "养老金",
        device=np.where(pays, devices(world, person), 0),
    )
    world.resembles("illegal_fundraising", "pension_fund", fund)


def run_savings_circle(stage: Stage) -> None:
    """A savings circle: all pay the same sum each round, and each round one of them gets it all."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    members = persons(world, int(rng.integers(12, 70)))
    head = int(members[0])
    interval = int(rng.choice([5, 7, 10, 15, 30]))
    stake = int(to_whole_yuan(heavy(rng, 1, world.lots(500, 20_000), 0.5), 100)[0])
    texts = world.draw_purposes(("会费", "转账", "往来款", "集资款", ""))
    others = members[1:]
    for turn, day in enumerate(range(int(rng.integers(interval)), period.days, interval)):
        at = period.at(rng, np.full(len(others), day), "retail")
        world.pay(
            others,
            head,
            stake,
            at,
            rng.choice(texts, len(others)),
            device=devices(world, others),
        )
        winner = int(others[turn % len(others)])
        world.pay(head, winner, stake * len(others), int(at.max()) + DAY // 8, texts[:1])
    world.resembles("illegal_fundraising", "savings_circle", head)


def run_franchise(stage: Stage) -> None:
    """A franchise: shopkeepers pay round fees and for goods, and get rebates on what they buy."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    firm = int(found_companies(world, stage.banks, 1)[0])
    shops = draw_crowd(world, 55, 520)
    count = int(len(shops) * rng.uniform(1.5, 4.0))
    payer = rng.choice(shops, count)
    fee = rng.random(count) < 0.3
    unit = int(rng.choice([500, 1000, 5000]))
    paid = heavy(rng, count, world.lots(2_000, 60_000), 0.8)
    amount = np.where(fee, to_whole_yuan(paid, unit), paid)
    day = rng.choice(period.days, size=count, p=period.business_weight)
    at = period.at(rng, day, "business")
    texts = world.draw_purposes(("加盟费", "货款", "材料款", "设备款", "保证金"))
    world.pay(payer, firm, amount, at, rng.choice(texts, count), device=devices(world, payer))
    bought = ~fee & (rng.random(count) < 0.6)
    rebate = rounded(
        rng, (amount[bought] * rng.uniform(0.01, 0.12, bought.sum())).astype(np.int64), 0.3
    )
    later = send_later(world, at[bought], 48, 400)
    world.pay(np.full(len(later), firm), payer[bought], rebate, later, "返利")
    goods = max(count // 6, 4)
    sold = (rng.dirichlet(np.full(goods, 1.5)) * amount.sum() * rng.uniform(0.5, 0.8)).astype(
        np.int64
    )
    on = period.at(rng, rng.choice(period.days, size=goods, p=period.business_weight), "business")
    world.pay(firm, world.pick(world.pools["buyers"], goods), sold, on, "货款")
    world.resembles("illegal_fundraising", "franchise", firm)


def run_letting_firm(stage: Stage) -> None:
    """A letting firm pays owners a fixed rent each month, and tenants get only deposits back."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    firm = int(found_companies(world, stage.banks, 1)[0])
    people = draw_crowd(world, 55, 520)
    half = len(people) // 2
    owners, tenants = people[:half], people[half:]
    rent = to_whole_yuan(heavy(rng, half, world.lots(1_200, 9_000), 0.4), 100)
    on = rng.integers(1, 29, half)
    day, who = np.nonzero(period.month_day[:, None] == on[None, :])
    at = period.at(rng, day, "business")
    world.pay(np.full(len(who), firm), owners[who], rent[who], at, "租金")
    count = len(tenants)
    due = to_whole_yuan(heavy(rng, count, world.lots(1_400, 10_000), 0.4), 100)
    day = rng.integers(0, period.days, count)
    at = period.at(rng, day, "retail")
    world.pay(tenants, firm, due, at, "租金", device=devices(world, tenants))
    leaves = rng.random(count) < 0.15
    back = np.maximum(due[leaves] - rng.integers(0, 300, int(leaves.sum())) * YUAN, 0)
    world.pay(np.full(int(leaves.sum()), firm), tenants[leaves], back, at[leaves] + DAY, "退款")
    world.resembles("illegal_fundraising", "letting_firm", firm)


KINDS = (run_pension_fund, run_savings_circle, run_franchise, run_letting_firm)
