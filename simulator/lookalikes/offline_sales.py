"""Innocent platforms that resemble offline sales: staff paid by what borrowers repay, or flat."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.lending import (
    draw_borrowers,
    draw_lenders,
    earn,
    repay_old,
    run_honest,
)
from simulator.platforms import Platform, found_platform
from simulator.rows import Ints
from simulator.stage import Stage
from simulator.workdays import DAY
from simulator.world import World


def pay_by(world: World, platform: Platform, staff: Ints, moved: tuple[Ints, Ints]) -> None:
    """Pay each of the staff a share of the sums (times and amounts) that fall to him."""
    rng, period = world.rng, world.period
    at, amount = moved
    who = rng.choice(len(staff), size=len(at), p=rng.dirichlet(np.full(len(staff), 1.2)))
    stretch = min(int(rng.choice([7, 10, 15, 30])), max(period.days // 2, 1))
    rate = rng.uniform(0.005, 0.05) * rng.uniform(0.8, 1.2, len(staff))
    texts = world.draw_purposes(("提成", "奖金", "劳务费", "工资", ""))
    for end in range(stretch, period.days + 1, stretch):
        mine = (at >= (end - stretch) * DAY) & (at < end * DAY)
        share = np.bincount(who[mine], amount[mine], minlength=len(staff)) * rate
        paid = rounded(rng, share.astype(np.int64), 0.2)
        day = np.minimum(end + rng.integers(0, 3, len(staff)), period.days - 1)
        when = period.at(rng, day, "business")
        world.pay(
            np.full(len(staff), platform.own), staff, paid, when, rng.choice(texts, len(staff))
        )


def pay_collectors(stage: Stage) -> None:
    """Collection staff get a share of what overdue borrowers repay, whatever lenders put in."""
    world, rng = stage.world, stage.world.rng
    platform = found_platform(world, stage.banks)
    run_honest(world, platform, share=float(rng.uniform(0.1, 0.8)))
    lenders = draw_lenders(world, 120 * world.sizes.crowd)
    first = world.transfers.count
    borrowers = draw_borrowers(world, int(world.lots(10, 70)))
    earn(world, borrowers)
    repay_old(world, platform, lenders, borrowers, world.lots(40_000, 400_000))
    into = world.transfers.since("payee", first) == platform.collect
    repaid = (
        world.transfers.since("time", first)[into].astype(np.int64),
        world.transfers.since("amount", first)[into].astype(np.int64),
    )
    staff = rng.choice(world.pools["people"], size=int(world.lots(5, 60)), replace=False)
    pay_by(world, platform, staff, repaid)
    world.resembles("offline_sales", "collection_staff", platform.own, institution=platform.party)


def pay_wages(stage: Stage) -> None:
    """A platform with many staff, on wages that do not move with what lenders put in."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    run_honest(world, platform)
    staff = rng.choice(world.pools["people"], size=int(world.lots(5, 60)), replace=False)
    wage = heavy(rng, len(staff), 5_500, 0.4)
    stretch = min(int(rng.choice([7, 10, 15, 30])), max(period.days // 2, 1))
    for end in range(stretch, period.days + 1, stretch):
        day = np.full(len(staff), min(end, period.days - 1))
        at = period.at(rng, period.working_day(day), "business")
        bonus = heavy(rng, len(staff), 400, 0.8)
        world.pay(np.full(len(staff), platform.own), staff, wage + bonus, at, "工资")
    world.resembles("offline_sales", "flat_wages", platform.own, institution=platform.party)


KINDS = (pay_collectors, pay_wages)
