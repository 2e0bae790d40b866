"""What crowds pay in to a firm, and what it pays back to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy
from simulator.people import devices, to_whole_yuan
from simulator.rows import Array, Ints
from simulator.workdays import DAY, HOUR
from simulator.world import World


@dataclass(frozen=True)
class Deposits:
    """What a crowd paid in: who, to which account, how much, and when."""

    payer: Ints
    payee: Ints
    amount: Ints
    at: Ints

    @property
    def total(self) -> int:
        """All of it, in fen."""
        return int(self.amount.sum())


def draw_people(world: World, low: float, high: float) -> Ints:
    """Persons of the public, about `low` to `high` of them, more in larger provinces."""
    size = int(world.lots(low, high) * world.sizes.crowd**0.5)
    return world.pick(world.pools["people"], min(size, len(world.pools["people"]) // 3))


def pay_in(
    world: World,
    people: Ints,
    accounts: Ints,
    texts: tuple[str, ...],
    *,
    median_yuan: tuple[float, float] = (3_000, 90_000),
    repeats: float = 1.5,
    latest_share: float = 1.0,
    scheme: int = -1,
) -> Deposits:
    """Each person pays once, some again, in amounts around a median drawn between two.

    The days lie in the first part of the period, of `latest_share`; more and more pay, or fewer.
    """
    rng, period = world.rng, world.period
    again = int(len(people) * rng.uniform(0.0, max(repeats, 1.0) - 1.0))
    payer = np.concatenate([people, rng.choice(people, size=again)])
    count, days = len(payer), max(int(period.days * latest_share), 1)
    ramp = period.retail_weight[:days] * np.exp(rng.normal(0, 0.6) * np.linspace(0, 1, days))
    at = period.at(rng, rng.choice(days, size=count, p=ramp / ramp.sum()), "retail")
    amount = heavy(rng, count, world.lots(*median_yuan), float(rng.uniform(0.3, 1.1)))
    amount = to_whole_yuan(amount, int(rng.choice([1, 100, 500, 1000])))
    payee = rng.choice(accounts, size=count)
    chosen = rng.choice(world.draw_purposes(texts), count)
    world.pay(payer, payee, amount, at, chosen, device=devices(world, payer), scheme=scheme)
    return Deposits(payer, payee, amount, at)


def pay_back(
    world: World,
    payer: int | Array,
    deposits: Deposits,
    chosen: Ints,
    amount: Ints,
    hours: tuple[float, float] | Ints,
    texts: tuple[str, ...],
    *,
    scheme: int = -1,
) -> None:
    """Pay those chosen of the deposits back, so many hours after they were made.

    `payer` is one account or one by chosen deposit; `hours` bounds what is drawn, or states it.
    """
    rng = world.rng
    if isinstance(hours, tuple):
        wait = np.exp(rng.uniform(np.log(hours[0]), np.log(hours[1]), len(chosen)))
    else:
        wait = hours.astype(np.float64)
    at = deposits.at[chosen] + (wait * HOUR).astype(np.int64)
    text = rng.choice(world.draw_purposes(texts), len(chosen))
    world.pay(payer, deposits.payer[chosen], amount, at, text, scheme=scheme)


def pay_rounds(
    world: World,
    payer: int,
    payees: Ints,
    base: Ints,
    rates: Array,
    days: Ints,
    texts: tuple[str, ...],
    *,
    scheme: int = -1,
) -> None:
    """On each of some days pay everyone the rate of that day on what each has put in."""
    rng = world.rng
    text = rng.choice(world.draw_purposes(texts), 1)
    hour = int(rng.integers(8, 21))
    for day, rate in zip(days.tolist(), rates.tolist(), strict=True):
        at = day * DAY + hour * HOUR + rng.integers(0, HOUR, len(payees))
        world.pay(payer, payees, (base * rate).astype(np.int64), at, text, scheme=scheme)


def spend_lumps(
    world: World,
    payer: int,
    payees: Ints,
    total: int,
    texts: tuple[str, ...],
    *,
    count: tuple[int, int] = (3, 30),
    scheme: int = -1,
) -> None:
    """Pay a total out in lumps to any of some accounts, after the first days of the period."""
    rng, period = world.rng, world.period
    lumps = int(world.lots(*count))
    weight = rng.dirichlet(np.full(lumps, 1.5))
    day = rng.integers(min(2, period.days - 1), period.days, lumps)
    at = period.at(rng, day, str(rng.choice(["business", "evening"])))
    text = rng.choice(world.draw_purposes(texts), lumps)
    amount = (weight * total).astype(np.int64)
    world.pay(payer, rng.choice(payees, lumps), amount, at, text, scheme=scheme)
