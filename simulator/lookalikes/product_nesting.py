"""Innocent products that hold others: public funds underneath, or one layer and no more."""

from __future__ import annotations

import numpy as np

from simulator.companies import persons
from simulator.private_products import SUBSCRIBE_TEXTS, found_manager, set_up, subscribe
from simulator.products import hold
from simulator.stage import Stage
from simulator.workdays import HOUR


def run_public_underlying(stage: Stage) -> None:
    """A private product puts its holders' money into public funds."""
    put_below(stage, "public_underlying", "public", int(stage.world.rng.integers(1, 6)))


def run_one_layer(stage: Stage) -> None:
    """A private product holds one or two other private products, which hold none."""
    put_below(stage, "one_layer", "private", int(stage.world.rng.integers(1, 3)))


def put_below(stage: Stage, kind: str, offering: str, size: int) -> None:
    """A product holds others of an offering, and pays for its share in them."""
    world, rng = stage.world, stage.world.rng
    manager = found_manager(stage)
    outer, account = set_up(stage, manager, ticket_yuan=1_000_000)
    people = persons(world, int(world.lots(10, 150)))
    paid, _ = subscribe(world, outer, account, people, (1_000_000, 2_000_000))
    for _ in range(size):
        inner, raised = set_up(stage, found_manager(stage), offering)
        cost = int(paid.total * rng.uniform(0.2, 0.9) / size)
        hold(world, inner, of_product=outer, cost=cost)
        at = np.median(paid.at) + rng.integers(0, 60 * HOUR, 2) if len(paid.at) else [HOUR]
        texts = rng.choice(world.draw_purposes((*SUBSCRIBE_TEXTS, "往来款")), len(at))
        world.pay(account, raised, cost // len(at), np.asarray(at, dtype=np.int64), texts)
    world.resembles("product_nesting", kind, account, institution=manager)


KINDS = (run_public_underlying, run_one_layer)
