"""R3 disguised clearing: a payment firm clears between banks through its own accounts at each."""

from __future__ import annotations

import numpy as np

from simulator.amounts import split
from simulator.companies import found_companies, hands, open_account
from simulator.lookalikes import disguised_clearing as lookalikes
from simulator.remitters import (
    Orders,
    Remitter,
    at_bank,
    cover,
    draw_orders,
    found_remitter,
    move_account,
)
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, HOUR, SECOND
from simulator.world import CHANNEL, Scheme, World

VARIANTS = ("paired", "netted", "bridge_accounts", "direct_links")
TEXTS = ("汇款", "转账", "代付", "往来款", "货款", "")


def add_disguised_clearing(stage: Stage, variant: str) -> None:
    """Debit clients at one bank and credit payees at another that day, outside the clearing."""
    world, rng = stage.world, stage.world.rng
    remitter = found_remitter(stage, reserve=bool(rng.random() < 0.6))
    number, scheme = world.begin_scheme("disguised_clearing", variant, remitter.party)
    scheme.parties = [(remitter.party, "organiser")]
    orders = draw_orders(world, remitter, int(world.lots(40, 420)))
    debits, paid = np.array([remitter.debits]), np.array([remitter.credits])
    if variant == "bridge_accounts":
        debits = bridges(stage, remitter.debit_bank, scheme)
        paid = bridges(stage, remitter.credit_bank, scheme)
    scheme.accounts = [*debits.tolist(), *paid.tolist()]
    if variant == "bridge_accounts":
        scheme.stake_fen = int(orders.amount.sum())
    texts = world.draw_purposes(TEXTS)
    channel = CHANNEL["direct_link"] if variant == "direct_links" else -1
    payer, payee = orders.payer, orders.payee
    if variant == "direct_links":
        payer = at_bank(world, other_bank(world, remitter.debit_bank), len(payer))
        payee = at_bank(world, other_bank(world, remitter.credit_bank), len(payee))
    count = len(payer)
    world.pay(
        payer,
        rng.choice(debits, size=count),
        orders.amount,
        orders.at,
        rng.choice(texts, count),
        channel=channel,
        scheme=number,
    )
    credit = net_credits(world, remitter, orders) if variant == "netted" else None
    done = credit or Orders(payer, payee, charge(world, orders.amount), same_day(world, orders.at))
    world.pay(
        rng.choice(paid, size=len(done.payee)),
        done.payee,
        done.amount,
        done.at,
        rng.choice(texts, len(done.payee)),
        channel=channel,
        scheme=number,
    )
    if variant == "bridge_accounts":
        keep_bridges(world, remitter, orders, debits, paid, number)
    cover(world, remitter, int(orders.amount.sum() * rng.uniform(0.3, 1.0)))


def bridges(stage: Stage, bank: int, scheme: Scheme) -> Ints:
    """Accounts of firms or persons at one bank, which stand in for the payment firm's own."""
    world, rng = stage.world, stage.world.rng
    size = int(rng.integers(1, 5))
    if rng.random() < 0.5:
        accounts = found_companies(world, stage.banks, size, busy=0.3, young=0.5)
        role = "shell"
    else:
        owners = world.owner(hands(world, size)).tolist()
        accounts = np.array([open_account(world, stage.banks, party) for party in owners])
        role = "nominee"
    for account in accounts.tolist():
        move_account(world, account, bank)
    scheme.parties += [(int(party), role) for party in world.owner(accounts)]
    return accounts


def keep_bridges(
    world: World, remitter: Remitter, orders: Orders, debits: Ints, paid: Ints, number: int
) -> None:
    """The firm's account at the one bank takes most of what bridges took, that at the other feeds
    its bridges; some days apart, in lumps inside the bank."""
    rng, days = world.rng, world.period.days
    every = int(rng.integers(1, 4))
    total = np.bincount(orders.at // DAY // every, orders.amount).astype(np.int64)
    block = np.flatnonzero(total)
    texts = world.draw_purposes(("往来款", "备用金", "借款", "转账", ""))
    for bridges_there, into in ((debits, True), (paid, False)):
        share = rng.dirichlet(np.full(len(bridges_there), 3.0))
        part = np.outer(total[block], share * rng.uniform(0.75, 1.0)).astype(np.int64)
        day = block * every if not into else np.minimum((block + 1) * every, days) - 1
        hour = rng.integers(18, 23, len(block)) if into else rng.integers(0, 7, len(block))
        at = np.repeat(day * DAY + hour * HOUR, len(bridges_there))
        at = at + rng.integers(0, HOUR, len(at))
        bridge = np.tile(bridges_there, len(block))
        own = np.full(len(bridge), remitter.debits if into else remitter.credits)
        payer, payee = (bridge, own) if into else (own, bridge)
        text = rng.choice(texts, len(at))
        world.pay(payer, payee, part.ravel(), at, text, scheme=number)


def other_bank(world: World, bank: int) -> int:
    """Any other bank that submits."""
    return int((bank + world.rng.integers(1, world.sizes.banks)) % world.sizes.banks)


def charge(world: World, amount: Ints) -> Ints:
    """What is left after the firm's charge: nothing, a flat sum of fen, or a small share."""
    rng = world.rng
    way = rng.integers(3)
    if way == 0:
        return amount
    if way == 1:
        return np.maximum(amount - int(rng.integers(50, 1_500)), 1)
    return np.asarray((amount * (1 - rng.uniform(0.0002, 0.003))).astype(np.int64))


def same_day(world: World, at: Ints) -> Ints:
    """Seconds to hours after each time, and before its day ends."""
    rng = world.rng
    wait = (np.exp(rng.uniform(np.log(5), np.log(4 * 3600), len(at))) * SECOND).astype(np.int64)
    return np.asarray(np.minimum(at + wait, at // DAY * DAY + 24 * HOUR - 60 * SECOND))


def net_credits(world: World, remitter: Remitter, orders: Orders) -> Orders:
    """One to a few credits a day that together are what was debited on it, in the evening."""
    rng = world.rng
    days, place = np.unique(orders.at // DAY, return_inverse=True)
    total = np.bincount(place, orders.amount).astype(np.int64)
    owner, part = split(rng, total, rng.integers(1, 6, len(days)))
    payee = at_bank(world, remitter.credit_bank, len(part))
    at = days[owner] * DAY + rng.integers(18 * HOUR, 24 * HOUR, len(part))
    return Orders(payee, payee, part, at)


TYPOLOGY = Typology("disguised_clearing", VARIANTS, add_disguised_clearing, lookalikes.KINDS)
