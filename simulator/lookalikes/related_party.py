"""Innocent groups: dividends to the parent, and services among members at a modest price."""

from __future__ import annotations

from simulator.groups import capital, found_group, pay_dividend
from simulator.licensed_business import pay_flat_fee
from simulator.stage import Stage
from simulator.world import YUAN


def run_dividends(stage: Stage) -> None:
    """A group whose members do nothing with one another but pay their parent a dividend."""
    world = stage.world
    group = found_group(stage)
    pay_dividend(world, group)
    world.resembles(
        "related_party", "dividend", int(group.accounts[0]), institution=int(group.members[0])
    )


def run_shared_services(stage: Stage) -> None:
    """One member keeps the others' books and computers, and each pays a small flat fee for it."""
    world, rng = stage.world, stage.world.rng
    group = found_group(stage)
    for party, own in zip(group.members[1:].tolist(), group.accounts[1:].tolist(), strict=True):
        fee = capital(world, party) / YUAN * rng.uniform(0.0005, 0.01)
        pay_flat_fee(world, own, int(group.accounts[0]), max(fee, 500))
    world.resembles(
        "related_party",
        "shared_services",
        int(group.accounts[0]),
        institution=int(group.members[0]),
    )


KINDS = (run_dividends, run_shared_services)
