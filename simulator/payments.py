"""Payment firms: a reserve account for clients' money, merchants settled the next working day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy
from simulator.banks import Banks, open_accounts
from simulator.circles import Circle
from simulator.platforms import found_platform
from simulator.rows import Array, Ints
from simulator.workdays import DAY, HOUR
from simulator.world import CHANNEL, YUAN, ReserveBook, World


@dataclass(frozen=True)
class PaymentFirm:
    """A payment firm: its party, circle, reserve account, own account and merchants."""

    party: int
    circle: Circle
    reserve: int
    own: int
    merchants: Ints
    fee_rate: float
    book: ReserveBook


def found_payment_firm(world: World, banks: Banks, merchants: Ints) -> PaymentFirm:
    """Found a licensed payment firm with one reserve account and its merchants."""
    rng, days = world.rng, world.period.days
    firm = found_platform(world, banks, custody=False, kind="payment_institution")
    reserve = int(
        open_accounts(
            world,
            banks,
            np.array([firm.party]),
            role="client_reserve",
            institution=firm.party,
            inside=True,
            daily=True,
            extra=int(world.lots(400_000, 20_000_000)) * YUAN,
        )[0]
    )
    zero = np.zeros(days, dtype=np.int64)
    interest = np.cumsum(rng.integers(2_000, 60_000, days))
    placed = np.full(days, int(rng.integers(0, 4)) * 10_000_000)
    book = ReserveBook(
        firm.party,
        reserve,
        zero.copy(),
        interest,
        placed,
        zero.copy(),
        zero.copy(),
        np.zeros((3, days), dtype=np.int64),
    )
    world.reserves.append(book)
    shops = rng.choice(merchants, size=int(rng.integers(12, 50)), replace=False)
    return PaymentFirm(
        firm.party, firm.circle, reserve, firm.own, shops, float(rng.uniform(0.003, 0.008)), book
    )


def settle_merchants(world: World, firms: list[PaymentFirm]) -> None:
    """Pay each firm's merchants what came in until the day before, and carry fees over.

    Reads the transfers added so far: it comes after everything that fills the reserve accounts.
    """
    period = world.period
    payee, amount = world.transfers.column("payee"), world.transfers.column("amount")
    day_of = world.transfers.column("time") // DAY
    scheme, payer = world.transfers.column("scheme"), world.transfers.column("payer")
    for firm in firms:
        own = np.isin(payer, [firm.own, *firm.circle.sisters.tolist()])
        came = np.flatnonzero((payee == firm.reserve) & (scheme < 0) & ~own)
        inflow = np.bincount(day_of[came], amount[came], minlength=period.days).astype(np.int64)
        fee = (inflow * firm.fee_rate).astype(np.int64)
        pay_merchants(world, firm, inflow - fee)
        carry_fees(world, firm, fee)
        shown_in_transit(world, firm, inflow)


def pay_merchants(world: World, firm: PaymentFirm, due: Ints) -> None:
    """Settle a day's receipts with the merchants on the next working day."""
    rng, period = world.rng, world.period
    weight = rng.dirichlet(np.full(len(firm.merchants), 0.7))
    waiting = np.zeros(len(firm.merchants), dtype=np.int64)
    for day in range(period.days):
        if period.working[day] and waiting.any():
            paid = waiting >= rng.integers(0, 5_000_00)
            time = day * DAY + 9 * HOUR + rng.integers(0, 3 * HOUR, len(waiting))
            world.pay(
                firm.reserve,
                firm.merchants[paid],
                waiting[paid],
                time[paid],
                "结算款",
                channel=CHANNEL["unionpay"],
            )
            waiting = np.where(paid, 0, waiting)
        waiting = waiting + (due[day] * weight).astype(np.int64)


def carry_fees(world: World, firm: PaymentFirm, fee: Ints) -> None:
    """Carry the fees that were earned over to own funds, weekly or monthly, as approved."""
    rng, period = world.rng, world.period
    every = int(rng.choice([7, 15, 30]))
    offset = int(rng.integers(every))
    held = int(rng.integers(0, 3_000_000))
    for day in range(period.days):
        held += int(fee[day])
        if day % every == offset and period.working[day] and held > 0:
            world.pay(
                firm.reserve,
                firm.own,
                held,
                day * DAY + int(rng.integers(10, 16)) * HOUR + int(rng.integers(HOUR)),
                "手续费",
            )
            held = 0
        firm.book.fee_uncarried[day] = held


def shown_in_transit(world: World, firm: PaymentFirm, inflow: Ints) -> None:
    """What the firm has booked and the bank not yet: some of each evening, more on free days."""
    share = world.rng.uniform(0.0, 0.25, world.period.days)
    share = np.where(world.period.working, share, np.minimum(share * 2.5, 0.6))
    firm.book.in_transit[:] += (inflow * share).astype(np.int64)


def reserve_rows(world: World, book: ReserveBook, closing: Ints) -> dict[str, Array]:
    """The reserve ledger's columns for each day, reconciled with the bank's closing balances.

    The shortfall raises what clients are owed above the reconciled balance; what the firm hides
    of it stands among the items in transit instead.
    """
    rng = world.rng
    hidden = (book.shortfall * book.hidden_share).astype(np.int64)
    firm_in = book.in_transit + hidden
    zero = np.zeros(len(closing), dtype=np.int64)
    late = np.where(rng.random(len(closing)) < 0.3, heavy(rng, len(closing), 3000, 1.0), 0)
    trial = closing - book.interest_uncarried - book.own_placed - book.fee_uncarried
    trial = trial + firm_in - late
    owed = trial + book.shortfall - hidden
    opening = np.concatenate([owed[:1] - heavy(rng, 1, 20_000, 1.0), owed[:-1]])
    moved = owed - opening
    debit = heavy(rng, len(closing), 100_000, 0.6) + np.maximum(-moved, 0)
    return {
        "ledger_date": world.period.epoch_day + np.arange(len(closing)),
        "client_opening_fen": opening,
        "client_credit_fen": moved + debit,
        "client_debit_fen": debit,
        "client_closing_fen": owed,
        "bank_closing_fen": closing,
        "interest_uncarried_fen": book.interest_uncarried,
        "own_funds_placed_fen": book.own_placed,
        "fee_uncarried_fen": book.fee_uncarried,
        "firm_in_bank_not_fen": firm_in,
        "firm_out_bank_not_fen": zero,
        "bank_in_firm_not_fen": late,
        "bank_out_firm_not_fen": zero,
        "unexplained_le5_fen": book.aged[0],
        "unexplained_6_10_fen": book.aged[1],
        "unexplained_ge11_fen": book.aged[2],
        "reported_difference_fen": owed - trial,
    }
