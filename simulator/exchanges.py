"""Trading venues, their members, and the deposits that customers pay in and draw out."""

from __future__ import annotations

import numpy as np

from simulator.companies import found_institution, open_account
from simulator.crowds import Deposits, draw_people, pay_back, pay_in
from simulator.names import DIVISIONS, OUTSIDE
from simulator.rows import Ints
from simulator.stage import Stage
from simulator.world import RELATION, World

IN_TEXTS = ("入金", "保证金", "投资款", "充值", "转账", "货款", "")
OUT_TEXTS = ("出金", "提现", "收益", "转账", "回款", "赎回款", "")


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


def take_deposits(world: World, accounts: Ints, *, scheme: int = -1) -> Deposits:
    """A crowd pays deposits in, most of them once or twice, over the period."""
    people = draw_people(world, 50, 420)
    return pay_in(world, people, accounts, IN_TEXTS, repeats=2.5, scheme=scheme)


def draw_out(world: World, payer: int, deposits: Deposits, share: float, scheme: int = -1) -> None:
    """Customers draw a share of the deposits out, gains and losses in it."""
    rng = world.rng
    count = max(int(len(deposits.payer) * min(share, 1.0)), 1)
    who = rng.choice(len(deposits.payer), size=count, replace=False)
    amount = (deposits.amount[who] * rng.lognormal(0.0, 0.35, count)).astype(np.int64)
    pay_back(world, payer, deposits, who, amount, (2, 240), OUT_TEXTS, scheme=scheme)


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
