"""Payment firms that carry money between clients of different banks, and how it travels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.acquirers import open_reserve
from simulator.amounts import heavy, rounded
from simulator.companies import found_institution, open_account
from simulator.rows import Ints
from simulator.stage import Stage
from simulator.workdays import DAY, HOUR
from simulator.world import CHANNEL, World


@dataclass(frozen=True)
class Remitter:
    """A payment firm with an account at each of two banks (numbers of the banks)."""

    party: int
    own: int
    debits: int
    credits: int
    debit_bank: int
    credit_bank: int


@dataclass(frozen=True)
class Orders:
    """What clients order: payer, payee, amount and when, in the order of time."""

    payer: Ints
    payee: Ints
    amount: Ints
    at: Ints


def found_remitter(stage: Stage, *, reserve: bool = True) -> Remitter:
    """Found a licensed payment firm with accounts at two banks that submit.

    Without `reserve` the accounts are ordinary ones of its own.
    """
    world, rng = stage.world, stage.world.rng
    party, own = found_institution(world, stage.banks, "payment_institution")
    may = np.flatnonzero(stage.banks.holds_reserves if reserve else stage.banks.submits)
    first, second = rng.choice(may, size=2, replace=False).tolist()
    if reserve:
        debits = open_reserve(world, stage.banks, party)
        paid = open_reserve(world, stage.banks, party)
    else:
        role, serves = ("own_funds", party) if rng.random() < 0.5 else ("ordinary", -1)
        debits, paid = (
            open_account(world, stage.banks, party, role, institution=serves) for _ in range(2)
        )
    move_account(world, debits, first)
    move_account(world, paid, second)
    return Remitter(party, own, debits, paid, first, second)


def move_account(world: World, account: int, bank: int) -> None:
    """Let an account that has no entries yet be one of another bank."""
    world.accounts.change("bank", account, bank)


def at_bank(world: World, bank: int, count: int) -> Ints:
    """Accounts of the public and of firms that one bank holds."""
    pool = np.concatenate([world.pools["people"], world.pools["buyers"]])
    held = pool[world.accounts.column("bank", pool) == bank]
    return world.rng.choice(held, size=count)


def draw_orders(world: World, remitter: Remitter, count: int) -> Orders:
    """Clients of one bank order payments to clients of the other, in the hours of business."""
    rng, period = world.rng, world.period
    day = rng.choice(period.days, size=count, p=period.business_weight)
    at = np.sort(np.minimum(period.at(rng, day, "business"), day * DAY + 17 * HOUR))
    amount = rounded(rng, heavy(rng, count, world.lots(800, 40_000), 1.0), 0.6)
    payer = at_bank(world, remitter.debit_bank, count)
    return Orders(payer, at_bank(world, remitter.credit_bank, count), amount, at)


def cover(world: World, remitter: Remitter, amount: int) -> None:
    """The firm moves its own position from the one bank to the other, through the clearing."""
    rng, period = world.rng, world.period
    days = np.flatnonzero(period.working)[:: int(rng.integers(1, 6))]
    part = np.full(len(days), amount // max(len(days), 1))
    at = period.at(rng, days, "business")
    text = world.draw_purposes(("调拨", "往来款", ""))
    world.pay(
        remitter.debits,
        remitter.credits,
        part,
        at,
        rng.choice(text, len(days)),
        channel=CHANNEL["cnaps_hvps"],
    )
