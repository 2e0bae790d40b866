"""Innocent firms that resemble private investment firms: they advise many, and return no money."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.companies import found_companies, found_institution
from simulator.people import devices, draw_crowd, send_later, to_whole_yuan
from simulator.stage import Stage
from simulator.world import World

SCOPES = ("投资咨询；企业管理咨询", "理财信息咨询；商务信息咨询", "投资管理咨询；会议服务")


def take_fees(world: World, account: int, people_amount: float) -> None:
    """Many persons pay fees, round ones mostly; a few get a fee back that they paid twice."""
    rng, period = world.rng, world.period
    people = draw_crowd(world, 55, 520)
    count = int(len(people) * rng.uniform(1.0, 1.8))
    payer = np.concatenate([people, rng.choice(people, size=count - len(people))])
    amount = rounded(rng, heavy(rng, count, people_amount, 0.8), 0.8)
    at = period.at(rng, rng.choice(period.days, size=count, p=period.retail_weight), "retail")
    texts = world.draw_purposes(("咨询费", "服务费", "会员费", "培训费", ""))
    world.pay(payer, account, amount, at, rng.choice(texts, count), device=devices(world, payer))
    twice = np.flatnonzero(rng.random(count) < 0.03)
    back = np.full(len(twice), account)
    world.pay(back, payer[twice], amount[twice], send_later(world, at[twice], 5, 150), "退款")


def run_consulting(stage: Stage) -> None:
    """A consulting firm with investment in its name or scope: many pay it fees, one way."""
    world, rng = stage.world, stage.world.rng
    if rng.random() < 0.5:
        party, account = found_institution(world, stage.banks, "investment_firm", licensed=False)
    else:
        account = int(found_companies(world, stage.banks, 1)[0])
        party = int(world.owner(np.array([account]))[0])
    world.business_scopes[party] = str(rng.choice(SCOPES))
    take_fees(world, account, world.lots(1_000, 60_000))
    world.resembles("private_investment", "consulting", account)


def run_licensed_manager(stage: Stage) -> None:
    """A licensed manager: few clients, large tickets, redeemed at a value that goes up and down."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    _, account = found_institution(world, stage.banks, "asset_manager")
    clients = draw_crowd(world, 15, 90)
    amount = to_whole_yuan(heavy(rng, len(clients), world.lots(20_000, 400_000), 0.7), 10_000)
    day = rng.choice(period.days, size=len(clients), p=period.business_weight)
    at = period.at(rng, day, "business")
    world.pay(clients, account, amount, at, "申购款", device=devices(world, clients))
    leaves = rng.random(len(clients)) < 0.4
    value = amount[leaves] * rng.normal(1.0, 0.07, int(leaves.sum()))
    on = rng.choice(period.days, size=len(value), p=period.business_weight)
    paid_at = period.at(rng, on, "business")
    former = rng.choice(world.pools["people"], len(value))
    world.pay(np.full(len(value), account), former, value.astype(np.int64), paid_at, "赎回款")
    world.resembles("private_investment", "licensed_manager", account)


KINDS = (run_consulting, run_licensed_manager)
