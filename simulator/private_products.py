"""Managers, and the products that they sell to a few or to many."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy
from simulator.companies import found_institution, open_account
from simulator.crowds import Deposits
from simulator.people import devices, to_whole_yuan
from simulator.products import hold, issue
from simulator.rows import Ints
from simulator.stage import Stage
from simulator.world import YUAN, World

SUBSCRIBE_TEXTS = ("认购款", "申购款", "投资款", "理财", "转账", "")


def found_manager(stage: Stage, *, licensed: bool = True) -> int:
    """Found an asset manager; returns its party."""
    party, _ = found_institution(stage.world, stage.banks, "asset_manager", licensed=licensed)
    return party


def set_up(
    stage: Stage, manager: int, offering: str = "private", *, ticket_yuan: int = 0, risk: int = 0
) -> tuple[int, int]:
    """Set a product up with an account of its own; returns both.

    The ticket and the risk level are drawn unless given.
    """
    world, rng = stage.world, stage.world.rng
    account = open_account(world, stage.banks, manager)
    small = offering == "public"
    ticket = ticket_yuan or int(rng.choice([1, 100, 1_000] if small else [1_000_000, 1_500_000]))
    product = issue(
        world,
        manager,
        offering,
        manager=manager,
        ticket=ticket * YUAN,
        account=account,
        risk=risk or int(rng.integers(1, 6)),
        term=int(rng.choice([30, 90, 180, 365, 730])),
        rate=round(float(rng.uniform(0.04, 0.15)), 4) if rng.random() < 0.5 else -1.0,
    )
    return product, account


def subscribe(
    world: World,
    product: int,
    account: int,
    people: Ints,
    tickets_yuan: tuple[float, float],
    *,
    spread: float = 0.5,
    unit_yuan: int = 1_000,
    unsuitable: float = 0.0,
    new: float = 0.7,
    scheme: int = -1,
) -> tuple[Deposits, Ints]:
    """Persons hold a product; a share `new` of them pays for it in the period.

    Tickets lie between the first amount and a few times the second. A share `unsuitable` may bear
    less risk than the product has, and the rest as much or more. Returns payments and positions.
    """
    rng, period = world.rng, world.period
    count = len(people)
    amount = heavy(rng, count, world.lots(*tickets_yuan), spread)
    low = int(tickets_yuan[0]) * YUAN
    amount = np.maximum(to_whole_yuan(amount, unit_yuan), low)
    level = int(world.products.column("risk")[product])
    may = rng.integers(level, 6, count)
    below = rng.integers(1, max(level, 2), count)
    bears = np.where((rng.random(count) < unsuitable) & (level > 1), below, may)
    rows = hold(world, product, party=world.owner(people), cost=amount, risk=bears)
    pays = np.flatnonzero(rng.random(count) < new)
    day = rng.choice(period.days, size=len(pays), p=period.retail_weight)
    at = period.at(rng, day, "retail")
    texts = rng.choice(world.draw_purposes(SUBSCRIBE_TEXTS), len(pays))
    payer = people[pays]
    world.pay(payer, account, amount[pays], at, texts, device=devices(world, payer), scheme=scheme)
    return Deposits(payer, np.full(len(pays), account), amount[pays], at), rows
