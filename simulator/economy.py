"""The lawful business around platforms and payment firms: acquirers, builders, brokers."""

from __future__ import annotations

from simulator.acquirers import found_acquirer
from simulator.brokerage import found_brokers
from simulator.property_market import found_market
from simulator.stage import Stage


def run_economy(stage: Stage) -> None:
    """Let lawful firms of every field do business, so that no crook stands alone in its field."""
    world, banks = stage.world, stage.banks
    for _ in range(max(world.sizes.payment_firms // 3, 2)):
        stage.acquirers.append(found_acquirer(world, banks, stage.firms.merchants))
    found_market(world, banks, max(world.sizes.platforms // 6, 2))
    found_brokers(world, banks, max(world.sizes.platforms // 6, 2))
