"""P6 maturity mismatch: short money in long loans, redeemed out of what new lenders pay in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy
from simulator.banks import open_accounts
from simulator.lending import (
    draw_borrowers,
    draw_lenders,
    earn,
    record,
    run_honest,
)
from simulator.lookalikes import maturity_mismatch as lookalikes
from simulator.people import devices
from simulator.platforms import Platform, found_platform
from simulator.products import issue
from simulator.purposes import PURPOSE
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.tickets import Tickets, old_loans, old_tickets
from simulator.workdays import DAY, HOUR
from simulator.world import EVENT, Scheme, World

VARIANTS = (
    "revolving_terms",
    "automatic_assignment",
    "redeemed_on_demand",
    "bought_back",
    "untold_assignments",
)


@dataclass(frozen=True)
class Desk:
    """How one platform turns tickets over: the accounts that take in and that pay out, whether
    payments and events name the loan, and whether a change of lender is recorded."""

    platform: Platform
    number: int
    takes: int
    pays: int
    named: bool
    recorded: bool


def add_maturity_mismatch(stage: Stage, variant: str) -> None:
    """Sell long loans in short pieces; each redemption is met by the next lender's money."""
    world, rng = stage.world, stage.world.rng
    platform = found_platform(world, stage.banks, custody=bool(rng.random() < 0.85))
    number, scheme = world.begin_scheme("maturity_mismatch", variant, platform.party)
    scheme.parties = [(platform.party, "organiser")]
    run_honest(world, platform, share=float(rng.uniform(0.1, 0.7)))
    loans = long_loans(world, platform)
    lenders = draw_lenders(world, 110 * world.sizes.crowd)
    tickets = old_tickets(world, loans, lenders)
    desk = open_desk(stage, platform, number, variant, scheme)
    term = int(rng.choice([3, 5, 7, 10, 14, 15, 30]))
    if variant == "automatic_assignment":
        yearly = round(float(rng.uniform(0.05, 0.13)), 3)
        issue(
            world,
            platform.party,
            str(rng.choice(["public", "private"])),
            term=term,
            rate=yearly,
            account=desk.takes,
        )
    due = first_redemptions(world, tickets, term, on_demand=variant == "redeemed_on_demand")
    rate = float(rng.uniform(0.05, 0.15))
    total = 0
    # A piece that was sold on falls due again within the period when the term is short.
    for _ in range(world.period.days // 2 + 1):
        kept = due < world.period.end
        if not kept.any():
            break
        tickets, due = tickets.of(kept), due[kept]
        total += redeem(world, desk, tickets, due, rate)
        tickets = sell_on(world, desk, tickets, due, lenders)
        if variant == "redeemed_on_demand":
            due = tickets.at + (rng.exponential(term, len(tickets.at)) + 1).astype(np.int64) * DAY
        else:
            due = tickets.at + term * DAY + rng.integers(0, 6 * HOUR, len(tickets.at))
    scheme.accounts = sorted({desk.takes, desk.pays})
    scheme.records = [("loan", int(row)) for row in loans]
    scheme.stake_fen = total


def long_loans(world: World, platform: Platform) -> Ints:
    """Loans of months and years; their borrowers pay at most interest within the period."""
    rng, period = world.rng, world.period
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
    monthly = rng.random(count) < rng.uniform(0.0, 0.9)
    principal = world.loans.column("principal", loans)[monthly].astype(np.int64)
    interest = (principal * world.loans.column("rate", loans)[monthly] / 12).astype(np.int64)
    on = period.working_day(rng.integers(0, max(period.days, 30), int(monthly.sum())))
    at = period.at(rng, on, "business")
    world.pay(borrowers[monthly], platform.collect, interest, at, "还款", loan=loans[monthly])
    return loans


def open_desk(stage: Stage, platform: Platform, number: int, variant: str, scheme: Scheme) -> Desk:
    """Choose the accounts: custody, or somebody who buys back and sells again."""
    world, rng = stage.world, stage.world.rng
    named, recorded = variant != "automatic_assignment", variant != "untold_assignments"
    if variant != "bought_back":
        return Desk(platform, number, platform.collect, platform.collect, named, recorded)
    person = platform.circle.staff if rng.random() < 0.5 else platform.circle.kin
    holder = world.owner(rng.choice(person, 1))
    if rng.random() < 0.4:
        holder = world.owner(platform.circle.sisters[:1])
    account = int(open_accounts(world, stage.banks, holder, inside=True, young=0.5)[0])
    scheme.parties.append((int(holder[0]), "nominee"))
    return Desk(platform, number, account, account, named, recorded)


def first_redemptions(world: World, tickets: Tickets, term: int, *, on_demand: bool) -> Ints:
    """When tickets sold before the period fall due; some fall due long after it."""
    rng, count = world.rng, len(tickets.at)
    day = rng.integers(0, term + 1, count) if not on_demand else rng.exponential(term, count)
    day = np.where(rng.random(count) < 0.15, world.period.days + 90, day).astype(np.int64)
    return world.period.at(rng, day, "business")


def redeem(world: World, desk: Desk, tickets: Tickets, due: Ints, rate: float) -> int:
    """Pay the lenders who leave, though no borrower paid; returns the principal redeemed."""
    rng = world.rng
    interest = (tickets.amount * rate * rng.integers(3, 31, len(due)) / 365).astype(np.int64)
    text = rng.choice(world.draw_purposes(("本息", "回款", "提现", "赎回款", "")), len(due))
    sent = world.pay(
        np.full(len(due), desk.pays),
        tickets.lender,
        tickets.amount + interest,
        due,
        text,
        loan=np.where(desk.named, tickets.loan, -1),
        scheme=desk.number,
    )
    if desk.recorded:
        borrower = world.loans.column("borrower", tickets.loan).astype(np.int64)
        party = world.owner(tickets.lender)
        record(world, "repay_principal", tickets.loan, party, borrower, tickets.amount, sent)
        record(world, "repay_interest", tickets.loan, party, borrower, interest, sent)
    return int(tickets.amount[sent >= 0].sum())


def sell_on(world: World, desk: Desk, tickets: Tickets, due: Ints, lenders: Ints) -> Tickets:
    """New lenders take the pieces over within a day of the redemption; a few are left unsold."""
    rng, count = world.rng, len(due)
    sold = rng.random(count) < rng.uniform(0.7, 1.0)
    left = tickets.of(sold)
    shift = rng.uniform(-20, 14, int(sold.sum()))
    at = np.maximum(due[sold] + (shift * HOUR).astype(np.int64), 0)
    new = rng.choice(lenders, int(sold.sum()))
    text = np.where(rng.random(len(new)) < 0.5, PURPOSE["投资款"], PURPOSE["充值"])
    sent = world.pay(
        new,
        np.full(len(new), desk.takes),
        left.amount,
        at,
        text,
        loan=np.where(desk.named, left.loan, -1),
        device=devices(world, new),
        scheme=desk.number,
    )
    came = sent >= 0
    if desk.recorded:
        world.events.add(
            int(came.sum()),
            loan=left.loan[came],
            kind=EVENT["assign"],
            party=world.owner(left.lender[came]),
            counterparty=world.owner(new[came]),
            amount=left.amount[came],
            transfer=sent[came],
        )
    return Tickets(left.loan[came], new[came], left.amount[came], at[came])


TYPOLOGY = Typology("maturity_mismatch", VARIANTS, add_maturity_mismatch, lookalikes.KINDS)
