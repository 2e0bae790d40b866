"""The lawful business around platforms and payment firms, so that no crook is alone in a field."""

from __future__ import annotations

from simulator.acquirers import found_acquirer
from simulator.advertisers import found_media
from simulator.brokerage import found_brokers
from simulator.companies import found_consultants
from simulator.property_market import found_market
from simulator.stage import Stage


def run_economy(stage: Stage) -> None:
    """Let acquirers, media, builders and brokers do business before any story begins."""
    world, banks = stage.world, stage.banks
    for _ in range(max(world.sizes.payment_firms // 3, 2)):
        stage.acquirers.append(found_acquirer(world, banks, stage.firms.merchants))
    found_consultants(world, banks, max(world.sizes.platforms // 3, 3))
    stage.media += found_media(world, banks, max(world.sizes.platforms // 2, 6))
    found_market(world, banks, max(world.sizes.platforms // 6, 2))
    found_brokers(world, banks, max(world.sizes.platforms // 6, 2))
