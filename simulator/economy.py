"""The lawful business around platforms and payment firms: card acquirers and their merchants."""

from __future__ import annotations

from simulator.acquirers import found_acquirer
from simulator.stage import Stage


def run_economy(stage: Stage) -> None:
    """Let lawful firms of every field do business, so that no crook stands alone in its field."""
    world, banks = stage.world, stage.banks
    for _ in range(max(world.sizes.payment_firms // 3, 2)):
        stage.acquirers.append(found_acquirer(world, banks, stage.firms.merchants))
