"""Innocent borrowers that resemble broken caps: those who repay in turn, and namesakes."""

from __future__ import annotations

import numpy as np

from simulator.amounts import split
from simulator.companies import found_companies
from simulator.lending import earn, run_honest
from simulator.platforms import found_platform
from simulator.stage import Stage
from simulator.tickets import old_loans
from simulator.workdays import DAY, HOUR
from simulator.world import YUAN


def borrow_in_turn(stage: Stage) -> None:
    """A borrower repays each loan before he takes the next: the sum is large, what he owes is
    not."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    run_honest(world, platform, share=float(rng.uniform(0.1, 0.7)))
    firm = rng.random() < 0.4
    account = found_companies(world, stage.banks, 1) if firm else world.claim("persons", 1)
    count = int(rng.integers(3, 12))
    each = int((1_000_000 if firm else 200_000) * rng.uniform(0.3, 0.95)) * YUAN
    edge = np.sort(rng.integers(-120, period.days, count + 1))
    borrower = np.repeat(account, count)
    loans = old_loans(
        world,
        platform,
        borrower,
        principal=np.full(count, each),
        rate=rng.uniform(0.08, 0.2, count),
        published=edge[:-1],
        due=np.maximum(edge[1:], edge[:-1] + 1),
        closed=np.where(edge[1:] < 0, 0, np.maximum(edge[1:] - 1, 0)),
    )
    principal = world.loans.column("principal", loans).astype(np.int64)
    earn(world, account)
    at = edge[:-1] * DAY + 10 * HOUR
    custody = np.full(count, platform.collect)
    world.pay(custody, borrower, principal, at, "放款", loan=loans)
    back = np.maximum(edge[1:] - 1, 0) * DAY + 9 * HOUR
    open_still = edge[1:] >= 0
    world.pay(
        borrower[open_still],
        platform.collect,
        principal[open_still],
        back[open_still],
        "还款",
        loan=loans[open_still],
    )
    world.resembles("borrower_cap", "repaid_in_turn", int(account[0]), institution=platform.party)


def borrow_below(stage: Stage) -> None:
    """Borrowers who only bear the same name, each below the cap, together beyond it."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    run_honest(world, platform, share=float(rng.uniform(0.1, 0.7)))
    people = world.claim("persons", int(rng.integers(2, 7)))
    parties = world.owner(people)
    world.parties.column("name")[parties] = world.parties.column("name")[parties[0]]
    earn(world, people)
    _, owed = split(
        rng, np.array([int(len(people) * 200_000 * YUAN * 0.6)]), np.array([len(people)])
    )
    old_loans(
        world,
        platform,
        people,
        principal=np.minimum(owed, int(190_000 * YUAN)),
        rate=rng.uniform(0.08, 0.2, len(people)),
        published=-rng.integers(2, 200, len(people)),
        due=period.days + rng.integers(20, 300, len(people)),
    )
    first = int(people[0])
    world.resembles("borrower_cap", "namesakes", first, institution=platform.party)


KINDS = (borrow_in_turn, borrow_below)
