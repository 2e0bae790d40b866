"""Kinds of business that need a licence, whoever does them: lending, and bringing clients."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy
from simulator.people import send_later, to_whole_yuan
from simulator.rows import Ints
from simulator.workdays import DAY, HOUR
from simulator.world import YUAN, World

FEE_TEXTS = ("服务费", "技术服务费", "咨询费", "推广费", "合作分成", "佣金", "")


def lend_out(world: World, lender: int, *, scheme: int = -1) -> int:
    """Lend to a number of persons and firms, who pay interest, and some of them the sum, weekly.

    Returns the fen lent.
    """
    rng, period = world.rng, world.period
    count = int(world.lots(15, 120))
    people = world.pick(world.pools["people"], int(count * rng.uniform(0.2, 0.9)))
    borrowers = np.concatenate([people, world.pick(world.pools["buyers"], count - len(people))])
    principal = to_whole_yuan(heavy(rng, count, world.lots(3_000, 200_000), 0.8), 1000)
    at = period.at(rng, rng.integers(0, period.days, count), "business")
    texts = world.draw_purposes(("放款", "借款", "往来款", "转账", ""))
    sent = world.pay(lender, borrowers, principal, at, rng.choice(texts, count), scheme=scheme)
    lent = int(principal[sent >= 0].sum())
    rate, every = float(rng.uniform(0.003, 0.03)), int(rng.integers(5, 16))
    texts = world.draw_purposes(("还款", "利息", "本息", "服务费", "转账", ""))
    for turn in range(1, period.days // every + 1):
        last = rng.random(count) < 0.3
        due = (principal * rate).astype(np.int64) + np.where(last, principal, 0)
        when = at + turn * every * DAY + rng.integers(-20 * HOUR, 20 * HOUR, count)
        world.pay(borrowers, lender, due, when, rng.choice(texts, count), scheme=scheme)
        borrowers, principal, at = borrowers[~last], principal[~last], at[~last]
        count = len(borrowers)
    return lent


def share_fees(world: World, payer: int, payee: int, volume: Ints, *, scheme: int = -1) -> None:
    """Every so many days pay a fixed share of the clients' money that came since the last time.

    `volume` is what came on each day.
    """
    rng, period = world.rng, world.period
    every = int(rng.integers(1, 8))
    share = world.lots(0.004, 0.08)
    slot = np.arange(period.days) // every
    total = np.bincount(slot, volume).astype(np.int64)
    day = (np.arange(len(total)) + 1) * every
    out = day >= period.days
    day = period.working_day(np.where(out, 0, day))
    at = np.where(out, period.end, period.at(rng, day, "business"))
    texts = rng.choice(world.draw_purposes(FEE_TEXTS), len(total))
    world.pay(payer, payee, (total * share).astype(np.int64), at, texts, scheme=scheme)


def pay_flat_fee(world: World, payer: int, payee: int, fee_yuan: float) -> None:
    """Pay the same fee every so many days, whatever the business was."""
    rng, period = world.rng, world.period
    days = np.arange(int(rng.integers(0, 4)), period.days, int(rng.integers(3, 16)))
    at = period.at(rng, period.working_day(days), "business")
    texts = rng.choice(world.draw_purposes(FEE_TEXTS), len(days))
    world.pay(payer, payee, int(fee_yuan) * YUAN, at, texts)


def forward(
    world: World, payer: int, payee: int, amount: Ints, at: Ints, *, scheme: int = -1
) -> None:
    """Pass clients' money on to another account one by one, within hours or a day."""
    rng = world.rng
    texts = rng.choice(world.draw_purposes(("往来款", "认购款", "代收款", "投资款", "")), len(at))
    later = send_later(world, at, 0.1, 30)
    kept = (amount * rng.uniform(0.97, 1.0)).astype(np.int64)
    world.pay(payer, payee, kept, later, texts, scheme=scheme)
