"""Households: persons with accounts, salaries, rent, transfers among themselves and spending."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.banks import Banks, open_accounts
from simulator.purposes import PURPOSE
from simulator.rows import Array, Ints
from simulator.workdays import DAY, HOUR, SECOND
from simulator.world import CHANNEL, PERSON, YUAN, World


def settle_people(world: World, banks: Banks, count: int) -> Ints:
    """Settle persons, most with one account and a phone of their own; returns main accounts."""
    rng = world.rng
    parties = world.parties.add(
        count,
        kind=PERSON,
        name=rng.integers(1, 2**40, count),
        division=rng.integers(13, size=count),
        registered=world.period.epoch_day - rng.integers(18 * 365, 75 * 365, count),
        phone=np.where(rng.random(count) < 0.9, rng.integers(1, 2**62, count), -1),
        address=np.where(rng.random(count) < 0.4, rng.integers(1, 2**40, count), -1),
    )
    return open_accounts(world, banks, parties)


def open_second_accounts(world: World, banks: Banks, people: Ints) -> None:
    """A share of the persons holds a second account, a few opened within the period."""
    rng = world.rng
    main = people[rng.random(len(people)) < 0.22]
    owners = world.owner(main)
    accounts = open_accounts(world, banks, owners)
    first = rng.random(len(owners)) < 0.5
    time = world.period.at(rng, rng.integers(world.period.days, size=len(owners)), "retail")
    amount = rounded(rng, heavy(rng, len(owners), 2500, 1.0), 0.8)
    world.pay(
        main[first],
        accounts[first],
        amount[first],
        time[first],
        "转账",
        plain=True,
        device=devices(world, main[first]),
    )
    new = max(world.period.days * 2, 1)
    day = rng.integers(1, max(world.period.days, 2), new)
    world.accounts.add(
        new,
        party=world.owner(rng.choice(people, new)),
        bank=banks.draw(rng, new),
        opened=world.period.epoch_day + day,
    )


def draw_crowd(world: World, low: float = 70, high: float = 500) -> Ints:
    """Draw the accounts of the persons that deal with one firm, more of them in larger provinces.

    `low` and `high` bound their number before that; it is drawn on a logarithmic scale.
    """
    size = world.lots(low, high) * world.sizes.crowd**0.7
    most = len(world.pools["people"]) // 3
    return world.rng.choice(world.pools["people"], size=min(int(size), most), replace=False)


def devices(world: World, accounts: Ints) -> Ints:
    """The device each account's holder uses; a share of the actions shows none."""
    own = (accounts.astype(np.int64) + 1) * 2_654_435_761 % 2**40
    if world.device_of_account:
        shared = world.device_of_account
        own = np.array(
            [
                shared.get(account, device)
                for account, device in zip(accounts.tolist(), own.tolist(), strict=True)
            ],
            dtype=np.int64,
        )
    return np.where(world.rng.random(len(accounts)) < 0.7, own, 0)


def pay_salaries(world: World, people: Ints, firms: Ints, firm_weight: Array) -> None:
    """Firms pay their staff on their own payday; the last working day is the most frequent."""
    rng, period = world.rng, world.period
    employer = rng.choice(len(firms), size=len(people), p=firm_weight)
    works = rng.random(len(people)) < 0.68
    payday = rng.choice([5, 8, 10, 15, 20, 25, 28], size=len(firms))
    wage = heavy(rng, len(people), 4800, 0.45)
    for day in range(period.days):
        due = works & (payday[employer] == period.month_day[day])
        if not due.any():
            continue
        paid_on = period.working_day(np.full(int(due.sum()), day))
        hour = period.at(rng, np.zeros(len(firms), dtype=np.int64), "business")
        time = paid_on * DAY + hour[employer[due]] + rng.integers(0, 900 * SECOND, int(due.sum()))
        world.pay(firms[employer[due]], people[due], wage[due], time, "工资", plain=True)


def pay_rent(world: World, people: Ints) -> None:
    """A quarter of the persons rents from another person and pays early in the month."""
    rng, period = world.rng, world.period
    tenants = people[rng.random(len(people)) < 0.25]
    landlords = rng.choice(people, size=len(tenants))
    rent = rounded(rng, heavy(rng, len(tenants), 1800, 0.5), 0.95)
    rent_day = rng.integers(1, 12, len(tenants))
    for day in range(period.days):
        due = rent_day == period.month_day[day]
        time = period.at(rng, np.full(int(due.sum()), day), "retail")
        world.pay(
            tenants[due],
            landlords[due],
            rent[due],
            time,
            "房租",
            plain=True,
            device=devices(world, tenants[due]),
        )


def send_among_people(world: World, people: Ints, count: int) -> None:
    """Persons send money to relatives and friends, and some draw or pay in cash."""
    rng, period = world.rng, world.period
    payer = rng.choice(people, size=count)
    place = np.searchsorted(people, payer)
    near = people[(place + rng.geometric(0.02, count)) % len(people)]
    payee = np.where(rng.random(count) < 0.75, near, rng.choice(people, size=count))
    day = rng.choice(period.days, size=count, p=period.retail_weight)
    time = period.at(rng, day, "retail")
    amount = rounded(rng, heavy(rng, count, 700, 1.3), 0.7)
    purposes = np.array(
        [PURPOSE[text] for text in ("转账", "", "生活费", "借款", "还款", "往来款")]
    )
    purpose = rng.choice(purposes, size=count, p=[0.4, 0.3, 0.12, 0.08, 0.06, 0.04])
    cash = rng.random(count) < 0.08
    keep = ~cash & (payer != payee)
    world.pay(
        payer[keep],
        payee[keep],
        amount[keep],
        time[keep],
        purpose[keep],
        plain=True,
        device=devices(world, payer[keep]),
    )
    drawn = cash & (rng.random(count) < 0.7)
    world.pay(payer[drawn], -1, amount[drawn], time[drawn], "取现", channel=CHANNEL["cash"])
    paid_in = cash & ~drawn
    world.pay(-1, payer[paid_in], amount[paid_in], time[paid_in], "存现", channel=CHANNEL["cash"])


def spend(
    world: World, people: Ints, merchants: Ints, reserves: Ints, reserve_weight: Array, count: int
) -> None:
    """Persons spend: at merchants directly, or through payment firms' reserve accounts."""
    rng, period = world.rng, world.period
    rank = rng.permutation(len(merchants)) + 3.0
    popularity = 1 / rank**0.8
    payer = people[(rng.beta(0.9, 1.6, count) * len(people)).astype(np.int64)]
    through = rng.random(count) < 0.28
    shop = rng.choice(merchants, size=count, p=popularity / popularity.sum())
    firm = rng.choice(reserves, size=count, p=reserve_weight)
    day = rng.choice(period.days, size=count, p=period.retail_weight)
    pos = rng.random(count) < 0.5
    channel = np.where(through | ~pos, CHANNEL["unionpay"], CHANNEL["pos"])
    world.pay(
        payer,
        np.where(through, firm, shop),
        heavy(rng, count, 95, 1.2),
        period.at(rng, day, "retail"),
        np.where(rng.random(count) < 0.8, PURPOSE["消费"], 0),
        channel=channel,
        plain=True,
        device=np.where(pos, 0, devices(world, payer)),
    )


def send_later(world: World, time: Ints, low_hours: float, high_hours: float) -> Ints:
    """A time some hours after each time, drawn evenly on a logarithmic scale."""
    hours = np.exp(world.rng.uniform(np.log(low_hours), np.log(high_hours), len(time)))
    return np.asarray(time + (hours * HOUR).astype(np.int64) + SECOND)


def to_whole_yuan(amount: Ints, unit_yuan: int) -> Ints:
    """Round amounts down to a multiple of some yuan, at least one of them."""
    unit = unit_yuan * YUAN
    return np.maximum(amount // unit, 1) * unit
