"""Equity that companies offer to the public over a crowdfunding platform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy
from simulator.crowds import Deposits, draw_people, pay_in
from simulator.people import to_whole_yuan
from simulator.products import hold, issue
from simulator.rows import Ints
from simulator.world import YUAN, World

SUBSCRIBE_TEXTS = ("认购款", "股权款", "股权转让款", "投资款", "转账", "")
YIELD_TEXTS = ("分红", "收益", "利息", "服务费", "转账", "")
BACK_TEXTS = ("回购款", "赎回款", "股权转让款", "退款", "回款", "")


@dataclass(frozen=True)
class Offering:
    """An offering: its product, positions, the holders of old and what they had put in, what was
    raised in the period, and the days between two payments."""

    product: int
    rows: Ints
    holders: Ints
    cost: Ints
    raised: Deposits
    every: int


def offer_equity(
    world: World, issuer: int, platform: int, account: int, *, scheme: int = -1
) -> Offering:
    """Offer equity: some hold it already, and more subscribe in the first part of the period."""
    rng = world.rng
    ticket = int(rng.choice([1_000, 5_000, 10_000, 50_000, 100_000])) * YUAN
    product = issue(
        world, issuer, "equity", manager=platform, ticket=ticket, account=account,
        risk=int(rng.integers(3, 6)),
    )  # fmt: skip
    old = draw_people(world, 15, 180)
    new = draw_people(world, 25, 260)
    median = (ticket / YUAN, ticket / YUAN * 6)
    cost = to_whole_yuan(heavy(rng, len(old), world.lots(*median), 0.6), 1000)
    raised = pay_in(
        world,
        new,
        np.array([account]),
        SUBSCRIBE_TEXTS,
        median_yuan=median,
        repeats=1.2,
        latest_share=0.6,
        scheme=scheme,
    )
    first = hold(world, product, party=world.owner(old), cost=cost, risk=levels(world, len(old)))
    later = hold(
        world,
        product,
        party=world.owner(raised.payer),
        cost=raised.amount,
        risk=levels(world, len(raised.payer)),
    )
    rows = np.concatenate([first, later])
    return Offering(product, rows, old, cost, raised, int(rng.choice([5, 7, 10, 14, 15])))


def levels(world: World, count: int) -> Ints:
    """The risk that holders may bear: some may bear less than most."""
    return world.rng.choice(np.arange(1, 6), size=count, p=[0.03, 0.07, 0.3, 0.35, 0.25])


def round_days(world: World, every: int) -> Ints:
    """The days on which an offering pays its holders, every so many."""
    first = int(world.rng.integers(0, min(every, world.period.days)))
    return np.arange(first, world.period.days, every)
