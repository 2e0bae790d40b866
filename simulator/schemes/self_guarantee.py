"""P5 self-guarantee: what borrowers do not pay when it falls due, the circle pays."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, split
from simulator.banks import open_accounts
from simulator.circles import tie
from simulator.lending import draw_borrowers, record, run_honest
from simulator.lookalikes import self_guarantee as lookalikes
from simulator.platforms import Platform, found_platform
from simulator.rows import Array, Ints
from simulator.stage import Stage, Typology
from simulator.tickets import Tickets, old_loans, old_tickets, pay_tickets
from simulator.workdays import DAY, HOUR
from simulator.world import World

VARIANTS = (
    "own_account",
    "risk_reserve",
    "nominee_guarantor",
    "through_custody",
    "relative_pays",
)
TEXTS = ("代偿款", "本息", "回款", "还款", "往来款", "")


def add_self_guarantee(stage: Stage, variant: str) -> None:
    """Let loans go unpaid, and let somebody of the circle pay the lenders in time."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks, custody=bool(rng.random() < 0.85))
    number, scheme = world.begin_scheme("self_guarantee", variant, platform.party)
    lenders = run_honest(world, platform, share=float(rng.uniform(0.15, 0.9)))
    source = choose_payer(stage, platform, variant)
    holder = int(world.owner(np.array([source]))[0])
    count = int(world.lots(3, 40))
    borrowers = draw_borrowers(world, count)
    day = period.working_day(rng.integers(0, period.days, count))
    guaranteed = variant == "nominee_guarantor" or rng.random() < 0.25
    loans = old_loans(
        world,
        platform,
        borrowers,
        principal=heavy(rng, count, world.lots(30_000, 500_000), 0.8),
        rate=rng.uniform(0.08, 0.2, count),
        published=-rng.integers(20, 360, count),
        due=day,
        closed=day,
        guarantor=holder if guaranteed else -1,
    )
    tickets = old_tickets(world, loans, lenders)
    total = pay_for_borrowers(world, platform, variant, source, tickets, loans, day, number)
    some_pay_late(world, platform, borrowers, loans, day)
    scheme.parties = [(platform.party, "organiser")]
    if holder != platform.party:
        firm = world.parties.column("kind")[holder] == 1
        scheme.parties.append((holder, "shell" if firm else "nominee"))
    scheme.accounts = [source]
    scheme.records = [("loan", int(row)) for row in loans]
    scheme.stake_fen = total


def choose_payer(stage: Stage, platform: Platform, variant: str) -> int:
    """The account that pays: own, a reserve for risks, a guarantor of the circle, or a relative."""
    world, rng, circle = stage.world, stage.world.rng, platform.circle
    if variant == "own_account":
        return platform.own
    if variant == "risk_reserve":
        return risk_reserve(stage, platform)
    if variant == "relative_pays":
        return int(rng.choice(np.append(circle.kin, circle.controller)))
    if variant == "through_custody":
        return int(rng.choice(np.append(circle.sisters, circle.holding)))
    guarantor = int(rng.choice(circle.sisters))
    if rng.random() < 0.5:
        party = int(world.owner(np.array([guarantor]))[0])
        tie(world, party, platform.party, "guarantees")
    return guarantor


def risk_reserve(stage: Stage, platform: Platform) -> int:
    """An account of the platform that a part of each fee fills, said to be there for bad loans."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    account = int(
        open_accounts(
            world,
            stage.banks,
            np.array([platform.party]),
            role=str(rng.choice(["own_funds", "ordinary", "guarantor"])),
            institution=platform.party,
            inside=True,
            daily=True,
        )[0]
    )
    count = int(rng.integers(3, 15))
    at = period.at(rng, rng.choice(period.days, size=count, p=period.business_weight), "business")
    filled = heavy(rng, count, world.lots(3_000, 60_000), 0.7)
    text = rng.choice(world.draw_purposes(("保证金", "担保费", "服务费", "往来款")), count)
    world.pay(platform.own, account, filled, at, text)
    return account


def pay_for_borrowers(
    world: World,
    platform: Platform,
    variant: str,
    source: int,
    tickets: Tickets,
    loans: Ints,
    day: Ints,
    number: int,
) -> int:
    """Pay all lenders of each loan on its due date or the day after; returns the sum paid."""
    rng = world.rng
    place = np.searchsorted(loans, tickets.loan)
    rate = world.loans.column("rate", tickets.loan)
    months = rng.choice([1, 1, 3, 6], len(loans))
    interest = (tickets.amount * rate * months[place] / 12).astype(np.int64)
    late = (rng.random(len(loans)) < 0.2).astype(np.int64)
    at = (day + late)[place] * DAY + rng.integers(9 * HOUR, 21 * HOUR, len(place))
    whole = tickets.amount + interest
    if variant == "through_custody":
        needed = np.bincount(place, whole, minlength=len(loans)).astype(np.int64)
        earliest = (day + late) * DAY + rng.integers(-20 * HOUR, 9 * HOUR, len(loans))
        owner, part = split(rng, needed, rng.integers(1, 4, len(loans)))
        payer = np.full(len(part), source)
        text = rng.choice(world.draw_purposes(TEXTS), len(part))
        when = np.maximum(earliest[owner], 0)
        world.pay(payer, platform.collect, part, when, text, loan=loans[owner], scheme=number)
        sent = pay_tickets(world, platform.collect, tickets, interest, tickets.amount, at, number)
    else:
        text = rng.choice(world.draw_purposes(TEXTS), len(place))
        payer = np.full(len(place), source)
        named = np.where(rng.random(len(loans))[place] < 0.7, tickets.loan, -1)
        sent = world.pay(payer, tickets.lender, whole, at, text, loan=named, scheme=number)
        note_payments(world, tickets, source, interest, sent, compensated=rng.random() < 0.6)
    return int(whole[sent >= 0].sum())


def note_payments(
    world: World, tickets: Tickets, source: int, interest: Ints, sent: Ints, *, compensated: bool
) -> None:
    """The platform's books say that a guarantor compensated, or that the borrower repaid."""
    lender = world.owner(tickets.lender)
    if compensated:
        payer = np.full(len(lender), int(world.owner(np.array([source]))[0]))
        record(world, "compensate", tickets.loan, payer, lender, tickets.amount + interest, sent)
        return
    borrower = world.loans.column("borrower", tickets.loan).astype(np.int64)
    record(world, "repay_principal", tickets.loan, lender, borrower, tickets.amount, sent)
    record(world, "repay_interest", tickets.loan, lender, borrower, interest, sent)


def some_pay_late(
    world: World, platform: Platform, borrowers: Ints, loans: Ints, day: Array
) -> None:
    """A few borrowers bring a small part of it weeks later, to the platform itself."""
    rng = world.rng
    pays = rng.random(len(loans)) < 0.15
    principal = world.loans.column("principal", loans)[pays].astype(np.int64)
    part = (principal * rng.uniform(0.02, 0.3, len(principal))).astype(np.int64)
    at = day[pays] * DAY + rng.integers(5 * DAY, 25 * DAY, len(principal))
    world.pay(borrowers[pays], platform.own, part, at, "还款", loan=loans[pays])


TYPOLOGY = Typology("self_guarantee", VARIANTS, add_self_guarantee, lookalikes.KINDS)
