"""Institutions with a circle, accounts of their own and running costs; lending platforms first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy
from simulator.banks import Banks, open_accounts
from simulator.circles import Circle, draw_circle
from simulator.firms import add_organisations
from simulator.purposes import PURPOSE
from simulator.rows import Ints
from simulator.world import INSTITUTION, YUAN, World


@dataclass(frozen=True)
class Platform:
    """A platform: its party, its circle, its own account and the one lenders pay into."""

    party: int
    circle: Circle
    own: int
    collect: int
    fee_rate: float
    fee_by_borrower: bool


def found_platform(
    world: World,
    banks: Banks,
    *,
    custody: bool = True,
    kind: str = "p2p_platform",
    licensed: bool = True,
) -> Platform:
    """Register an institution with its circle and accounts, and let it pay its running costs."""
    rng = world.rng
    party = add_organisations(world, 1, np.array([100 + INSTITUTION[kind]]))
    number = int(party[0])
    world.institutions.add(party=party, kind=INSTITUTION[kind], licensed=licensed)
    circle = draw_circle(world, number, int(rng.integers(3, 9)))
    own = int(
        open_accounts(
            world, banks, party, role="own_funds", institution=number, inside=True, daily=True
        )[0]
    )
    collect = own
    if custody:
        idle = int(world.lots(50_000, 3_000_000)) * YUAN
        collect = int(
            open_accounts(
                world,
                banks,
                party,
                role="client_custody",
                extra=idle,
                institution=number,
                inside=True,
                daily=True,
            )[0]
        )
        world.subledger_gap[collect] = np.zeros(world.period.days, dtype=np.int64)
    run_office(world, own, circle.staff)
    fee = float(rng.uniform(0.005, 0.045))
    return Platform(number, circle, own, collect, fee, bool(rng.random() < 0.5))


def run_office(world: World, own: int, staff: Ints) -> None:
    """An institution pays staff, rent, advertising and services from its own funds."""
    rng, period = world.rng, world.period
    payday = int(rng.choice([5, 10, 15, 25]))
    days = np.flatnonzero(period.month_day == payday)
    for day in period.working_day(days):
        time = period.at(rng, np.full(len(staff), day), "business")
        world.pay(own, staff, heavy(rng, len(staff), 6500, 0.4), time, "工资")
    count = int(rng.integers(4, 20))
    day = rng.choice(period.days, size=count, p=period.business_weight)
    names = np.array([PURPOSE[text] for text in ("房租", "广告费", "服务费", "水电费", "往来款")])
    world.pay(
        own,
        world.pick(world.pools["buyers"], count),
        heavy(rng, count, 9000, 1.0),
        period.at(rng, day, "business"),
        rng.choice(names, count),
    )
