"""Innocent parties whose payments fan out, gather, run in chains or come back, for a reason."""

from __future__ import annotations

import itertools

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.circles import tie
from simulator.companies import found_companies, hands, persons
from simulator.passing import begin, draw_pace, pass_on
from simulator.stage import Stage
from simulator.workdays import DAY, HOUR
from simulator.world import CHANNEL, YUAN


def run_payroll(stage: Stage) -> None:
    """A company pays wages and bonuses to its staff, the same persons month by month."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    company = int(found_companies(world, stage.banks, 1)[0])
    staff = persons(world, int(world.lots(8, 90)))
    wage = heavy(rng, len(staff), world.lots(4_000, 40_000), 0.4)
    for day in sorted(rng.choice(period.days, size=min(2, period.days), replace=False).tolist()):
        on = period.working_day(np.full(len(staff), day))
        texts = rng.choice(world.draw_purposes(("工资", "奖金")), 1)[0]
        world.pay(company, staff, wage, period.at(rng, on, "business"), np.full(len(staff), texts))
    world.resembles("layering", "payroll", company)


def run_group_sweep(stage: Stage) -> None:
    """A parent gathers the balances of subsidiaries that it owns, and hands them out again."""
    world, rng = stage.world, stage.world.rng
    members = found_companies(world, stage.banks, int(rng.integers(5, 20)))
    owners = world.owner(members).tolist()
    for owner in owners[1:]:
        tie(world, owners[0], owner, "shareholder", round(rng.uniform(0.5, 1.0), 2))
    pace = draw_pace(world, ("资金归集", "资金下拨", "往来款", ""))
    for _ in range(int(rng.integers(2, 8))):
        held = begin(world, members[1:], int(world.lots(200_000, 20_000_000)) * YUAN, 0.9)
        held = pass_on(world, held, members[:1], pace, parts=1)
        pass_on(world, held, members[1:], pace, parts=len(members) - 1)
    world.resembles("layering", "group_sweep", int(members[0]))


def run_savings_circle(stage: Stage) -> None:
    """Friends pay a host equal parts each week, and one of them in turn gets the whole."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    members = np.append(hands(world, 1), persons(world, int(rng.integers(7, 30))))
    host, part = int(members[0]), int(rng.integers(2, 60)) * 500 * YUAN
    every, start = int(rng.integers(3, 8)), int(rng.integers(0, 3))
    texts = world.draw_purposes(("转账", "借款", "往来款", ""))
    for turn, day in enumerate(range(start, period.days, every)):
        payers = members[1:]
        at = day * DAY + rng.integers(9 * HOUR, 22 * HOUR, len(payers))
        world.pay(payers, host, part, at, rng.choice(texts, len(payers)))
        winner = int(members[1 + turn % (len(members) - 1)])
        when = (day + 1) * DAY + int(rng.integers(8 * HOUR, 22 * HOUR))
        text = rng.choice(texts, 1)
        world.pay(host, winner, part * len(payers), when, text)
    world.resembles("layering", "savings_circle", host)


def run_supply_chain(stage: Stage) -> None:
    """Goods go down a chain of companies and money up it; each keeps a margin of its own."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    chain = found_companies(world, stage.banks, int(rng.integers(4, 10)))
    orders = int(rng.integers(2, 9))
    amount = heavy(rng, orders, world.lots(20_000, 900_000), 0.8)
    at = period.at(rng, rng.integers(0, period.days, orders), "business")
    texts = world.draw_purposes(("货款", "材料款", "货款结算", ""))
    for buyer, seller in itertools.pairwise(chain.tolist()):
        world.pay(buyer, seller, amount, at, rng.choice(texts, orders))
        amount = (amount * rng.uniform(0.6, 0.97, orders)).astype(np.int64)
        at = at + (np.exp(rng.uniform(0, np.log(150), orders)) * HOUR).astype(np.int64)
    world.resembles("layering", "supply_chain", *chain[1:-1].tolist())


def run_cash_takings(stage: Stage) -> None:
    """A shop pays its day's cash in, as it comes, and buys stock with it."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    shop = int(found_companies(world, stage.banks, 1)[0])
    day = np.flatnonzero(rng.random(period.days) < rng.uniform(0.4, 1.0))
    if not len(day):
        day = np.array([0])
    amount = heavy(rng, len(day), world.lots(8_000, 180_000), float(rng.uniform(0.1, 0.5)))
    amount = rounded(rng, amount, float(rng.uniform(0, 0.9)))
    at = period.at(rng, day, "business")
    world.pay(-1, shop, amount, at, "存现", channel=CHANNEL["cash"])
    suppliers = world.pick(world.pools["buyers"], int(rng.integers(2, 10)))
    spent = (amount * rng.uniform(0.5, 0.95, len(day))).astype(np.int64)
    later = at + rng.integers(HOUR, 4 * DAY, len(day))
    texts = rng.choice(world.draw_purposes(("货款", "材料款", "")), len(day))
    world.pay(shop, rng.choice(suppliers, len(day)), spent, later, texts)
    world.resembles("layering", "cash_takings", shop)


def run_mutual_trade(stage: Stage) -> None:
    """A few companies buy from one another all the time, so that money comes back by chance."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    members = found_companies(world, stage.banks, int(rng.integers(3, 7)))
    count = int(world.lots(15, 120))
    buyer = rng.integers(0, len(members), count)
    seller = (buyer + rng.integers(1, len(members), count)) % len(members)
    day = rng.choice(period.days, size=count, p=period.business_weight)
    amount = rounded(rng, heavy(rng, count, world.lots(8_000, 300_000), 1.0), 0.4)
    texts = rng.choice(world.draw_purposes(("货款", "材料款", "服务费", "")), count)
    world.pay(members[buyer], members[seller], amount, period.at(rng, day, "business"), texts)
    world.resembles("layering", "mutual_trade", *members.tolist())


KINDS = (
    run_payroll,
    run_group_sweep,
    run_savings_circle,
    run_supply_chain,
    run_cash_takings,
    run_mutual_trade,
)
