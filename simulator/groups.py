"""Groups in which several licensed institutions have one owner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.circles import tie
from simulator.companies import found_companies, found_institution
from simulator.firms import add_organisations
from simulator.rows import Ints
from simulator.stage import Stage
from simulator.world import World

MEMBERS = (
    "insurer",
    "p2p_platform",
    "small_loan_company",
    "asset_manager",
    "guarantor",
    "securities_firm",
    "crowdfunding_platform",
)
DUE_TEXTS = ("往来款", "借款", "服务费", "投资款", "咨询费", "货款", "")


@dataclass(frozen=True)
class Group:
    """A group: its parent, and its members with an account of each."""

    parent: int
    parent_account: int
    members: Ints
    accounts: Ints


def found_group(stage: Stage) -> Group:
    """Found two to four licensed institutions under one parent, directly or over a holding."""
    world, rng = stage.world, stage.world.rng
    account = int(found_companies(world, stage.banks, 1)[0])
    parent = int(world.owner(np.array([account]))[0])
    kinds = rng.choice(MEMBERS, size=int(rng.integers(2, 5)), replace=False)
    founded = [found_institution(world, stage.banks, str(kind)) for kind in kinds]
    members = np.array([party for party, _ in founded])
    for member in members.tolist():
        above = parent
        if rng.random() < 0.3:
            above = int(add_organisations(world, 1)[0])
            tie(world, parent, above, "shareholder", round(rng.uniform(0.55, 1.0), 2))
        tie(world, above, member, "shareholder", round(rng.uniform(0.4, 1.0), 2))
    return Group(parent, account, members, np.array([own for _, own in founded]))


def capital(world: World, party: int) -> int:
    """A member's registered capital, in fen."""
    return int(world.parties.column("capital")[party])


def pay_dividend(world: World, group: Group) -> None:
    """Members pay the parent a dividend: once, and a small part of their capital."""
    rng, period = world.rng, world.period
    for party, own in zip(group.members.tolist(), group.accounts.tolist(), strict=True):
        day = np.array([period.working_day(rng.integers(0, period.days, 1))[0]])
        amount = int(capital(world, party) * rng.uniform(0.005, 0.08))
        world.pay(own, group.parent_account, amount, period.at(rng, day, "business"), "分红")
