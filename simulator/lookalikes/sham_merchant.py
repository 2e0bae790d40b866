"""Innocent merchants with large, round, nightly or returned card sales."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded, split
from simulator.companies import found_companies, persons
from simulator.people import send_later
from simulator.rows import Ints
from simulator.stage import Stage
from simulator.world import CHANNEL, World

CARD_TEXTS = ("消费", "刷卡消费", "信用卡消费", "货款", "")


def swipe(
    world: World, shop: int, payers: Ints, count: int, median_yuan: float, habit: str
) -> tuple[Ints, Ints, Ints]:
    """Customers pay by card; returns who, how much and when."""
    rng, period = world.rng, world.period
    payer = rng.choice(payers, size=count)
    at = period.at(rng, rng.integers(0, period.days, count), habit)
    amount = heavy(rng, count, median_yuan, float(rng.uniform(0.2, 0.8)))
    amount = rounded(rng, amount, float(rng.uniform(0.2, 1.0)))
    texts = rng.choice(world.draw_purposes(CARD_TEXTS), count)
    world.pay(payer, shop, amount, at, texts, channel=CHANNEL["pos"])
    return payer, amount, at


def buy_stock(world: World, shop: int, amount: Ints, at: Ints) -> None:
    """The shop spends most of what it takes on goods, from a few suppliers, over days."""
    rng = world.rng
    suppliers = world.pick(world.pools["buyers"], int(rng.integers(3, 12)))
    spent = int(amount.sum() * rng.uniform(0.6, 0.93))
    _, part = split(rng, np.array([spent]), np.array([max(len(amount) // 3, 4)]))
    when = send_later(world, rng.choice(at, size=len(part)), 4, 120)
    texts = rng.choice(world.draw_purposes(("货款", "材料款", "货款结算")), len(part))
    world.pay(shop, rng.choice(suppliers, len(part)), part, when, texts)


def run_wholesaler(stage: Stage) -> None:
    """A wholesaler's customers swipe large round sums, and it buys stock for them."""
    world = stage.world
    shop = int(found_companies(world, stage.banks, 1, role="merchant")[0])
    payers = persons(world, int(world.lots(12, 110)))
    count = int(len(payers) * world.lots(1.2, 6))
    _, amount, at = swipe(world, shop, payers, count, world.lots(2_500, 40_000), "retail")
    buy_stock(world, shop, amount, at)
    world.resembles("sham_merchant", "wholesaler", shop)


def run_returns(stage: Stage) -> None:
    """A shop takes some of its goods back, and pays back exactly what they cost, days later."""
    world, rng = stage.world, stage.world.rng
    shop = int(found_companies(world, stage.banks, 1, role="merchant")[0])
    payers = persons(world, int(world.lots(30, 200)))
    count = int(len(payers) * world.lots(1.2, 6))
    payer, amount, at = swipe(world, shop, payers, count, world.lots(800, 12_000), "retail")
    back = np.flatnonzero(rng.random(count) < rng.uniform(0.03, 0.2))
    later = send_later(world, at[back], 3, 300)
    world.pay(shop, payer[back], amount[back], later, "退款")
    buy_stock(world, shop, amount, at)
    world.resembles("sham_merchant", "returned_goods", shop)


def run_night_restaurant(stage: Stage) -> None:
    """A restaurant sells late into the night, much of it on cards; nobody gets money back."""
    world = stage.world
    shop = int(found_companies(world, stage.banks, 1, role="merchant")[0])
    payers = persons(world, int(world.lots(40, 250)))
    count = int(len(payers) * world.lots(1.2, 6))
    _, amount, at = swipe(world, shop, payers, count, world.lots(80, 3_000), "evening")
    buy_stock(world, shop, amount, at)
    world.resembles("sham_merchant", "night_restaurant", shop)


KINDS = (run_wholesaler, run_returns, run_night_restaurant)
