"""Innocent lenders that resemble own lending: a licensed small-loan firm, lenders who sell on."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, split
from simulator.companies import found_institution
from simulator.lending import draw_borrowers, run_honest
from simulator.people import devices, send_later, to_whole_yuan
from simulator.platforms import found_platform
from simulator.stage import Stage
from simulator.tickets import old_loans, old_tickets
from simulator.workdays import HOUR
from simulator.world import EVENT


def run_small_loan_firm(stage: Stage) -> None:
    """A licensed small-loan firm lends its own capital, is repaid, and sells claims to two banks
    or firms like itself."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    _, own = found_institution(world, stage.banks, "small_loan_company")
    count = int(world.lots(3, 45))
    borrowers = draw_borrowers(world, count)
    principal = to_whole_yuan(heavy(rng, count, world.lots(30_000, 400_000), 0.8), 1000)
    day = period.working_day(rng.integers(0, max(int(period.days * 0.7), 1), count))
    at = period.at(rng, day, "business")
    text = rng.choice(world.draw_purposes(("放款", "借款", "转账", "往来款")), count)
    world.pay(np.full(count, own), borrowers, principal, at, text)
    owner, part = split(rng, principal, rng.integers(1, 5, count))
    repaid = rng.random(len(part)) < 0.6
    later = send_later(world, at[owner], 100, 700)[repaid]
    world.pay(borrowers[owner][repaid], own, part[repaid], later, "还款")
    sold = rng.random(count) < 0.3
    peer = rng.choice(world.pools["buyers"], int(rng.integers(1, 3)))
    at_sale = send_later(world, at[sold], 24, 480)
    price = (principal[sold] * rng.uniform(0.95, 1.02, int(sold.sum()))).astype(np.int64)
    world.pay(rng.choice(peer, int(sold.sum())), own, price, at_sale, "债权转让款")
    world.resembles("own_lending", "small_loan_firm", own)


def lender_sells_on(stage: Stage) -> None:
    """A large lender of the public sells claims that he bought before the period to other lenders,
    who pay him; he never paid the borrower, and no register ties him to the platform."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    lenders = run_honest(world, platform, share=float(rng.uniform(0.1, 0.8)))
    seller = int(lenders[0])
    count = int(world.lots(3, 45))
    borrowers = draw_borrowers(world, count)
    loans = old_loans(
        world,
        platform,
        borrowers,
        principal=heavy(rng, count, world.lots(30_000, 400_000), 0.8),
        rate=rng.uniform(0.08, 0.2, count),
        published=-rng.integers(2, 200, count),
        due=period.days + rng.integers(20, 300, count),
    )
    tickets = old_tickets(world, loans, lenders[1:])
    size = len(tickets.at)
    at = period.at(rng, rng.choice(period.days, size=size, p=period.retail_weight), "retail")
    at = at + rng.integers(0, HOUR, size)
    device = devices(world, tickets.lender)
    text = rng.choice(world.draw_purposes(("债权转让款", "投资款", "转账", "")), size)
    payee = np.full(size, seller)
    bought = world.pay(
        tickets.lender, payee, tickets.amount, at, text, loan=tickets.loan, device=device
    )
    came = bought >= 0
    world.events.add(
        int(came.sum()),
        loan=tickets.loan[came],
        kind=EVENT["assign"],
        party=world.owner(payee[came]),
        counterparty=world.owner(tickets.lender[came]),
        amount=tickets.amount[came],
        transfer=bought[came],
    )
    world.resembles("own_lending", "large_lender", seller, institution=platform.party)


KINDS = (run_small_loan_firm, lender_sells_on)
