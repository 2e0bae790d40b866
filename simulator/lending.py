"""Loans of lending platforms: lenders fund them through one account, borrowers repay through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy, rounded, split
from simulator.people import devices, send_later, to_whole_yuan
from simulator.platforms import Platform
from simulator.purposes import PURPOSE
from simulator.rows import Array, Ints
from simulator.workdays import DAY, HOUR, SECOND
from simulator.world import EVENT, PERSON, YUAN, World

LOAN_PURPOSES = ("材料款", "备用金", "借款", "货款", "培训费")


@dataclass(frozen=True)
class Loans:
    """Loans of one platform: row, borrower's account, principal and when and by which transfer
    the borrower got it (-1: not within the period)."""

    row: Ints
    account: Ints
    principal: Ints
    disbursed_at: Ints
    transfer: Ints

    def paid_out(self) -> Loans:
        """Only the loans whose borrower got the money within the period."""
        kept = self.transfer >= 0
        return Loans(
            self.row[kept],
            self.account[kept],
            self.principal[kept],
            self.disbursed_at[kept],
            self.transfer[kept],
        )


def draw_lenders(world: World, median: float) -> Ints:
    """Draw the lenders of one institution; sizes differ by a factor of ten and more."""
    size = int(np.clip(world.lots(median / 2.5, median * 3), 40, len(world.pools["people"]) // 2))
    return world.rng.choice(world.pools["people"], size=size, replace=False)


@dataclass(frozen=True)
class Raised:
    """Loans that lenders funded: row, borrower's account, principal, when each is to be paid out,
    and whether that lies within the period."""

    row: Ints
    account: Ints
    principal: Ints
    paid_at: Ints
    ready: Array


def raise_loans(
    world: World,
    platform: Platform,
    lenders: Ints,
    borrowers: Ints,
    *,
    median_yuan: float,
    latest_share: float = 1.0,
    scheme: int = -1,
) -> Raised:
    """Publish one loan per borrower and raise it from the lenders, into the collecting account.

    The lenders' tickets are whole hundreds of yuan, and add up to the principal. `scheme` marks
    their payments.
    """
    rng, period = world.rng, world.period
    count = len(borrowers)
    tickets = np.clip((8 * rng.lognormal(0.0, 0.7, count)).astype(np.int64), 2, len(lenders))
    asked = heavy(rng, count, median_yuan, 0.8)
    if scheme < 0:
        asked = within_caps(world, borrowers, asked)
    loan, part = split(rng, to_whole_yuan(asked, 1000), tickets)
    part = to_whole_yuan(part, 100)
    principal = np.bincount(loan, part, minlength=count).astype(np.int64)
    start = rng.integers(0, max(int(period.days * latest_share) - 1, 1), count)
    raise_days = rng.integers(1, 4, count)
    term = rng.choice([15, 30, 60, 90, 180, 360], size=count, p=[0.08, 0.2, 0.2, 0.24, 0.2, 0.08])
    paid_on = period.working_day(start + raise_days + rng.integers(0, 2, count))
    ready = start + raise_days < period.days
    paid_at = np.where(ready, period.at(rng, paid_on, "business"), period.end)
    row = world.loans.add(
        count,
        institution=platform.party,
        borrower=world.owner(borrowers),
        principal=principal,
        **draw_security(world, count),
        rate=np.round(rng.uniform(0.08, 0.18, count), 3),
        published=start,
        due=paid_on + term,
        account=borrowers,
        raised=np.where(ready, paid_on, -1),
        purpose=rng.choice(np.array([PURPOSE[text] for text in LOAN_PURPOSES]), count),
    )
    last = np.minimum(paid_at[loan], (start + raise_days)[loan] * DAY + 20 * HOUR) - HOUR
    first = start[loan] * DAY + 8 * HOUR
    time = first + (rng.random(len(loan)) * np.maximum(last - first, SECOND)).astype(np.int64)
    take_in(world, platform, rng.choice(lenders, size=len(loan)), row[loan], part, time, scheme)
    return Raised(row, borrowers, principal, paid_at, ready)


def within_caps(world: World, borrowers: Ints, asked: Ints) -> Ints:
    """What a careful platform lends: less than the most that one borrower may owe it.

    Interim measures for network lending intermediaries of 2016-08-24, article 17: a person 200,000
    yuan, a firm 1,000,000 yuan on one platform.
    """
    person = world.parties.column("kind")[world.owner(borrowers)] == PERSON
    cap = np.where(person, 200_000, 1_000_000) * YUAN
    most = (cap * world.rng.uniform(0.3, 0.98, len(borrowers))).astype(np.int64)
    return np.minimum(asked, most)


def draw_security(world: World, count: int) -> dict[str, Ints]:
    """A licensed guarantor for some loans, and collateral of its own for some."""
    rng = world.rng
    guarantor = world.owner(rng.choice(world.pools["guarantors"], count))
    return {
        "guarantor": np.where(rng.random(count) < 0.3, guarantor, -1),
        "collateral": np.where(rng.random(count) < 0.35, rng.integers(1, 10**11, count), -1),
    }


def take_in(
    world: World,
    platform: Platform,
    lender: Ints,
    loan: Ints,
    part: Ints,
    time: Ints,
    scheme: int,
) -> None:
    """Lenders pay their tickets in; most payments name the loan, and an event names them all."""
    rng = world.rng
    invested = world.pay(
        lender,
        platform.collect,
        part,
        time,
        rng.choice(np.array([PURPOSE["充值"], PURPOSE["投资款"]]), len(loan)),
        loan=np.where(rng.random(len(loan)) < 0.85, loan, -1),
        device=devices(world, lender),
        scheme=scheme,
    )
    borrower = world.loans.column("borrower", loan).astype(np.int64)
    record(world, "invest", loan, world.owner(lender), borrower, part, invested)


def lend(
    world: World,
    platform: Platform,
    lenders: Ints,
    borrowers: Ints,
    *,
    median_yuan: float,
    scheme: int = -1,
    latest_share: float = 1.0,
) -> Loans:
    """Raise one loan per borrower from the lenders, pay it out and take the fee.

    A loan still being raised at the period's end is not paid out. `scheme` marks what is paid out.
    """
    period, count = world.period, len(borrowers)
    raised = raise_loans(
        world, platform, lenders, borrowers, median_yuan=median_yuan, latest_share=latest_share
    )
    row, paid_at, principal = raised.row, raised.paid_at, raised.principal
    fee = (principal * platform.fee_rate).astype(np.int64)
    net = principal - (0 if platform.fee_by_borrower else fee)
    sent = world.pay(platform.collect, borrowers, net, paid_at, "放款", loan=row, scheme=scheme)
    record(
        world, "disburse", row, world.owner(borrowers), np.full(count, platform.party), net, sent
    )
    payer = borrowers if platform.fee_by_borrower else np.full(count, platform.collect)
    fee_at = np.where(raised.ready, send_later(world, paid_at, 0.05, 3), period.end)
    if platform.own != platform.collect or platform.fee_by_borrower:
        paid = world.pay(payer, platform.own, fee, fee_at, "手续费", loan=row)
        record(world, "fee", row, world.owner(borrowers), np.full(count, platform.party), fee, paid)
    return Loans(row, borrowers, net, paid_at, sent)


def repay_old(
    world: World, platform: Platform, lenders: Ints, borrowers: Ints, median: float
) -> None:
    """Older loans pay interest or fall due in the period; lenders are paid the same day."""
    rng, period = world.rng, world.period
    count = len(borrowers)
    principal = to_whole_yuan(within_caps(world, borrowers, heavy(rng, count, median, 0.8)), 1000)
    rate = np.round(rng.uniform(0.08, 0.18, count), 3)
    matures = rng.random(count) < 0.4
    day = period.working_day(rng.integers(0, period.days, count))
    due = np.where(matures, day, period.days + rng.integers(5, 200, count))
    row = world.loans.add(
        count,
        institution=platform.party,
        borrower=world.owner(borrowers),
        principal=principal,
        **draw_security(world, count),
        rate=rate,
        published=-rng.integers(20, 300, count),
        due=due,
        account=borrowers,
        raised=-1000,
        closed=np.where(matures, day, -1),
        purpose=rng.choice(np.array([PURPOSE[text] for text in LOAN_PURPOSES]), count),
    )
    interest = (principal * rate / 12).astype(np.int64)
    time = day * DAY + rng.integers(8 * HOUR, 15 * HOUR, count)
    world.pay(
        borrowers,
        platform.collect,
        interest + np.where(matures, principal, 0),
        time,
        "还款",
        loan=row,
    )
    tickets = np.clip((8 * rng.lognormal(0.0, 0.7, count)).astype(np.int64), 2, len(lenders))
    loan, part = split(rng, interest + np.where(matures, principal, 0), tickets)
    lender = rng.choice(lenders, size=len(loan))
    paid_at = time[loan] + rng.integers(5 * 60 * SECOND, 7 * HOUR, len(loan))
    sent = world.pay(
        platform.collect,
        lender,
        part,
        paid_at,
        np.where(matures[loan], PURPOSE["本息"], PURPOSE["利息"]),
        loan=row[loan],
    )
    whole = interest + np.where(matures, principal, 0)
    of_principal = np.where(matures[loan], part * (principal / whole)[loan], 0).astype(np.int64)
    parties, others = world.owner(lender), world.owner(borrowers)[loan]
    record(world, "repay_principal", row[loan], parties, others, of_principal, sent)
    record(world, "repay_interest", row[loan], parties, others, part - of_principal, sent)


def record(
    world: World, kind: str, loan: Ints, party: Ints, other: Ints, amount: Ints, transfer: Ints
) -> None:
    """Record loan events for the transfers that happened within the period."""
    kept = (transfer >= 0) & (amount > 0)
    world.events.add(
        int(kept.sum()),
        loan=loan[kept],
        kind=EVENT[kind],
        party=party[kept],
        counterparty=other[kept],
        amount=amount[kept],
        transfer=transfer[kept],
    )


def use_proceeds(world: World, loans: Loans) -> None:
    """Honest borrowers spend what they borrowed on several suppliers over the following days."""
    rng = world.rng
    loans = loans.paid_out()
    spent = (loans.principal * rng.uniform(0.4, 1.0, len(loans.row))).astype(np.int64)
    owner, part = split(rng, spent, rng.integers(2, 8, len(loans.row)))
    sellers = world.pick(world.pools["buyers"], len(owner))
    names = np.array([PURPOSE[text] for text in ("货款", "材料款", "服务费", "")])
    world.pay(
        loans.account[owner],
        sellers,
        rounded(rng, part, 0.3),
        send_later(world, loans.disbursed_at[owner], 1, 260),
        rng.choice(names, len(owner)),
    )


def earn(world: World, borrowers: Ints) -> None:
    """Borrowers take money from customers all through the period, so that they can repay."""
    rng, period = world.rng, world.period
    count = len(borrowers) * 3
    day = rng.choice(period.days, size=count, p=period.business_weight)
    world.pay(
        world.pick(world.pools["buyers"], count),
        np.repeat(borrowers, 3),
        heavy(rng, count, 15_000, 1.0),
        period.at(rng, day, "business"),
        "货款",
        plain=True,
    )


def draw_borrowers(world: World, count: int) -> Ints:
    """Draw borrowers, some of them persons and the rest firms of the population."""
    persons = int(count * world.rng.uniform(0.1, 0.6))
    return np.concatenate(
        [
            world.pick(world.pools["people"], persons),
            world.pick(world.pools["buyers"], count - persons),
        ]
    )


def run_honest(world: World, platform: Platform, *, share: float = 1.0) -> Ints:
    """Run a platform's lawful business; returns its lenders."""
    rng = world.rng
    lenders = draw_lenders(world, 110 * world.sizes.crowd)
    count = max(int(len(lenders) * rng.uniform(0.08, 0.2) * share), 3)
    median = world.lots(30_000, 300_000)
    # Nobody borrows twice here, so that nobody owes more than a cap by chance.
    borrowers = rng.permutation(draw_borrowers(world, 2 * count))
    borrowers, old = borrowers[:count], borrowers[count:]
    use_proceeds(world, lend(world, platform, lenders, borrowers, median_yuan=median))
    earn(world, old)
    repay_old(world, platform, lenders, old, median)
    return lenders
