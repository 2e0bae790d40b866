"""Innocent payment firms that take money at one bank and pay it at another."""

from __future__ import annotations

import numpy as np

from simulator.acquirers import by_day, settle
from simulator.people import send_later
from simulator.remitters import cover, draw_orders, found_remitter
from simulator.stage import Stage
from simulator.world import CHANNEL


def run_own_position(stage: Stage) -> None:
    """A payment firm moves its own money between its accounts, the same sum out and in."""
    world, rng = stage.world, stage.world.rng
    remitter = found_remitter(stage, reserve=False)
    cover(world, remitter, int(world.lots(300_000, 20_000_000)) * 100)
    back = int(rng.integers(3, 14))
    day = rng.choice(world.period.days, size=back, p=world.period.business_weight)
    amount = (rng.lognormal(0, 0.5, back) * world.lots(20_000, 900_000) * 100).astype(np.int64)
    at = world.period.at(rng, day, "business")
    texts = rng.choice(world.draw_purposes(("调拨", "往来款", "")), back)
    world.pay(remitter.credits, remitter.debits, amount, at, texts, channel=CHANNEL["cnaps_hvps"])
    world.resembles(
        "disguised_clearing",
        "own_position",
        remitter.debits,
        remitter.credits,
        institution=remitter.party,
    )


def run_cleared_remitter(stage: Stage) -> None:
    """A payment firm carries clients' money the same day, every leg through the clearing."""
    world, rng = stage.world, stage.world.rng
    remitter = found_remitter(stage)
    orders = draw_orders(world, remitter, int(world.lots(40, 420)))
    channel = CHANNEL[str(rng.choice(["unionpay", "nucc"]))]
    texts = world.draw_purposes(("汇款", "转账", "代付", "往来款", "货款", ""))
    text = rng.choice(texts, len(orders.at))
    # Payer and payee bank elsewhere, so that each leg crosses from bank to bank.
    world.pay(orders.payer, remitter.credits, orders.amount, orders.at, text, channel=channel)
    later = send_later(world, orders.at, 0.01, 4)
    world.pay(remitter.debits, orders.payee, orders.amount, later, text, channel=channel)
    world.resembles(
        "disguised_clearing",
        "through_the_clearing",
        remitter.debits,
        remitter.credits,
        institution=remitter.party,
    )


def run_two_reserves(stage: Stage) -> None:
    """An acquirer takes card money at one bank and settles merchants at another, days later."""
    world, rng = stage.world, stage.world.rng
    remitter = found_remitter(stage)
    orders = draw_orders(world, remitter, int(world.lots(40, 420)))
    pos = np.full(len(orders.at), CHANNEL["pos"])
    world.pay(orders.payer, remitter.debits, orders.amount, orders.at, "消费", channel=pos)
    payees = np.unique(orders.payee)[: int(rng.integers(8, 60))]
    shop = rng.integers(0, len(payees), len(orders.at))
    sold = by_day(world, shop, orders.amount, orders.at)
    rate = float(rng.uniform(0.002, 0.009))
    settle(world, remitter.credits, payees, sold, rate, lag=(1, int(rng.integers(2, 4))))
    cover(world, remitter, int(orders.amount.sum() * rng.uniform(0.3, 1.0)))
    world.resembles(
        "disguised_clearing",
        "merchant_settlement",
        remitter.debits,
        remitter.credits,
        institution=remitter.party,
    )


KINDS = (run_own_position, run_cleared_remitter, run_two_reserves)
