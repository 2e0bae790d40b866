"""P8 offline sales: sellers in branches are paid a share of the money that they bring in."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.companies import found_companies
from simulator.lending import (
    draw_borrowers,
    draw_lenders,
    lend,
    run_honest,
    use_proceeds,
)
from simulator.lookalikes import offline_sales as lookalikes
from simulator.platforms import Platform, found_platform
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.tickets import Tickets, tickets_since
from simulator.workdays import DAY
from simulator.world import CHANNEL, World

VARIANTS = (
    "own_staff",
    "outsourced_agency",
    "branch_terminals",
    "relatives_cards",
    "as_wages",
)
TEXTS = ("提成", "佣金", "奖励金", "推广费", "劳务费", "服务费", "差旅费", "")


def add_offline_sales(stage: Stage, variant: str) -> None:
    """Let sellers bring lenders, and pay each seller by what his lenders put in."""
    world, rng = stage.world, stage.world.rng
    platform = found_platform(world, stage.banks, custody=bool(rng.random() < 0.8))
    number, scheme = world.begin_scheme("offline_sales", variant, platform.party)
    run_honest(world, platform, share=float(rng.uniform(0.1, 0.8)))
    tickets = raise_in_branches(stage, platform, variant)
    sellers = hire_sellers(stage, platform, variant)
    payer = platform.own
    scheme.parties = [(platform.party, "organiser")]
    if variant == "outsourced_agency":
        payer = hire_agency(stage, platform, tickets, number)
        scheme.parties.append((int(world.owner(np.array([payer]))[0]), "shell"))
    paid, sellers = pay_commissions(
        world, tickets, sellers, payer, number, wages=variant == "as_wages"
    )
    rent_branches(world, platform)
    scheme.parties += [(int(party), "beneficiary") for party in np.unique(world.owner(sellers))]
    scheme.accounts = sorted({payer, *sellers.tolist()})
    scheme.stake_fen = paid


def raise_in_branches(stage: Stage, platform: Platform, variant: str) -> Tickets:
    """Lenders fund loans in the branches, by card at a terminal where there is one."""
    world, rng = stage.world, stage.world.rng
    first, before = world.events.count, world.transfers.count
    lenders = draw_lenders(world, 120 * world.sizes.crowd)
    borrowers = draw_borrowers(world, max(int(len(lenders) * rng.uniform(0.08, 0.25)), 5))
    median = world.lots(40_000, 400_000)
    use_proceeds(world, lend(world, platform, lenders, borrowers, median_yuan=median))
    if variant == "branch_terminals" or rng.random() < 0.2:
        payee = world.transfers.column("payee")
        rows = np.flatnonzero(payee == platform.collect)
        rows = rows[(rows >= before) & (rng.random(len(rows)) < rng.uniform(0.4, 1.0))]
        world.transfers.column("channel")[rows] = CHANNEL["pos"]
    return tickets_since(world, first)


def hire_sellers(stage: Stage, platform: Platform, variant: str) -> Ints:
    """Sellers: persons of the public, in their own names or with the cards of relatives."""
    world, rng = stage.world, stage.world.rng
    count = int(world.lots(5, 60))
    sellers = rng.choice(world.pools["people"], size=count, replace=False)
    if variant == "relatives_cards":
        cards = rng.random(count) < rng.uniform(0.3, 1.0)
        sellers[cards] = rng.choice(world.pools["people"], int(cards.sum()))
    if variant == "own_staff":
        some = min(len(platform.circle.staff), count)
        sellers[:some] = platform.circle.staff[:some]
    return np.unique(sellers)


def hire_agency(stage: Stage, platform: Platform, tickets: Tickets, number: int) -> int:
    """An agency is paid for everything in lumps, and pays the sellers; returns its account."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    agency = int(found_companies(world, stage.banks, 1)[0])
    if rng.random() < 0.4:
        agency = int(rng.choice(platform.circle.sisters))
    count = int(rng.integers(1, 6))
    total = tickets.amount.sum() * rng.uniform(0.02, 0.07)
    amount = (rng.dirichlet(np.full(count, 3.0)) * total).astype(np.int64)
    day = period.working_day(rng.integers(0, period.days, count))
    text = rng.choice(world.draw_purposes(("推广费", "服务费", "咨询费", "代理费")), count)
    payer = np.full(count, platform.own)
    world.pay(payer, agency, amount, period.at(rng, day, "business"), text, scheme=number)
    return agency


def pay_commissions(
    world: World, tickets: Tickets, sellers: Ints, payer: int, number: int, *, wages: bool
) -> tuple[int, Ints]:
    """At the end of each stretch of days, each seller's share of the inflow that he brought.

    Returns what was paid and to whom. Seniors also get a little of what all others bring.
    """
    rng, period = world.rng, world.period
    popular = rng.dirichlet(np.full(len(sellers), 1.2))
    seller = rng.choice(len(sellers), size=len(tickets.at), p=popular)
    stretch = min(int(rng.choice([7, 10, 15, 30])), max(period.days // 2, 1))
    rate = rng.uniform(0.01, 0.05) * rng.uniform(0.8, 1.2, len(sellers))
    base = heavy(rng, len(sellers), 2_500, 0.3) if wages or rng.random() < 0.3 else 0
    senior = rng.random(len(sellers)) < 0.1
    texts = world.draw_purposes(("工资", "奖金", "劳务费") if wages else TEXTS)
    habit = str(rng.choice(["business", "evening", "retail"]))
    total, got = 0, np.zeros(len(sellers), dtype=bool)
    for end in range(stretch, period.days + 1, stretch):
        mine = (tickets.at >= (end - stretch) * DAY) & (tickets.at < end * DAY)
        brought = np.bincount(seller[mine], tickets.amount[mine], minlength=len(sellers))
        earned = brought * rate + np.where(senior, brought.sum() * 0.002, 0) + base
        amount = rounded(rng, earned.astype(np.int64), float(rng.uniform(0.0, 0.3)))
        day = np.minimum(end + rng.integers(0, 3, len(sellers)), period.days - 1)
        due = brought > 0
        sent = world.pay(
            np.full(int(due.sum()), payer),
            sellers[due],
            amount[due],
            np.maximum(period.at(rng, day, habit)[due], end * DAY - DAY // 4),
            rng.choice(texts, int(due.sum())),
            scheme=number,
        )
        total += int(amount[due][sent >= 0].sum())
        got[np.flatnonzero(due)[sent >= 0]] = True
    return total, sellers[got]


def rent_branches(world: World, platform: Platform) -> None:
    """Rent of branches, to landlords in several towns."""
    rng, period = world.rng, world.period
    count = int(world.lots(2, 25))
    landlords = rng.choice(world.pools["people"], count)
    rent = rounded(rng, heavy(rng, count, 7_000, 0.6), 0.9)
    day = period.working_day(rng.integers(0, period.days, count))
    at = period.at(rng, day, "business")
    world.pay(np.full(count, platform.own), landlords, rent, at, "房租")


TYPOLOGY = Typology("offline_sales", VARIANTS, add_offline_sales, lookalikes.KINDS)
