"""Acquirers: they take what is paid by card at their merchants, and settle it days later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.banks import Banks, open_accounts
from simulator.companies import found_institution
from simulator.people import devices
from simulator.purposes import PURPOSE
from simulator.rows import Array, Ints
from simulator.workdays import DAY
from simulator.world import CHANNEL, YUAN, ReserveBook, World

CARD_TEXTS = ("消费", "刷卡消费", "信用卡消费", "")
SETTLE_TEXTS = ("结算款", "货款结算", "代付", "")


@dataclass(frozen=True)
class Acquirer:
    """A licensed acquirer: its party, own account, reserve account and fee per yuan."""

    party: int
    own: int
    reserve: int
    fee_rate: float


@dataclass(frozen=True)
class Takings:
    """What merchants took: merchant's place, day, amount, and when the last of it came."""

    shop: Ints
    day: Ints
    amount: Ints
    last_at: Ints


def found_acquirer(world: World, banks: Banks, merchants: Ints) -> Acquirer:
    """Found a licensed acquirer that settles some merchants of the population."""
    rng, days = world.rng, world.period.days
    party, own = found_institution(world, banks, "payment_institution")
    world.licence_scopes[party] = "payment_institution;card_acquiring"
    reserve = open_reserve(world, banks, party)
    acquirer = Acquirer(party, own, reserve, float(rng.uniform(0.002, 0.009)))
    shops = rng.choice(merchants, size=int(rng.integers(15, 40)), replace=False)
    takings = sell_by_card(world, reserve, len(shops), int(days * world.lots(15, 50)))
    settle(world, reserve, shops, takings, acquirer.fee_rate)
    return acquirer


def open_reserve(world: World, banks: Banks, party: int) -> int:
    """Open a reserve account with its ledger, which reconciles every day."""
    rng, days = world.rng, world.period.days
    account = int(
        open_accounts(
            world,
            banks,
            np.array([party]),
            role="client_reserve",
            institution=party,
            inside=True,
            daily=True,
            extra=int(world.lots(400_000, 20_000_000)) * YUAN,
        )[0]
    )
    zero = np.zeros(days, dtype=np.int64)
    interest = np.cumsum(rng.integers(2_000, 60_000, days))
    placed = np.full(days, int(rng.integers(0, 4)) * 10_000_000)
    aged = np.zeros((3, days), dtype=np.int64)
    fees = rng.integers(0, 50_000, days) * 100
    world.reserves.append(
        ReserveBook(party, account, fees, interest, placed, zero.copy(), zero.copy(), aged)
    )
    return account


def sell_by_card(
    world: World,
    payee: int | Ints,
    shops: int,
    count: int,
    *,
    median_yuan: float = 0.0,
    scheme: int = -1,
    channels: tuple[str, ...] = ("pos", "unionpay"),
) -> Takings:
    """Persons buy at merchants, most of them at few; the money goes to `payee` (one, or by shop).

    A median of zero is drawn. Returns what each merchant took on each day.
    """
    rng, period = world.rng, world.period
    shop = rng.choice(shops, size=count, p=rng.dirichlet(np.full(shops, 0.8)))
    day = rng.choice(period.days, size=count, p=period.retail_weight)
    amount = heavy(rng, count, median_yuan or world.lots(60, 1_500), 1.1)
    amount = rounded(rng, amount, float(rng.uniform(0.05, 0.4)))
    at = period.at(rng, day, "retail")
    payer = rng.choice(world.pools["people"], size=count)
    pos = rng.random(count) < rng.uniform(0.2, 0.95)
    codes = np.array([CHANNEL[name] for name in channels])
    weight = rng.dirichlet(np.array([3.0, 2.0, 1.0, 1.0]))
    world.pay(
        payer,
        payee if np.ndim(payee) == 0 else np.asarray(payee)[shop],
        amount,
        at,
        rng.choice(np.array([PURPOSE[text] for text in CARD_TEXTS]), count, p=weight),
        channel=codes[np.where(pos, 0, len(codes) - 1)],
        device=np.where(pos, 0, devices(world, payer)),
        plain=scheme < 0,
        scheme=scheme,
    )
    return by_day(world, shop, amount, at)


def by_day(world: World, shop: Ints, amount: Ints, at: Ints) -> Takings:
    """Add amounts up by merchant and day."""
    days = world.period.days
    key, place = np.unique(shop * days + at // DAY, return_inverse=True)
    last = np.zeros(len(key), dtype=np.int64)
    np.maximum.at(last, place, at)
    total = np.bincount(place, amount, minlength=len(key)).astype(np.int64)
    return Takings(key // days, key % days, total, last)


def as_one(world: World, takings: Takings) -> Takings:
    """The takings of all merchants as if one had taken them."""
    return by_day(world, np.zeros_like(takings.shop), takings.amount, takings.last_at)


def settle(
    world: World,
    payer: int | Array,
    payees: Ints,
    takings: Takings,
    rate: float | Array,
    *,
    lag: tuple[int, int] = (1, 2),
    texts: Ints | None = None,
    channel: int = CHANNEL["unionpay"],
    scheme: int = -1,
) -> Takings:
    """Pay each merchant's takings of a day out, less a fee, so many days later (low to below high).

    Days on which banks rest come after it. A lag of zero days is hours after the last sale, at
    night if need be. Returns what was paid, by merchant, and when.
    """
    rng, period = world.rng, world.period
    count = len(takings.shop)
    wait = rng.integers(*lag, size=count)
    following = takings.day + wait
    out = following >= period.days
    day = np.where(wait > 0, period.working_day(np.where(out, 0, following)), takings.day)
    at = period.at(rng, day, str(rng.choice(["morning", "business", "batch"])))
    soon = takings.last_at + rng.integers(300, 10_000, count) * 1_000_000
    at = np.where(out, period.end, np.where(at <= takings.last_at, soon, at))
    amount = (takings.amount * (1 - np.asarray(rate))).astype(np.int64)
    sent = world.pay(
        payer,
        payees[takings.shop],
        amount,
        at,
        rng.choice(world.draw_purposes(SETTLE_TEXTS) if texts is None else texts, count),
        channel=channel,
        scheme=scheme,
    )
    kept = sent >= 0
    return Takings(takings.shop[kept], at[kept] // DAY, amount[kept], at[kept])
