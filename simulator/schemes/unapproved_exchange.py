"""X1 unapproved exchange: the public pays deposits to a venue that did not pass inspection."""

from __future__ import annotations

import numpy as np

from simulator.amounts import split
from simulator.companies import found_beneficiaries, hands
from simulator.crowds import Deposits
from simulator.exchanges import deposit_account, draw_out, found_exchange, join, take_deposits
from simulator.lookalikes import unapproved_exchange as lookalikes
from simulator.people import send_later
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, HOUR
from simulator.world import Scheme, World

VARIANTS = ("own_venue", "fixed_yield", "member_relay", "personal_cards", "outside_venue")


def add_unapproved_exchange(stage: Stage, variant: str) -> None:
    """Take deposits from a crowd, let few draw them out, and share the rest in the circle."""
    world, rng = stage.world, stage.world.rng
    relayed = variant in ("member_relay", "outside_venue")
    exchange, _ = found_exchange(stage, licensed=False, outside=variant == "outside_venue")
    centre = deposit_account(stage, exchange, registered=bool(rng.random() < 0.6))
    number, scheme = world.begin_scheme("unapproved_exchange", variant, exchange)
    scheme.parties = [(exchange, "organiser")]
    scheme.accounts = [centre]
    entrances = np.array([centre])
    if variant == "outside_venue":
        # The venue's bank lies outside the province as well, and submits nothing.
        away = np.flatnonzero(~stage.banks.submits)
        world.accounts.change("bank", centre, rng.choice(away))
    if relayed:
        entrances = admit_members(stage, exchange, scheme)
    elif variant == "personal_cards":
        entrances = hands(world, int(rng.integers(2, 8)))
        scheme.parties += [(int(owner), "pool") for owner in world.owner(entrances)]
    scheme.accounts += [account for account in entrances.tolist() if account != centre]
    deposits = take_deposits(world, entrances, scheme=number)
    if entrances[0] != centre:
        relay(world, deposits, centre, number)
    if variant == "fixed_yield":
        pay_yield(world, centre, deposits, number)
    share = float(rng.uniform(0.02, 0.35))
    draw_out(world, centre, deposits, share, number)
    divide(stage, centre, exchange, deposits, scheme, number)


def admit_members(stage: Stage, exchange: int, scheme: Scheme) -> Ints:
    """Members of the venue, none of them licensed, with an account that takes deposits."""
    world, rng = stage.world, stage.world.rng
    accounts: list[int] = []
    for _ in range(int(rng.integers(1, 5))):
        member, own = found_exchange(stage, licensed=False, kind="exchange_member")
        join(world, member, exchange)
        scheme.parties.append((member, "organiser"))
        registered = bool(rng.random() < 0.4)
        ordinary = rng.random() < 0.3
        accounts.append(own if ordinary else deposit_account(stage, member, registered=registered))
    return np.array(accounts)


def relay(world: World, deposits: Deposits, centre: int, number: int) -> None:
    """Members or cards pass what they took on to the venue, day by day or one by one."""
    rng = world.rng
    if rng.random() < 0.5:
        at = send_later(world, deposits.at, 0.1, 20)
        payer, amount = deposits.payee, deposits.amount
    else:
        key, place = np.unique(
            np.stack([deposits.payee, deposits.at // DAY]), axis=1, return_inverse=True
        )
        amount = np.bincount(np.ravel(place), deposits.amount).astype(np.int64)
        payer = key[0]
        at = (key[1] + 1) * DAY + rng.integers(-2 * HOUR, 12 * HOUR, len(payer))
        at = np.maximum(at, 0)
        late = np.zeros(len(payer), dtype=np.int64)
        np.maximum.at(late, np.ravel(place), deposits.at)
        at = np.maximum(at, late + HOUR // 10)
    kept = (amount * rng.uniform(0.9, 1.0)).astype(np.int64)
    texts = rng.choice(world.draw_purposes(("入金", "往来款", "货款", "转账", "")), len(payer))
    world.pay(payer, centre, kept, at, texts, scheme=number)


def pay_yield(world: World, centre: int, deposits: Deposits, number: int) -> None:
    """Pay each holder the same share of the deposit, every day or every few days."""
    rng, period = world.rng, world.period
    rate, every = world.lots(0.0002, 0.002), int(rng.integers(1, 8))
    chosen = rng.choice(len(deposits.payer), size=min(len(deposits.payer), 90), replace=False)
    at = deposits.at[chosen] // DAY * DAY + int(rng.integers(8, 20)) * HOUR
    text = rng.choice(world.draw_purposes(("收益", "利息", "返利", "出金", "")), 1)
    for step in range(1, period.days // every + 1):
        when = at + step * every * DAY + rng.integers(0, HOUR, len(chosen))
        amount = (deposits.amount[chosen] * rate * every).astype(np.int64)
        world.pay(centre, deposits.payer[chosen], amount, when, text, scheme=number)


def divide(
    stage: Stage, centre: int, exchange: int, deposits: Deposits, scheme: Scheme, number: int
) -> None:
    """What customers lost goes to dealers, owners and sales people."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    ends = found_beneficiaries(world, stage.banks, exchange)
    scheme.parties += [(int(owner), "beneficiary") for owner in world.owner(ends)]
    count = int(world.lots(4, 40))
    total = int(deposits.amount.sum() * rng.uniform(0.3, 0.9))
    _, part = split(rng, np.array([total]), np.array([count]))
    day = np.sort(rng.integers(min(2, period.days - 1), period.days, count))
    texts = world.draw_purposes(("往来款", "佣金", "服务费", "借款", "货款", ""))
    world.pay(
        centre,
        rng.choice(ends, count),
        part,
        period.at(rng, day, str(rng.choice(["business", "evening"]))),
        rng.choice(texts, count),
        scheme=number,
    )


TYPOLOGY = Typology("unapproved_exchange", VARIANTS, add_unapproved_exchange, lookalikes.KINDS)
