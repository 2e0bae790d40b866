"""Insurers, their agencies, and the premiums that a crowd pays."""

from __future__ import annotations

import numpy as np

from simulator.companies import found_institution, open_account
from simulator.crowds import Deposits, draw_people, pay_in
from simulator.rows import Ints
from simulator.stage import Stage
from simulator.workdays import DAY
from simulator.world import World

PREMIUM_TEXTS = ("保费", "保险代理费", "投资款", "转账", "")
SURRENDER_TEXTS = ("退保金", "理赔款", "收益", "回款", "转账", "")


def found_insurer(stage: Stage) -> tuple[int, int]:
    """Found a licensed insurer; returns its party and the account that premiums go to."""
    world = stage.world
    party, own = found_institution(world, stage.banks, "insurer")
    if world.rng.random() < 0.5:
        return party, own
    return party, open_account(world, stage.banks, party)


def found_agency(stage: Stage, *, licensed: bool = True) -> tuple[int, int]:
    """Found an insurance agency; returns its party and account."""
    world = stage.world
    party, own = found_institution(world, stage.banks, "other", licensed=licensed)
    world.licence_scopes[party] = "insurance_agency"
    world.business_scopes[party] = "保险代理；代理销售保险产品、代理收取保险费"
    return party, own if world.rng.random() < 0.5 else open_account(world, stage.banks, party)


def sell_policies(
    world: World, accounts: Ints, *, latest_share: float = 1.0, scheme: int = -1
) -> Deposits:
    """A crowd buys policies; premiums run from a motor policy to a savings one."""
    people = draw_people(world, 40, 350)
    return pay_in(
        world,
        people,
        accounts,
        PREMIUM_TEXTS,
        median_yuan=(600, 60_000),
        latest_share=latest_share,
        scheme=scheme,
    )


def remit(
    world: World,
    agency: int,
    insurer: int,
    premiums: Deposits,
    share: float,
    every: int,
    lag_days: int,
    scheme: int = -1,
) -> None:
    """The agency remits a share of the premiums to the insurer, a sum for every so many days."""
    rng, period = world.rng, world.period
    slot = premiums.at // DAY // every
    total = np.bincount(slot, premiums.amount).astype(np.int64)
    day = (np.arange(len(total)) + 1) * every - 1 + lag_days
    out = day >= period.days
    day = period.working_day(np.where(out, 0, day))
    at = np.where(out, period.end, (day + 1) * DAY - rng.integers(1, 7 * DAY // 24, len(day)))
    texts = rng.choice(world.draw_purposes(("保费", "结算款", "往来款", "")), len(total))
    world.pay(agency, insurer, (total * share).astype(np.int64), at, texts, scheme=scheme)
