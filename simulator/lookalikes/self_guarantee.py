"""Innocent platforms that resemble self-guarantee: a licensed guarantor pays, and recovers it."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, split
from simulator.lending import (
    draw_borrowers,
    earn,
    record,
    run_honest,
)
from simulator.people import send_later
from simulator.platforms import found_platform
from simulator.stage import Stage
from simulator.tickets import old_loans, old_tickets, pay_tickets
from simulator.workdays import DAY, HOUR


def guarantor_recovers(stage: Stage) -> None:
    """A licensed guarantor pays the lenders of loans that are not repaid, and the borrowers then
    pay it back in parts, over days and weeks."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    lenders = run_honest(world, platform, share=float(rng.uniform(0.15, 0.9)))
    guarantor = int(rng.choice(world.pools["guarantors"]))
    count = int(world.lots(3, 40))
    borrowers = draw_borrowers(world, count)
    earn(world, borrowers)
    day = period.working_day(rng.integers(0, max(period.days * 3 // 4, 1), count))
    loans = old_loans(
        world,
        platform,
        borrowers,
        principal=heavy(rng, count, world.lots(30_000, 500_000), 0.8),
        rate=rng.uniform(0.08, 0.2, count),
        published=-rng.integers(20, 360, count),
        due=day,
        closed=day,
        guarantor=int(world.owner(np.array([guarantor]))[0]),
    )
    if rng.random() < 0.5:
        world.loans.column("overdue")[loans] = day
        world.loans.column("closed")[loans] = day + rng.integers(1, 20, count)
    tickets = old_tickets(world, loans, lenders)
    place = np.searchsorted(loans, tickets.loan)
    interest = (tickets.amount * world.loans.column("rate", tickets.loan) / 12).astype(np.int64)
    whole = tickets.amount + interest
    at = day[place] * DAY + rng.integers(9 * HOUR, 21 * HOUR, len(place))
    payer = np.full(len(place), guarantor)
    sent = world.pay(payer, tickets.lender, whole, at, "代偿款", loan=tickets.loan)
    party = world.owner(payer)
    record(world, "compensate", tickets.loan, party, world.owner(tickets.lender), whole, sent)
    owed = np.bincount(place, whole, minlength=count)
    back = (owed * rng.uniform(0.5, 1.08, count)).astype(np.int64)
    owner, part = split(rng, back, rng.integers(1, 6, count))
    later = send_later(world, day[owner] * DAY + DAY, 20, 500)
    world.pay(borrowers[owner], guarantor, part, later, "追偿款", loan=loans[owner])
    world.resembles("self_guarantee", "licensed_guarantor", guarantor, institution=platform.party)


def borrowers_pay_ahead(stage: Stage) -> None:
    """Borrowers pay hours or days before the due date, and custody pays lenders on the day."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    lenders = run_honest(world, platform, share=float(rng.uniform(0.15, 0.9)))
    count = int(world.lots(3, 40))
    borrowers = draw_borrowers(world, count)
    earn(world, borrowers)
    day = period.working_day(rng.integers(0, period.days, count))
    loans = old_loans(
        world,
        platform,
        borrowers,
        principal=heavy(rng, count, world.lots(30_000, 500_000), 0.8),
        rate=rng.uniform(0.08, 0.2, count),
        published=-rng.integers(20, 360, count),
        due=day,
        closed=day,
    )
    tickets = old_tickets(world, loans, lenders)
    place = np.searchsorted(loans, tickets.loan)
    interest = (tickets.amount * world.loans.column("rate", tickets.loan) / 12).astype(np.int64)
    owed = np.bincount(place, tickets.amount + interest, minlength=count).astype(np.int64)
    ahead = day * DAY + 9 * HOUR - rng.integers(0, 60 * HOUR, count)
    world.pay(borrowers, platform.collect, owed, np.maximum(ahead, 0), "还款", loan=loans)
    at = day[place] * DAY + rng.integers(9 * HOUR, 21 * HOUR, len(place))
    pay_tickets(world, platform.collect, tickets, interest, tickets.amount, at)
    world.resembles("self_guarantee", "paid_ahead", platform.collect, institution=platform.party)


KINDS = (guarantor_recovers, borrowers_pay_ahead)
