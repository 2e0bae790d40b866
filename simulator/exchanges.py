"""Trading venues, their members, and the deposits that customers pay in and draw out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy
from simulator.companies import found_institution, open_account
from simulator.names import DIVISIONS, OUTSIDE
from simulator.people import devices, draw_crowd, to_whole_yuan
from simulator.rows import Array, Ints
from simulator.stage import Stage
from simulator.workdays import HOUR
from simulator.world import RELATION, World

IN_TEXTS = ("入金", "保证金", "投资款", "充值", "转账", "货款", "")
OUT_TEXTS = ("出金", "提现", "收益", "转账", "回款", "赎回款", "")


@dataclass(frozen=True)
class Deposits:
    """What customers paid in: who, to which account, how much, and when."""

    payer: Ints
    payee: Ints
    amount: Ints
    at: Ints


def found_exchange(
    stage: Stage, *, licensed: bool, kind: str = "exchange", outside: bool = False
) -> tuple[int, int]:
    """Found a trading venue or a member of one; returns its party and its own account.

    One that lies `outside` is registered in a city of another province.
    """
    world = stage.world
    division = (
        int(world.rng.integers(len(DIVISIONS) - len(OUTSIDE), len(DIVISIONS))) if outside else -1
    )
    return found_institution(world, stage.banks, kind, licensed=licensed, division=division)


def deposit_account(stage: Stage, party: int, *, registered: bool) -> int:
    """An account that customers pay into: registered for deposits, or an ordinary one."""
    role, serves = ("exchange_deposit", party) if registered else ("ordinary", -1)
    return open_account(stage.world, stage.banks, party, role, institution=serves)


def join(world: World, member: int, exchange: int) -> None:
    """Register a party as a member of an exchange, since months or years."""
    world.relations.add(
        1,
        from_party=member,
        to_party=exchange,
        kind=RELATION["merchant_of"],
        valid_from=world.period.epoch_day - int(world.rng.integers(40, 900)),
    )


def pay_in(world: World, accounts: Ints, *, scheme: int = -1) -> Deposits:
    """A crowd pays deposits in, most of them once or twice, over the period."""
    rng, period = world.rng, world.period
    crowd = draw_crowd(world, 50, 420)
    count = int(len(crowd) * rng.uniform(1.0, 2.5))
    payer = np.concatenate([crowd, rng.choice(crowd, size=count - len(crowd))])
    ramp = period.retail_weight * np.exp(rng.normal(0, 0.5) * np.linspace(0, 1, period.days))
    day = rng.choice(period.days, size=count, p=ramp / ramp.sum())
    amount = heavy(rng, count, world.lots(3_000, 90_000), 1.0)
    amount = to_whole_yuan(amount, int(rng.choice([1, 100, 1000])))
    at = period.at(rng, day, "retail")
    payee = rng.choice(accounts, size=count)
    texts = rng.choice(world.draw_purposes(IN_TEXTS), count)
    world.pay(payer, payee, amount, at, texts, device=devices(world, payer), scheme=scheme)
    return Deposits(payer, payee, amount, at)


def pay_out(
    world: World, payer: int | Array, deposits: Deposits, share: float, *, scheme: int = -1
) -> Ints:
    """Customers draw a share of the deposits out, gains and losses in it; returns the amounts."""
    rng = world.rng
    count = max(int(len(deposits.payer) * min(share, 1.0)), 1)
    who = rng.choice(len(deposits.payer), size=count, replace=False)
    lag = (np.exp(rng.uniform(np.log(2), np.log(240), count)) * HOUR).astype(np.int64)
    amount = (deposits.amount[who] * rng.lognormal(0.0, 0.35, count)).astype(np.int64)
    source = payer if np.ndim(payer) == 0 else np.asarray(payer)[who]
    texts = rng.choice(world.draw_purposes(OUT_TEXTS), count)
    at = deposits.at[who] + lag
    world.pay(source, deposits.payer[who], amount, at, texts, scheme=scheme)
    return amount


def pay_for_goods(
    world: World, account: int, sellers: Ints, total: int, *, texts: tuple[str, ...]
) -> None:
    """Pay sellers for goods that customers bought, day by day."""
    rng, period = world.rng, world.period
    count = int(world.lots(20, 200))
    weight = rng.dirichlet(np.full(count, 1.0))
    day = rng.choice(period.days, size=count, p=period.business_weight)
    world.pay(
        account,
        rng.choice(sellers, size=count),
        (weight * total).astype(np.int64),
        period.at(rng, day, "business"),
        rng.choice(world.draw_purposes(texts), count),
    )
