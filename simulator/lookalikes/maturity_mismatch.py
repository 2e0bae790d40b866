"""Innocent platforms that resemble maturity mismatch: lenders who sell to lenders, short loans."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy
from simulator.lending import (
    draw_borrowers,
    draw_lenders,
    earn,
    record,
    run_honest,
)
from simulator.people import devices, send_later
from simulator.platforms import found_platform
from simulator.stage import Stage
from simulator.tickets import old_loans, old_tickets, pay_tickets
from simulator.workdays import DAY, HOUR
from simulator.world import EVENT


def transfer_between_lenders(stage: Stage) -> None:
    """Lenders sell claims on long loans to each other at prices that vary, and both are named."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    lenders = run_honest(world, platform, share=float(rng.uniform(0.1, 0.7)))
    count = int(world.lots(3, 30))
    borrowers = draw_borrowers(world, count)
    earn(world, borrowers)
    loans = old_loans(
        world,
        platform,
        borrowers,
        principal=heavy(rng, count, world.lots(80_000, 900_000), 0.7),
        rate=rng.uniform(0.1, 0.2, count),
        published=-rng.integers(5, 120, count),
        due=period.days + rng.integers(60, 700, count),
    )
    tickets = old_tickets(world, loans, lenders)
    sold = tickets.of(rng.random(len(tickets.at)) < rng.uniform(0.1, 0.7))
    size = len(sold.at)
    price = (sold.amount * rng.normal(1.0, 0.03, size)).astype(np.int64)
    day = rng.choice(period.days, size=size, p=period.retail_weight)
    at = period.at(rng, day, "retail")
    buyer = rng.choice(lenders, size)
    bought = world.pay(
        buyer,
        platform.collect,
        price,
        at,
        "债权转让款",
        loan=sold.loan,
        device=devices(world, buyer),
    )
    later = at + rng.integers(HOUR // 12, 20 * HOUR, size)
    payer = np.full(size, platform.collect)
    world.pay(payer, sold.lender, price, later, "债权转让款", loan=sold.loan)
    came = bought >= 0
    world.events.add(
        int(came.sum()),
        loan=sold.loan[came],
        kind=EVENT["assign"],
        party=world.owner(sold.lender[came]),
        counterparty=world.owner(buyer[came]),
        amount=price[came],
        transfer=bought[came],
    )
    world.resembles(
        "maturity_mismatch", "lender_transfer", platform.collect, institution=platform.party
    )


def lend_short(stage: Stage) -> None:
    """A platform of short loans: lenders are paid in days or weeks, each time by the borrower."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    lenders = draw_lenders(world, 110 * world.sizes.crowd)
    count = int(world.lots(10, 80))
    borrowers = draw_borrowers(world, count)
    earn(world, borrowers)
    day = period.working_day(rng.integers(0, period.days, count))
    rate = rng.uniform(0.08, 0.2, count)
    term = rng.choice([3, 5, 7, 10, 14, 15, 30], count)
    loans = old_loans(
        world,
        platform,
        borrowers,
        principal=heavy(rng, count, world.lots(20_000, 300_000), 0.7),
        rate=rate,
        published=day - term - rng.integers(1, 3, count),
        due=day,
        closed=day,
    )
    principal = world.loans.column("principal", loans).astype(np.int64)
    at = day * DAY + rng.integers(8 * HOUR, 14 * HOUR, count)
    interest = (principal * rate * term / 365).astype(np.int64)
    world.pay(borrowers, platform.collect, principal + interest, at, "还款", loan=loans)
    tickets = old_tickets(world, loans, lenders)
    place = np.searchsorted(loans, tickets.loan)
    due = (tickets.amount * (rate * term / 365)[place]).astype(np.int64)
    later = send_later(world, at[place], 0.1, 6)
    pay_tickets(world, platform.collect, tickets, due, tickets.amount, later)
    paid_in = (tickets.at >= 0) & (tickets.at < period.end)
    mine = tickets.of(paid_in)
    sent = world.pay(mine.lender, platform.collect, mine.amount, mine.at, "投资款", loan=mine.loan)
    borrower = world.loans.column("borrower", mine.loan).astype(np.int64)
    record(world, "invest", mine.loan, world.owner(mine.lender), borrower, mine.amount, sent)
    custody = platform.collect
    world.resembles("maturity_mismatch", "short_loans", custody, institution=platform.party)


KINDS = (transfer_between_lenders, lend_short)
