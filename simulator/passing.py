"""Money passed on from one set of accounts to the next, in parts and after some hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import rounded, split
from simulator.rows import Ints
from simulator.workdays import HOUR
from simulator.world import World


@dataclass(frozen=True)
class Held:
    """What accounts hold of the money on its way, and since when."""

    account: Ints
    amount: Ints
    since: Ints


@dataclass(frozen=True)
class Pace:
    """How one story passes money on: hours between receipt and payment at most, the share that
    goes on at least, the share of round sums, and the texts that are written."""

    hours: float
    passes: float
    round_share: float
    texts: Ints


def draw_pace(world: World, texts: tuple[str, ...]) -> Pace:
    """Draw one story's habits; some hurry, some take days."""
    rng = world.rng
    return Pace(
        world.lots(1.0, 90.0),
        float(rng.uniform(0.85, 1.0)),
        float(rng.uniform(0.0, 0.9)),
        world.draw_purposes(texts),
    )


def begin(world: World, accounts: Ints, total: int, latest_share: float = 0.7) -> Held:
    """Split a sum over the accounts it starts from, at hours of the first part of the period."""
    rng, period = world.rng, world.period
    _, amount = split(rng, np.array([total]), np.array([len(accounts)]))
    start = int(rng.integers(0, max(int(period.days * latest_share), 1)))
    spread = int(rng.integers(1, 5))
    day = np.minimum(start + rng.integers(0, spread, len(accounts)), period.days - 1)
    return Held(accounts, amount, period.at(rng, day, str(rng.choice(["business", "retail"]))))


def pass_on(
    world: World, held: Held, following: Ints, pace: Pace, *, parts: int, scheme: int = -1
) -> Held:
    """Each account pays nearly all it holds to that many of the following, which then hold it.

    Nobody pays before it was paid; what falls after the period does not happen, and is not held.
    """
    rng = world.rng
    count = len(held.account)
    each = np.full(count, min(parts, len(following)))
    goes = (held.amount * rng.uniform(pace.passes, 1.0, count)).astype(np.int64)
    owner, part = split(rng, goes, each)
    part = np.maximum(rounded(rng, part, pace.round_share), 1)
    start = rng.integers(0, len(following), count)
    place = (start[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(each) - each, each)) % len(
        following
    )
    payee = following[place]
    wait = np.exp(rng.uniform(np.log(0.05), np.log(pace.hours), len(owner)))
    at = held.since[owner] + (wait * HOUR).astype(np.int64)
    sent = world.pay(
        held.account[owner],
        payee,
        part,
        at,
        rng.choice(pace.texts, len(owner)),
        scheme=scheme,
    )
    came = sent >= 0
    accounts, where = np.unique(payee[came], return_inverse=True)
    amount = np.bincount(where, part[came], minlength=len(accounts)).astype(np.int64)
    since = np.zeros(len(accounts), dtype=np.int64)
    np.maximum.at(since, where, at[came])
    return Held(accounts, amount, since)
