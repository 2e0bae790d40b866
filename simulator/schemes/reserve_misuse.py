"""R1 reserve misuse: a payment firm's circle uses the money that belongs to the firm's clients."""

from __future__ import annotations

import numpy as np

from simulator.amounts import split
from simulator.circles import receivers
from simulator.lookalikes import reserve_misuse as lookalikes
from simulator.payments import PaymentFirm
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, HOUR
from simulator.world import YUAN, World

VARIANTS = ("small_repeated", "one_large", "month_end_top_up", "sham_merchant", "rolling_refill")


def add_reserve_misuse(stage: Stage, variant: str) -> None:
    """Take money out of a reserve; the ledger then owes clients more than the bank holds."""
    world, firm = stage.world, stage.found_payment_firm()
    rng, period = world.rng, world.period
    number, scheme = world.begin_scheme("reserve_misuse", variant, firm.party)
    total = int(world.lots(300_000, 40_000_000)) * YUAN
    count = 1 if variant == "one_large" else int(world.lots(3, 24))
    if variant == "one_large":
        count = int(rng.integers(1, 4))
    _, amount = split(rng, np.array([total]), np.array([count]))
    latest = max(int(period.days * (0.5 if variant == "one_large" else 0.85)), 1)
    day = period.working_day(rng.integers(0, latest, count))
    to = receivers(world, firm.circle, int(rng.integers(1, 5)))
    at = period.at(rng, day, str(rng.choice(["business", "evening", "retail"])))
    texts = world.draw_purposes(("结算款", "往来款", "服务费", "手续费", "退款", ""))
    if variant == "sham_merchant":
        to = firm.circle.sisters[: max(1, len(firm.circle.sisters) // 2)]
    taken = world.pay(
        firm.reserve, rng.choice(to, count), amount, at, rng.choice(texts, count), scheme=number
    )
    change = np.bincount(day[taken >= 0], amount[taken >= 0], minlength=period.days).astype(
        np.int64
    )
    if variant == "rolling_refill":
        change = refill(world, firm, number, change, to)
    elif variant == "month_end_top_up" or rng.random() < 0.2:
        change = top_up(world, firm, number, change, to)
    before = int(total * rng.uniform(0, 0.5)) if rng.random() < 0.5 else 0
    hole = np.maximum(np.cumsum(change) + before, 0)
    scheme.stake_fen = int(hole.max())
    firm.book.shortfall[:] += hole
    firm.book.hidden_share = float(rng.choice([0.0, 0.0, rng.uniform(0.2, 0.75)]))
    age_items(
        firm.book.aged,
        (firm.book.shortfall * (1 - firm.book.hidden_share)).astype(np.int64),
        before,
    )
    scheme.parties = [(firm.party, "organiser")]
    scheme.parties += [(int(party), "beneficiary") for party in np.unique(world.owner(to))]
    scheme.accounts = [firm.reserve]


def refill(world: World, firm: PaymentFirm, number: int, change: Ints, to: Ints) -> Ints:
    """Fill each hole again days later, in one to four parts, so that no month's end shows it."""
    rng, period = world.rng, world.period
    change = change.copy()
    for day in np.flatnonzero(change > 0).tolist():
        ends = [end for end in range(day + 1, period.days) if period.date(end + 1).day == 1]
        latest = min([*ends, day + 12])
        back = int(change[day] * rng.uniform(0.75, 1.0))
        _, parts = split(rng, np.array([back]), rng.integers(1, 5, 1))
        on = rng.integers(min(day + 2, latest), latest + 1, len(parts))
        at = period.at(rng, on, str(rng.choice(["business", "evening"])))
        texts = world.draw_purposes(("往来款", "还款", "货款", "充值", ""))
        payer, text = rng.choice(to, len(parts)), rng.choice(texts, len(parts))
        sent = world.pay(payer, firm.reserve, parts, at, text, scheme=number)
        came = sent >= 0
        filled = np.bincount(on[came], parts[came], minlength=period.days)
        change -= filled.astype(np.int64)
    return change


def top_up(world: World, firm: PaymentFirm, number: int, change: Ints, to: Ints) -> Ints:
    """Fill the hole for the last days of each month, and take the money out again after it."""
    rng, period = world.rng, world.period
    ends = [day for day in range(period.days) if period.date(day + 1).day == 1]
    change = change.copy()
    for end in ends:
        hole = int(np.cumsum(change)[end])
        if hole <= 0:
            continue
        filled = int(hole * rng.uniform(0.7, 1.0))
        day = max(end - int(rng.integers(0, 3)), 0)
        at = day * DAY + int(rng.integers(9 * HOUR, 19 * HOUR))
        world.pay(int(rng.choice(to)), firm.reserve, filled, at, "往来款", scheme=number)
        change[day] -= filled
        out = end + int(rng.integers(1, 4))
        if out < period.days:
            world.pay(
                firm.reserve,
                int(rng.choice(to)),
                filled,
                out * DAY + int(rng.integers(9 * HOUR, 17 * HOUR)),
                "往来款",
                scheme=number,
            )
            change[out] += filled
    # The money lent for the month's end before the period leaves in its first days.
    if period.days > 3 and period.month_day[0] <= 3:
        lent = int(abs(change).max() * rng.uniform(0.3, 0.9)) + 10_000 * YUAN
        day = int(period.working_day(rng.integers(0, 3, 1))[0])
        world.pay(
            firm.reserve,
            int(rng.choice(to)),
            lent,
            day * DAY + int(rng.integers(9 * HOUR, 17 * HOUR)),
            "往来款",
            scheme=number,
        )
        change[day] += lent
    return change


def age_items(aged: Ints, open_items: Ints, before: int) -> None:
    """Spread what is missing over the three age bands, by how long it has been missing."""
    for day in range(len(open_items)):
        six = open_items[day - 6] if day >= 6 else min(before, int(open_items[day]))
        eleven = open_items[day - 11] if day >= 11 else min(before, int(open_items[day]))
        old = min(int(eleven), int(open_items[day]))
        middle = max(min(int(six), int(open_items[day])) - old, 0)
        aged[2, day], aged[1, day] = old, middle
        aged[0, day] = int(open_items[day]) - old - middle


TYPOLOGY = Typology("reserve_misuse", VARIANTS, add_reserve_misuse, lookalikes.KINDS)
