"""Innocent insurers and agencies: settled in cycles, surrendered at a loss, served by their own."""

from __future__ import annotations

import numpy as np

from simulator.circles import tie
from simulator.companies import found_companies
from simulator.crowds import pay_back
from simulator.insurers import SURRENDER_TEXTS, found_agency, found_insurer, remit, sell_policies
from simulator.stage import Stage
from simulator.world import YUAN


def run_settling_agency(stage: Stage) -> None:
    """An agency holds premiums until its settlement day, and remits all but its commission."""
    world, rng = stage.world, stage.world.rng
    _, insurer = found_insurer(stage)
    party, account = found_agency(stage)
    premiums = sell_policies(world, np.array([account]), latest_share=0.9)
    every, lag = int(rng.integers(2, 11)), int(rng.integers(0, 5))
    remit(world, account, insurer, premiums, float(rng.uniform(0.7, 0.96)), every, lag)
    world.resembles("premium_misuse", "agency_settlement", account, institution=party)


def run_surrendered_insurer(stage: Stage) -> None:
    """An insurer whose customers give policies back, each at a time and a loss of its own."""
    world, rng = stage.world, stage.world.rng
    party, account = found_insurer(stage)
    premiums = sell_policies(world, np.array([account]), latest_share=0.6)
    count = len(premiums.payer)
    chosen = rng.permutation(count)[: max(int(count * rng.uniform(0.1, 0.5)), 1)]
    amount = (premiums.amount[chosen] * rng.beta(8, 3, len(chosen))).astype(np.int64)
    pay_back(world, account, premiums, chosen, amount, (20, 500), SURRENDER_TEXTS)
    world.resembles("premium_misuse", "ordinary_surrender", account, institution=party)


def run_served_insurer(stage: Stage) -> None:
    """An insurer pays a subsidiary the same sum for its services every few days or weeks."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    party, account = found_insurer(stage)
    sell_policies(world, np.array([account]), latest_share=0.9)
    subsidiary = int(found_companies(world, stage.banks, 1)[0])
    owner = int(world.owner(np.array([subsidiary]))[0])
    tie(world, party, owner, "shareholder", round(rng.uniform(0.3, 1.0), 2))
    days = period.working_day(np.arange(int(rng.integers(0, 4)), period.days, rng.integers(5, 16)))
    fee = int(world.lots(3_000, 90_000)) * YUAN
    texts = rng.choice(world.draw_purposes(("服务费", "技术服务费", "物业费", "房租")), len(days))
    world.pay(account, subsidiary, fee, period.at(rng, days, "business"), texts)
    world.resembles("premium_misuse", "subsidiary_service", account, institution=party)


KINDS = (run_settling_agency, run_surrendered_insurer, run_served_insurer)
