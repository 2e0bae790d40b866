"""Developers with their presale accounts, agents, and the buyers who pay them out of savings."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.banks import Banks
from simulator.companies import found_institution, open_account
from simulator.people import devices, send_later, to_whole_yuan
from simulator.registers import INDUSTRIES
from simulator.rows import Ints
from simulator.world import World

ESTATE = INDUSTRIES.index("K70")
TEXTS = ("购房款", "首付款", "定金", "订金", "预付款", "")


def found_market(world: World, banks: Banks, count: int) -> None:
    """Found developers and agents, `count` of each; the world's pools then hold their accounts."""
    developers = [found_developer(world, banks) for _ in range(count)]
    world.pools["developers"] = np.array([own for own, _ in developers])
    world.pools["presale"] = np.array([escrow for _, escrow in developers])
    world.pools["agents"] = np.array([found_agent(world, banks) for _ in range(count)])
    for _, escrow in developers:
        sell_homes(world, escrow)
    for agent in world.pools["agents"]:
        earn_commissions(world, int(agent))


def found_developer(world: World, banks: Banks) -> tuple[int, int]:
    """A licensed developer; returns its own account and its supervised presale account."""
    party, own = found_institution(world, banks, "property_developer")
    world.parties.column("industry")[party] = ESTATE
    escrow = open_account(world, banks, party, "client_custody", institution=party)
    world.subledger_gap[escrow] = np.zeros(world.period.days, dtype=np.int64)
    return own, escrow


def found_agent(world: World, banks: Banks) -> int:
    """A property agent, known to the register or not; returns its account."""
    party, own = found_institution(
        world, banks, "property_agent", licensed=bool(world.rng.random() < 0.7)
    )
    world.parties.column("industry")[party] = ESTATE
    return own


def prices(world: World, count: int) -> Ints:
    """Prices of homes, in fen, to the full ten thousand yuan."""
    level = world.lots(500_000, 2_500_000)
    return to_whole_yuan(heavy(world.rng, count, level, 0.4), 10_000)


def sell_homes(world: World, escrow: int) -> None:
    """Buyers pay a deposit and later a down payment, out of what they have saved."""
    rng, period = world.rng, world.period
    count = int(world.lots(6, 40))
    buyers = rng.choice(world.pools["people"], count)
    day = rng.choice(period.days, size=count, p=period.retail_weight)
    at = period.at(rng, day, "retail")
    whole = prices(world, count) * rng.uniform(0.1, 0.6, count)
    deposit = rounded(rng, (whole * rng.uniform(0.03, 0.3, count)).astype(np.int64), 1.0)
    texts = world.draw_purposes(TEXTS)
    for amount, when in (
        (deposit, at),
        ((whole - deposit).astype(np.int64), send_later(world, at, 3, 400)),
    ):
        text = rng.choice(texts, count)
        world.pay(buyers, escrow, amount, when, text, device=devices(world, buyers))
    builders = int(rng.integers(2, 9))
    spent = (rng.dirichlet(np.full(builders, 2.0)) * whole.sum() * 0.5).astype(np.int64)
    on = rng.choice(period.days, size=builders, p=period.business_weight)
    payee = rng.choice(world.pools["buyers"], builders)
    world.pay(escrow, payee, spent, period.at(rng, on, "business"), "工程款")


def earn_commissions(world: World, agent: int) -> None:
    """Buyers and sellers pay an agent one or two percent of a price."""
    rng, period = world.rng, world.period
    count = int(world.lots(6, 40))
    clients = rng.choice(world.pools["people"], count)
    fee = (prices(world, count) * rng.uniform(0.008, 0.03, count)).astype(np.int64)
    day = rng.choice(period.days, size=count, p=period.retail_weight)
    text = rng.choice(world.draw_purposes(("佣金", "服务费", "代理费", "")), count)
    world.pay(clients, agent, fee, period.at(rng, day, "retail"), text)
