"""Innocent equity: dividends follow the profit, and shares are bought back at a day's price."""

from __future__ import annotations

import numpy as np

from simulator.companies import found_companies, found_institution
from simulator.crowds import pay_back, pay_rounds, spend_lumps
from simulator.equity import BACK_TEXTS, YIELD_TEXTS, offer_equity, round_days
from simulator.stage import Stage


def run_profit_dividend(stage: Stage) -> None:
    """A company shares out what it earned: another rate each time, and sometimes nothing."""
    world, rng = stage.world, stage.world.rng
    platform, _ = found_institution(world, stage.banks, "crowdfunding_platform")
    issuer = int(found_companies(world, stage.banks, 1)[0])
    party = int(world.owner(np.array([issuer]))[0])
    offering = offer_equity(world, party, platform, issuer)
    days = round_days(world, offering.every)
    rates = rng.uniform(0.08, 0.24) * offering.every / 365 * rng.lognormal(0, 0.7, len(days))
    rates = np.where(rng.random(len(days)) < 0.15, 0.0, rates)
    pay_rounds(world, issuer, offering.holders, offering.cost, rates, days, YIELD_TEXTS)
    suppliers = world.pick(world.pools["buyers"], int(rng.integers(3, 10)))
    total = int(offering.raised.total * rng.uniform(0.4, 0.9))
    spend_lumps(world, issuer, suppliers, total, ("货款", "材料款", "设备款", "房租", ""))
    world.resembles("disguised_debt", "true_dividend", issuer, institution=platform)


def run_price_of_the_day(stage: Stage) -> None:
    """A company buys some holders' shares back, each at what they agreed on, gain or loss."""
    world, rng = stage.world, stage.world.rng
    platform, _ = found_institution(world, stage.banks, "crowdfunding_platform")
    issuer = int(found_companies(world, stage.banks, 1)[0])
    party = int(world.owner(np.array([issuer]))[0])
    offering = offer_equity(world, party, platform, issuer)
    raised = offering.raised
    chosen = rng.permutation(len(raised.payer))[: max(int(len(raised.payer) * 0.2), 1)]
    amount = (raised.amount[chosen] * rng.lognormal(-0.02, 0.15, len(chosen))).astype(np.int64)
    pay_back(world, issuer, raised, chosen, amount, (24, 400), BACK_TEXTS)
    world.resembles("disguised_debt", "negotiated_buyback", issuer, institution=platform)


KINDS = (run_profit_dividend, run_price_of_the_day)
