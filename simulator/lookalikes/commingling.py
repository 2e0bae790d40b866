"""Innocent platforms that resemble commingling: differences that clear, a guarantor's premiums."""

from __future__ import annotations

import numpy as np

from simulator.stage import Stage
from simulator.workdays import HOUR
from simulator.world import RELATION, YUAN


def differ_for_a_day(stage: Stage) -> None:
    """Custody and sub-accounts differ over a night or a few, and agree again the next day."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = stage.draw_platform()
    gap = world.subledger_gap[platform.collect]
    even = np.arange(0, period.days, 2)
    for day in rng.choice(even, size=min(int(rng.integers(1, 4)), len(even)), replace=False):
        gap[day] += int(world.lots(500, 400_000)) * YUAN * int(rng.choice([-1, 1]))
    world.resembles(
        "commingling", "settlement_timing", platform.collect, institution=platform.party
    )


def charge_guarantees(stage: Stage) -> None:
    """A guarantor of the circle takes premiums from the borrowers whose loans it guarantees."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = stage.draw_platform()
    mine = np.flatnonzero(world.loans.column("institution") == platform.party)
    mine = mine[(world.loans.column("raised", mine) >= 0) & (rng.random(len(mine)) < 0.8)]
    guarantor = int(platform.circle.sisters[-1])
    world.relations.add(
        1,
        from_party=world.owner(np.array([guarantor]))[0],
        to_party=platform.party,
        kind=RELATION["guarantees"],
        valid_from=period.epoch_day - int(rng.integers(60, 900)),
    )
    day = world.loans.column("raised", mine).astype(np.int64)
    premium = (world.loans.column("principal", mine) * rng.uniform(0.005, 0.03)).astype(np.int64)
    at = period.at(rng, day, "business") + rng.integers(HOUR, 30 * HOUR, len(mine))
    payer = world.loans.column("account", mine).astype(np.int64)
    world.pay(payer, guarantor, premium, at, "服务费", loan=mine)
    world.resembles("commingling", "related_guarantor", guarantor, institution=platform.party)


KINDS = (differ_for_a_day, charge_guarantees)
