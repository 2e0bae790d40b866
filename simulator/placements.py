"""Money that a firm places at a bank for a term, and the interest that the bank pays."""

from __future__ import annotations

import numpy as np

from simulator.people import send_later
from simulator.workdays import DAY, HOUR
from simulator.world import World


def deposit_and_return(
    world: World,
    payer: int,
    deposit: int,
    total: int,
    texts: tuple[str, ...],
    *,
    scheme: int = -1,
) -> int:
    """Place sums for a term of days, most to come back with interest within the period.

    Returns what was placed within the period, in fen.
    """
    rng, period = world.rng, world.period
    count = int(rng.integers(1, 7))
    amount = (rng.dirichlet(np.full(count, 2.0)) * total).astype(np.int64) // 1_000_000 * 1_000_000
    day = period.working_day(rng.integers(0, max(period.days * 3 // 4, 1), count))
    at = period.at(rng, day, "business")
    out = rng.choice(world.draw_purposes(("定期存款", *texts)), count)
    sent = world.pay(payer, deposit, amount, at, out, scheme=scheme)
    term, rate = int(rng.integers(3, 30)), float(rng.uniform(0.01, 0.045))
    back = (amount * (1 + rate * term / 365)).astype(np.int64)
    later = at + term * DAY + rng.integers(-2 * HOUR, 2 * HOUR, count)
    text = rng.choice(world.draw_purposes(("本息", "存款利息", *texts)), count)
    world.pay(deposit, payer, back, later, text, scheme=scheme)
    return int(amount[sent >= 0].sum())


def pay_interest(
    world: World, bank: int, payee: int, level: int, texts: tuple[str, ...], *, scheme: int = -1
) -> None:
    """A bank pays for a balance around a level, every so many days, a yearly rate of it."""
    rng, period = world.rng, world.period
    every, rate = int(rng.integers(3, 16)), float(rng.uniform(0.004, 0.045))
    day = np.arange(int(rng.integers(0, min(every, period.days))), period.days, every)
    held = level * rng.lognormal(0.0, 0.15, len(day))
    amount = (held * rate * every / 365).astype(np.int64)
    at = send_later(world, period.at(rng, period.working_day(day), "morning"), 0.1, 6)
    text = rng.choice(world.draw_purposes(texts), len(day))
    world.pay(bank, payee, amount, at, text, scheme=scheme)
