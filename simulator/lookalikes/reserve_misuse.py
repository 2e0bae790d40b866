"""Innocent payment firms that resemble misuse of reserves: items that age out, approved fees."""

from __future__ import annotations

import numpy as np

from simulator.stage import Stage
from simulator.world import YUAN


def settle_related_merchant(stage: Stage) -> None:
    """A sister firm is a merchant like the others: it is paid for its sales, as they come."""
    firm = stage.draw_payment_firm()
    firm.merchants[0] = firm.circle.sisters[0]
    stage.world.resembles(
        "reserve_misuse", "related_merchant", firm.reserve, institution=firm.party
    )


def wait_for_holidays(stage: Stage) -> None:
    """Items of free days stay open until the next working day, and are gone after it."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    firm = stage.draw_payment_firm()
    free = np.flatnonzero(~period.working)
    open_items = np.zeros(period.days, dtype=np.int64)
    for run in np.split(free, np.flatnonzero(np.diff(free) > 1) + 1):
        if len(run) and rng.random() < 0.6:
            open_items[run] = int(world.lots(2_000, 300_000)) * YUAN
    firm.book.shortfall[:] += open_items
    firm.book.aged[0] += open_items
    world.resembles("reserve_misuse", "holiday_items", firm.reserve, institution=firm.party)


def carry_fees_over(stage: Stage) -> None:
    """A payment firm that carries over the fees it earned, as approved, and nothing else."""
    firm = stage.draw_payment_firm()
    stage.world.resembles("reserve_misuse", "fee_carry_over", firm.reserve, institution=firm.party)


KINDS = (settle_related_merchant, wait_for_holidays, carry_fees_over)
