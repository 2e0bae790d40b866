"""Innocent traders that resemble margin finance: lenders and firms with accounts of their own."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy
from simulator.brokerage import move_own_money, open_trading
from simulator.companies import found_companies
from simulator.lending import run_honest
from simulator.people import devices, draw_crowd, send_later, to_whole_yuan
from simulator.platforms import found_platform
from simulator.stage import Stage


def lenders_trade(stage: Stage) -> None:
    """Lenders of a platform take their money out and trade in their own names, and come back."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    run_honest(world, platform, share=float(rng.uniform(0.1, 0.9)))
    people = draw_crowd(world, 5, 60)
    trading = open_trading(world, stage.banks, world.owner(people))
    amount = to_whole_yuan(heavy(rng, len(people), world.lots(10_000, 600_000), 0.7), 1000)
    day = period.working_day(rng.integers(0, max(int(period.days * 0.8), 1), len(people)))
    at = period.at(rng, day, "business")
    world.pay(np.full(len(people), platform.collect), people, amount, at, "提现")
    later = send_later(world, at, 0.3, 60)
    text = rng.choice(world.draw_purposes(("银证转账", "入金", "转账", "")), len(people))
    world.pay(people, trading, amount, later, text, device=devices(world, people))
    back = rng.random(len(people)) < 0.4
    won = (amount[back] * rng.uniform(0.85, 1.1, int(back.sum()))).astype(np.int64)
    home = send_later(world, later[back], 30, 400)
    world.pay(trading[back], people[back], won, home, "银证转账")
    again = send_later(world, home, 1, 60)
    world.pay(
        people[back], platform.collect, won, again, "充值", device=devices(world, people[back])
    )
    world.resembles("margin_finance", "own_brokerage", platform.collect, institution=platform.party)


def firm_trades(stage: Stage) -> None:
    """A trading firm keeps spare money in shares, in an account of its own name."""
    world = stage.world
    firms = found_companies(world, stage.banks, 1)
    trading = open_trading(world, stage.banks, world.owner(firms))
    move_own_money(world, firms, trading)
    world.resembles("margin_finance", "own_treasury", int(firms[0]), int(trading[0]))


KINDS = (lenders_trade, firm_trades)
