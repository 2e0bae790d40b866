"""Securities firms, and persons who move money to and from their own trading accounts."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.banks import Banks, open_accounts
from simulator.companies import found_institution
from simulator.people import devices
from simulator.rows import Ints
from simulator.world import World


def found_brokers(world: World, banks: Banks, count: int) -> None:
    """Found securities firms, let a share of the public trade, and note the firms in a pool."""
    rng = world.rng
    firms = [found_institution(world, banks, "securities_firm") for _ in range(count)]
    world.pools["brokers"] = np.array([own for _, own in firms])
    traders = world.pools["people"][rng.random(len(world.pools["people"])) < 0.02]
    move_own_money(world, traders, open_trading(world, banks, world.owner(traders)))


def open_trading(world: World, banks: Banks, parties: Ints) -> Ints:
    """An account for each party that settles its trades, serving one of the securities firms."""
    broker = world.owner(world.rng.choice(world.pools["brokers"], len(parties)))
    return open_accounts(
        world, banks, parties, role="securities_transfer", institution=broker, inside=True
    )


def move_own_money(world: World, mine: Ints, trading: Ints) -> None:
    """Each moves sums to the account of the same name, and some back, several times."""
    rng, period = world.rng, world.period
    times = rng.integers(1, 7, len(mine))
    own, account = np.repeat(mine, times), np.repeat(trading, times)
    day = rng.choice(period.days, size=len(own), p=period.business_weight)
    at = period.at(rng, day, "business")
    amount = rounded(rng, heavy(rng, len(own), world.lots(8_000, 50_000), 1.1), 0.8)
    back = rng.random(len(own)) < 0.4
    text = rng.choice(world.draw_purposes(("银证转账", "入金", "出金", "转账", "")), len(own))
    world.pay(
        np.where(back, account, own),
        np.where(back, own, account),
        amount,
        at,
        text,
        device=devices(world, own),
    )
