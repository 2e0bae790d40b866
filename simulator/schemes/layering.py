"""L1 layering: money is split, merged, passed through and sent round until its source is lost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.amounts import rounded
from simulator.companies import found_companies, hands
from simulator.lookalikes import layering as lookalikes
from simulator.passing import Pace, begin, draw_pace, pass_on
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import HOUR
from simulator.world import CHANNEL, YUAN, World

TEXTS = ("转账", "往来款", "货款", "借款", "还款", "服务费", "投资款", "")
# Sums above which a bank reports: cash, and transfers between persons and between firms.
REPORTED_YUAN = (200_000, 500_000, 2_000_000)


def add_layering(stage: Stage, variant: str) -> None:
    """Send a sum through one shape of accounts, once or several times."""
    world, rng = stage.world, stage.world.rng
    origin = int(draw_mules(stage, 1)[0])
    party = int(world.owner(np.array([origin]))[0])
    number, scheme = world.begin_scheme("layering", variant, party)
    scheme.parties = [(party, "organiser")]
    first = world.transfers.count
    total = int(world.lots(200_000, 20_000_000)) * YUAN
    scheme.stake_fen = total
    rounds = int(rng.integers(1, 4))
    if variant == "structuring":
        scheme.stake_fen = structure(stage, origin, total, number)
    else:
        mules = draw_mules(stage, int(world.lots(8, 45)))
        pace = draw_pace(world, TEXTS)
        for _ in range(rounds):
            SHAPES[variant](world, origin, mules, total // rounds, pace, number)
    ends = np.concatenate([world.transfers.since(name, first) for name in ("payer", "payee")])
    marked = np.tile(world.transfers.since("scheme", first) == number, 2)
    used = np.unique(ends[marked & (ends >= 0)])
    scheme.accounts = used.tolist()
    owners = world.owner(used)
    firms = world.parties.column("kind", owners) == 1
    # Where all of it ends with one, that one is behind it as much as the one it started from.
    payers, payees = np.split(ends[marked], 2)
    ended = np.setdiff1d(payees, payers)
    behind = set(world.owner(ended).tolist()) if len(ended) == 1 else set()
    if variant == "bipartite":  # those who begin it are all alike
        behind |= set(world.owner(np.setdiff1d(payers, payees)).tolist())
    scheme.parties += [
        (owner, "organiser" if owner in behind else "shell" if firm else "nominee")
        for owner, firm in zip(owners.tolist(), firms.tolist(), strict=True)
        if owner != party
    ]


def draw_mules(stage: Stage, count: int) -> Ints:
    """Accounts that lend themselves: persons who live on beside it, and firms, some idle."""
    world, rng = stage.world, stage.world.rng
    firms = int(rng.binomial(count, rng.uniform(0.0, 0.8)))
    shells = found_companies(
        world, stage.banks, firms, young=float(rng.uniform(0.1, 0.7)), busy=0.5, inside=False
    )
    return rng.permutation(np.concatenate([shells, hands(world, count - firms)]))


def fan_in(world: World, origin: int, mules: Ints, total: int, pace: Pace, number: int) -> None:
    """Many pay one."""
    pass_on(world, begin(world, mules, total), np.array([origin]), pace, parts=1, scheme=number)


def fan_out(world: World, origin: int, mules: Ints, total: int, pace: Pace, number: int) -> None:
    """One pays many."""
    start = begin(world, np.array([origin]), total)
    pass_on(world, start, mules, pace, parts=len(mules), scheme=number)


def scatter_gather(
    world: World, origin: int, mules: Ints, total: int, pace: Pace, number: int
) -> None:
    """One pays many, who all pay the same other one."""
    over, end = mules[:-1], mules[-1:]
    held = begin(world, np.array([origin]), total)
    held = pass_on(world, held, over, pace, parts=len(over), scheme=number)
    pass_on(world, held, end, pace, parts=1, scheme=number)


def gather_scatter(
    world: World, origin: int, mules: Ints, total: int, pace: Pace, number: int
) -> None:
    """Many pay one, who pays many others."""
    half = len(mules) // 2
    held = begin(world, mules[:half], total)
    held = pass_on(world, held, np.array([origin]), pace, parts=1, scheme=number)
    pass_on(world, held, mules[half:], pace, parts=len(mules) - half, scheme=number)


def bipartite(world: World, origin: int, mules: Ints, total: int, pace: Pace, number: int) -> None:
    """A few all pay the same several others."""
    left = max(len(mules) // (2 + len(mules) % 3), 2)
    payers = np.append(mules[:left], origin)
    held = begin(world, payers, total)
    pass_on(world, held, mules[left:], pace, parts=len(mules) - left, scheme=number)


def stack(world: World, origin: int, mules: Ints, total: int, pace: Pace, number: int) -> None:
    """Layers of accounts, each of which pays several of the next layer."""
    layers = np.array_split(mules, 2 + len(mules) % 3)
    held = begin(world, np.array([origin]), total, 0.5)
    for layer in layers:
        held = pass_on(world, held, layer, pace, parts=int(world.rng.integers(2, 6)), scheme=number)


def cycle(world: World, origin: int, mules: Ints, total: int, pace: Pace, number: int) -> None:
    """The money comes back to where it started, over several others."""
    hops = mules[: int(world.rng.integers(2, min(9, len(mules))))]
    held = begin(world, np.array([origin]), total, 0.5)
    for following in [*hops.tolist(), origin]:
        held = pass_on(world, held, np.array([following]), pace, parts=1, scheme=number)


def chain(world: World, origin: int, mules: Ints, total: int, pace: Pace, number: int) -> None:
    """One account after the other passes the sum on; some split it on the way."""
    hops = mules[: int(world.rng.integers(3, min(11, len(mules))))]
    held = begin(world, np.array([origin]), total, 0.5)
    for following in hops.tolist():
        held = pass_on(world, held, np.array([following]), pace, parts=1, scheme=number)


def structure(stage: Stage, origin: int, total: int, number: int) -> int:
    """Pay sums in below a line above which banks report, and gather them; returns their sum."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    line = int(rng.choice(REPORTED_YUAN)) * YUAN
    in_cash = line == REPORTED_YUAN[0] * YUAN
    low = float(rng.uniform(0.3, 0.9))
    count = min(max(int(total / line / 0.7), 6), 150)
    amount = (line * rng.uniform(low, 0.999, count)).astype(np.int64)
    amount = np.minimum(rounded(rng, amount, float(rng.uniform(0, 0.9))), line - 1)
    hands = draw_mules(stage, int(rng.integers(2, 12)))
    day = np.sort(rng.integers(0, max(period.days * 4 // 5, 1), count))
    at = period.at(rng, day, str(rng.choice(["business", "retail"])))
    payee = rng.choice(hands, size=count)
    world.pay(
        -1 if in_cash else origin,
        payee,
        amount,
        at,
        "存现" if in_cash else rng.choice(world.draw_purposes(TEXTS), count),
        channel=CHANNEL["cash"] if in_cash else -1,
        scheme=number,
    )
    end = origin if in_cash else int(draw_mules(stage, 1)[0])
    later = at + (np.exp(rng.uniform(0, np.log(100), count)) * HOUR).astype(np.int64)
    kept = (amount * rng.uniform(0.93, 1.0)).astype(np.int64)
    texts = rng.choice(world.draw_purposes(TEXTS), count)
    world.pay(payee, end, kept, later, texts, scheme=number)
    return int(amount.sum())


SHAPES: dict[str, Callable[[World, int, Ints, int, Pace, int], None]] = {
    "fan_in": fan_in,
    "fan_out": fan_out,
    "scatter_gather": scatter_gather,
    "gather_scatter": gather_scatter,
    "bipartite": bipartite,
    "stack": stack,
    "cycle": cycle,
    "chain": chain,
}
VARIANTS = (*SHAPES, "structuring")
TYPOLOGY = Typology("layering", VARIANTS, add_layering, lookalikes.KINDS)
