"""Innocent products: private ones with few fit holders, public ones, and funds of funds."""

from __future__ import annotations

import numpy as np

from simulator.companies import persons
from simulator.private_products import SUBSCRIBE_TEXTS, found_manager, set_up, subscribe
from simulator.products import hold
from simulator.stage import Stage
from simulator.workdays import HOUR


def run_orderly_product(stage: Stage) -> None:
    """A private product with few holders, who can bear it and bought whole tickets."""
    world = stage.world
    manager = found_manager(stage)
    product, account = set_up(stage, manager, ticket_yuan=1_000_000)
    people = persons(world, int(world.lots(8, 190)))
    subscribe(world, product, account, people, (1_000_000, 3_000_000))
    world.resembles("product_splitting", "orderly_product", account, institution=manager)


def run_public_fund(stage: Stage) -> None:
    """A public fund, whose holders are many and their tickets small, as they may be."""
    world = stage.world
    manager = found_manager(stage)
    product, account = set_up(stage, manager, "public")
    people = persons(world, int(world.lots(210, 800)))
    subscribe(world, product, account, people, (100, 250_000), unit_yuan=1, new=0.5)
    world.resembles("product_splitting", "public_fund", account, institution=manager)


def run_fund_of_funds(stage: Stage) -> None:
    """A licensed public fund of funds holds a private product; its own holders are many."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    manager = found_manager(stage)
    world.licence_scopes[manager] = "asset_manager;fund_of_funds"
    inner, raised = set_up(stage, found_manager(stage), ticket_yuan=1_000_000)
    outer, account = set_up(stage, manager, "public")
    people = persons(world, int(world.lots(210, 600)))
    paid, rows = subscribe(world, outer, account, people, (1_000, 250_000), new=0.5)
    cost = int(world.holdings.column("cost", rows).sum() * rng.uniform(0.3, 0.9))
    hold(world, inner, of_product=outer, cost=cost)
    few = persons(world, int(world.lots(5, 80)))
    subscribe(world, inner, raised, few, (1_000_000, 3_000_000))
    at = np.array([min(int(np.median(paid.at)) + 5 * HOUR, period.end - HOUR)])
    amount = int(paid.total * rng.uniform(0.2, 0.9))
    world.pay(account, raised, amount, at, rng.choice(world.draw_purposes(SUBSCRIBE_TEXTS), 1))
    world.resembles("product_splitting", "fund_of_funds", account, institution=manager)


KINDS = (run_orderly_product, run_public_fund, run_fund_of_funds)
