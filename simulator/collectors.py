"""Firms that collect card money for merchants: who they are, what they get and what they owe."""

from __future__ import annotations

import numpy as np

from simulator.acquirers import Takings, as_one, settle
from simulator.companies import found_companies, found_institution, open_account
from simulator.rows import Ints
from simulator.stage import Stage
from simulator.workdays import HOUR
from simulator.world import World

TEXTS = ("结算款", "货款结算", "代付", "货款", "往来款", "服务费", "")


def found_collector(stage: Stage) -> tuple[int, int]:
    """The collecting firm: known to no register, or as an institution of another business."""
    world, rng = stage.world, stage.world.rng
    if rng.random() < 0.35:
        party, own = found_institution(world, stage.banks, "other", licensed=False)
    else:
        own = int(found_companies(world, stage.banks, 1)[0])
        party = int(world.owner(np.array([own]))[0])
    if rng.random() < 0.5:
        return party, own
    return party, open_account(world, stage.banks, party)


def draw_merchants(stage: Stage, most: float = 160) -> Ints:
    """Merchants of the population, between about two dozen and `most`."""
    size = min(int(stage.world.lots(24, most)), len(stage.firms.merchants))
    return stage.world.rng.choice(stage.firms.merchants, size=size, replace=False)


def collect(
    world: World, reserve: int, account: int, sold: Takings, rate: float, number: int
) -> Takings:
    """The acquirer settles all in one sum a day; the merchants' parts of it are owed from then."""
    settle(world, reserve, np.array([account]), as_one(world, sold), rate, scheme=number)
    return arrived(world, sold)


def arrived(world: World, sold: Takings) -> Takings:
    """Takings as of the noon of the working day on which the acquirer's settlement has come."""
    period = world.period
    kept = sold.day + 1 < period.days
    day = period.working_day(sold.day[kept] + 1)
    noon = period.at(world.rng, day, "morning") + 7 * HOUR
    return Takings(sold.shop[kept], day, sold.amount[kept], noon)
