"""Innocent platforms that resemble excess returns: capped marketing, early repayment."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy
from simulator.lending import (
    draw_borrowers,
    draw_lenders,
    earn,
    lend,
    record,
    run_honest,
    use_proceeds,
)
from simulator.people import send_later
from simulator.platforms import found_platform
from simulator.stage import Stage
from simulator.tickets import old_loans, old_tickets, pay_tickets, tickets_since
from simulator.workdays import DAY, HOUR
from simulator.world import YUAN


def run_marketing(stage: Stage) -> None:
    """A platform pays new lenders a small capped sum each, once, out of its own funds."""
    world, rng = stage.world, stage.world.rng
    platform = found_platform(world, stage.banks)
    first = world.events.count
    lenders = draw_lenders(world, 90 * world.sizes.crowd)
    borrowers = draw_borrowers(world, max(int(len(lenders) * 0.1), 4))
    median = world.lots(40_000, 400_000)
    use_proceeds(world, lend(world, platform, lenders, borrowers, median_yuan=median))
    tickets = tickets_since(world, first)
    _, once = np.unique(tickets.lender, return_index=True)
    new = tickets.of(once[rng.random(len(once)) < rng.uniform(0.3, 0.9)])
    cap = int(rng.choice([10, 18, 28, 50, 88, 100])) * YUAN
    bonus = np.minimum((new.amount * rng.uniform(0.001, 0.01)).astype(np.int64), cap)
    at = send_later(world, new.at, 0.3, 90)
    texts = world.draw_purposes(("红包", "奖励金", "返利", "补贴", ""))
    text = rng.choice(texts, len(bonus))
    sent = world.pay(np.full(len(bonus), platform.own), new.lender, bonus, at, text)
    borrower = world.loans.column("borrower", new.loan).astype(np.int64)
    record(world, "subsidy", new.loan, world.owner(new.lender), borrower, bonus, sent)
    world.resembles("excess_return", "capped_marketing", platform.own, institution=platform.party)


def repay_early(stage: Stage) -> None:
    """Borrowers of a platform repay long before the due date, and pay a penalty to the lenders."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    lenders = run_honest(world, platform, share=float(rng.uniform(0.1, 0.8)))
    count = int(world.lots(8, 60))
    borrowers = draw_borrowers(world, count)
    earn(world, borrowers)
    rate = rng.uniform(0.08, 0.2, count)
    day = period.working_day(rng.integers(0, period.days, count))
    loan = old_loans(
        world,
        platform,
        borrowers,
        principal=heavy(rng, count, world.lots(40_000, 400_000), 0.7),
        rate=rate,
        published=-rng.integers(10, 60, count),
        due=period.days + rng.integers(60, 300, count),
        closed=day,
    )
    held = day - world.loans.column("published", loan)
    principal = world.loans.column("principal", loan).astype(np.int64)
    earned = rate * held / 365 + rng.uniform(0.005, 0.03, count)
    interest = (principal * earned).astype(np.int64)
    at = day * DAY + rng.integers(8 * HOUR, 14 * HOUR, count)
    tickets = old_tickets(world, loan, lenders)
    place = np.searchsorted(loan, tickets.loan)
    world.pay(borrowers, platform.collect, principal + interest, at, "还款", loan=loan)
    due = (tickets.amount * earned[place]).astype(np.int64)
    later = at[place] + rng.integers(HOUR // 2, 6 * HOUR, len(due))
    pay_tickets(world, platform.collect, tickets, due, tickets.amount, later)
    world.resembles(
        "excess_return", "early_repayment", platform.collect, institution=platform.party
    )


KINDS = (run_marketing, repay_early)
