"""Lenders' tickets in loans: who put how much into which loan, and what they are paid on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import split
from simulator.lending import LOAN_PURPOSES, record, within_caps
from simulator.people import to_whole_yuan
from simulator.platforms import Platform
from simulator.purposes import PURPOSE
from simulator.rows import Array, Ints
from simulator.world import EVENT, World


@dataclass(frozen=True)
class Tickets:
    """One row a ticket: the loan, the lender's account, the sum and when it was paid in."""

    loan: Ints
    lender: Ints
    amount: Ints
    at: Ints

    def of(self, chosen: Array) -> Tickets:
        """Only the chosen tickets."""
        return Tickets(self.loan[chosen], self.lender[chosen], self.amount[chosen], self.at[chosen])


def tickets_since(world: World, first_event: int) -> Tickets:
    """The tickets that were paid in since an event's number, with a transfer each."""
    transfer = world.events.since("transfer", first_event)
    mine = (world.events.since("kind", first_event) == EVENT["invest"]) & (transfer >= 0)
    paid = transfer[mine]
    oldest = int(paid.min()) if len(paid) else world.transfers.count
    return Tickets(
        world.events.since("loan", first_event)[mine].astype(np.int64),
        world.transfers.since("payer", oldest)[paid - oldest].astype(np.int64),
        world.events.since("amount", first_event)[mine].astype(np.int64),
        world.transfers.since("time", oldest)[paid - oldest].astype(np.int64),
    )


def old_tickets(world: World, loan: Ints, lenders: Ints) -> Tickets:
    """Tickets of loans that were raised before the period; they add up to each principal."""
    rng = world.rng
    principal = world.loans.column("principal", loan).astype(np.int64)
    parts = np.clip((8 * rng.lognormal(0.0, 0.7, len(loan))).astype(np.int64), 2, len(lenders))
    which, amount = split(rng, principal, parts)
    published = world.loans.column("published", loan).astype(np.int64)
    at = world.period.at(rng, published[which] + 1, "retail")
    return Tickets(loan[which], rng.choice(lenders, len(which)), amount, at)


def pay_tickets(
    world: World,
    payer: Ints | int,
    tickets: Tickets,
    interest: Ints,
    principal: Ints,
    at: Ints,
    scheme: int = -1,
) -> Ints:
    """Pay lenders interest and principal on their tickets, with the events; returns transfers."""
    whole = interest + principal
    text = np.where(principal > 0, PURPOSE["本息"], PURPOSE["利息"])
    sent = world.pay(payer, tickets.lender, whole, at, text, loan=tickets.loan, scheme=scheme)
    party = world.owner(tickets.lender)
    borrower = world.loans.column("borrower", tickets.loan).astype(np.int64)
    record(world, "repay_principal", tickets.loan, party, borrower, principal, sent)
    record(world, "repay_interest", tickets.loan, party, borrower, interest, sent)
    return sent


def old_loans(
    world: World,
    platform: Platform,
    borrowers: Ints,
    *,
    principal: Ints,
    rate: Array,
    published: Ints,
    due: Ints,
    closed: Ints | int = -1,
    guarantor: Ints | int = -1,
    collateral: Ints | int = -1,
) -> Ints:
    """Loans whose raising is not simulated, most from before the period; returns their rows."""
    return world.loans.add(
        len(borrowers),
        institution=platform.party,
        borrower=world.owner(borrowers),
        principal=to_whole_yuan(within_caps(world, borrowers, principal), 100),
        rate=np.round(rate, 4),
        published=published,
        due=due,
        account=borrowers,
        raised=np.where(published < 0, -1000, published),
        closed=closed,
        guarantor=guarantor,
        collateral=collateral,
        purpose=world.rng.choice(world.draw_purposes(LOAN_PURPOSES), len(borrowers)),
    )
