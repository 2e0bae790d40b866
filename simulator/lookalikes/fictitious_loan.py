"""Innocent borrowers that resemble fictitious loans: young firms that spend at once, neighbours."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, split
from simulator.companies import found_companies, keep_busy
from simulator.lending import (
    draw_lenders,
    earn,
    lend,
    run_honest,
    use_proceeds,
)
from simulator.people import devices, send_later
from simulator.platforms import found_platform
from simulator.purposes import PURPOSE
from simulator.stage import Stage


def lend_working_capital(stage: Stage) -> None:
    """Young firms spend a whole loan within a day or two, on suppliers, wages and taxes."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    run_honest(world, platform, share=float(rng.uniform(0.15, 0.9)))
    lenders = draw_lenders(world, 100 * world.sizes.crowd)
    count = int(world.lots(4, 40))
    firms = found_companies(world, stage.banks, count)
    world.accounts.column("opened")[firms] = period.epoch_day - rng.integers(5, 45, count)
    earn(world, firms)
    loans = lend(world, platform, lenders, firms, median_yuan=world.lots(30_000, 500_000))
    loans = loans.paid_out()
    spent = (loans.principal * rng.uniform(0.9, 1.0, len(loans.row))).astype(np.int64)
    owner, part = split(rng, spent, rng.integers(3, 12, len(loans.row)))
    payer = loans.account[owner]
    staff = rng.random(len(part)) < 0.3
    payee = np.where(
        staff,
        rng.choice(world.pools["people"], len(part)),
        rng.choice(world.pools["buyers"], len(part)),
    )
    at = send_later(world, loans.disbursed_at[owner], 0.2, float(rng.uniform(10, 50)))
    text = rng.choice(world.draw_purposes(("货款", "材料款", "设备款", "税款")), len(part))
    text = np.where(staff, PURPOSE["工资"], text)
    world.pay(payer, payee, part, at, text, device=devices(world, payer))
    accounts = (platform.collect, *firms.tolist())
    world.resembles("fictitious_loan", "working_capital", *accounts, institution=platform.party)


def lend_to_neighbours(stage: Stage) -> None:
    """Firms of an industrial park borrow: one address, yet devices, trade and uses of their own."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    lenders = run_honest(world, platform, share=float(rng.uniform(0.15, 0.9)))
    count = int(rng.integers(3, 14))
    firms = found_companies(world, stage.banks, count)
    keep_busy(world, firms)
    parties = world.owner(firms)
    world.same_contact += [(int(party), int(parties[0]), False) for party in parties[1:]]
    use_proceeds(
        world, lend(world, platform, lenders, firms, median_yuan=world.lots(30_000, 500_000))
    )
    tax = heavy(rng, count, 4_000, 0.8)
    on = period.working_day(rng.integers(0, period.days, count))
    at = period.at(rng, on, "business")
    world.pay(firms, rng.choice(world.pools["buyers"], count), tax, at, "水电费")
    accounts = (platform.collect, *firms.tolist())
    world.resembles("fictitious_loan", "industrial_park", *accounts, institution=platform.party)


KINDS = (lend_working_capital, lend_to_neighbours)
