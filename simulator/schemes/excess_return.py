"""Y1 excess return: lenders get more than their loans earn, from others' principal or subsidies."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy
from simulator.circles import receivers
from simulator.lending import (
    draw_borrowers,
    draw_lenders,
    earn,
    lend,
    record,
    run_honest,
    use_proceeds,
)
from simulator.lookalikes import excess_return as lookalikes
from simulator.people import devices, draw_crowd, send_later, to_whole_yuan
from simulator.platforms import Platform, found_platform
from simulator.rows import Ints
from simulator.schemes.fund_pool import repay, take_out
from simulator.stage import Stage, Typology
from simulator.tickets import old_loans, old_tickets, pay_tickets, tickets_since
from simulator.workdays import DAY, HOUR
from simulator.world import Scheme, World

VARIANTS = (
    "old_with_new",
    "short_product",
    "high_coupon",
    "bonus_from_clients",
    "points_bought_back",
)
IN_TEXTS = ("投资款", "充值", "理财", "转账", "")


def add_excess_return(stage: Stage, variant: str) -> None:
    """Run a platform with some real loans whose lenders earn more than those loans bear."""
    world, rng = stage.world, stage.world.rng
    platform = found_platform(world, stage.banks, custody=bool(rng.random() < 0.75))
    number, scheme = world.begin_scheme("excess_return", variant, platform.party)
    scheme.parties = [(platform.party, "organiser")]
    scheme.accounts = [platform.collect]
    lenders = run_honest(world, platform, share=float(rng.uniform(0.1, 0.8)))
    if variant in ("old_with_new", "short_product"):
        pay_old_with_new(world, platform, number, scheme, short=variant == "short_product")
    elif variant == "high_coupon":
        pay_high_coupons(world, platform, lenders, number, scheme)
    else:
        pay_bonus(world, platform, number, scheme, own_name=variant == "bonus_from_clients")


def pay_old_with_new(
    world: World, platform: Platform, number: int, scheme: Scheme, *, short: bool
) -> None:
    """Money comes in for no loan, and about two thirds of it pays off those who came before."""
    rng, period = world.rng, world.period
    people = draw_crowd(world, 55, 480)
    count = int(len(people) * rng.uniform(1.0, 2.5))
    person = np.concatenate([people, rng.choice(people, size=count - len(people))])
    amount = to_whole_yuan(
        heavy(rng, count, world.lots(3_000, 80_000), 0.8), int(rng.choice([100, 1000, 5000]))
    )
    term = int(rng.integers(3, 12))
    day = rng.integers(-term if short else 0, period.days, count)
    at = period.at(rng, day, "retail")
    texts = world.draw_purposes(IN_TEXTS)
    world.pay(
        person,
        platform.collect,
        amount,
        at,
        rng.choice(texts, count),
        scheme=number,
        device=devices(world, person),
    )
    came = at >= 0
    inflow = np.bincount(at[came] // DAY, amount[came], minlength=period.days).astype(np.int64)
    if short:
        yields = rng.uniform(0.0006, 0.0016) * term
        owed = (amount * (1 + yields)).astype(np.int64)
        due = at + term * DAY + rng.integers(0, 8 * HOUR, count)
        out = world.draw_purposes(("本息", "回款", "提现", "转账", ""))
        payer = np.full(count, platform.collect)
        world.pay(payer, person, owed, due, rng.choice(out, count), scheme=number)
    else:
        ratio = float(np.clip(rng.normal(0.66, 0.05), 0.5, 0.85))
        repay(world, number, np.array([platform.collect]), people, inflow, ratio)
        ends = take_out(
            world, number, platform, np.array([platform.collect]), inflow, nightly=False
        )
        scheme.parties += [(int(party), "beneficiary") for party in np.unique(world.owner(ends))]
    scheme.stake_fen = int(amount[came].sum())


def pay_high_coupons(
    world: World, platform: Platform, lenders: Ints, number: int, scheme: Scheme
) -> None:
    """Borrowers pay one rate and lenders get a far higher one; someone fills the gap each time."""
    rng, period = world.rng, world.period
    count = int(world.lots(8, 60))
    borrowers = draw_borrowers(world, count)
    earn(world, borrowers)
    paid = rng.uniform(0.05, 0.16, count)
    got = paid + np.clip(rng.normal(rng.uniform(0.14, 0.5), 0.05, count), 0.06, 0.9)
    published = -rng.integers(5, 90, count)
    interval = int(rng.choice([7, 10, 15, 30]))
    loan = old_loans(
        world,
        platform,
        borrowers,
        principal=heavy(rng, count, world.lots(40_000, 400_000), 0.7),
        rate=got if rng.random() < 0.5 else paid,
        published=published,
        due=period.days + rng.integers(5, 200, count),
    )
    principal = world.loans.column("principal", loan).astype(np.int64)
    tickets = old_tickets(world, loan, lenders)
    place = np.searchsorted(loan, tickets.loan)
    own_first = platform.own != platform.collect and rng.random() < 0.6
    source = platform.own if rng.random() < 0.6 else int(receivers(world, platform.circle, 1)[0])
    texts = world.draw_purposes(("补贴", "奖励金", "返利", "收益", ""))
    gap_total = 0
    for start in np.unique(published % interval):
        for day in range(int(start), period.days, interval):
            which = published % interval == start
            at = period.at(rng, np.full(count, day), "morning")
            fee = (principal * paid * interval / 365).astype(np.int64)
            world.pay(
                borrowers[which],
                platform.collect,
                fee[which],
                at[which],
                "还款",
                loan=loan[which],
            )
            mine = tickets.of(which[place])
            gap = (tickets.amount * (got - paid)[place] * interval / 365).astype(np.int64)
            base = (tickets.amount * paid[place] * interval / 365).astype(np.int64)
            gap, base = gap[which[place]], base[which[place]]
            late = np.full(len(gap), int(at.max())) + rng.integers(HOUR, 6 * HOUR, len(gap))
            gap_total += int(gap.sum())
            if own_first:
                filled = int(at.max()) + HOUR // 2
                world.pay(source, platform.collect, int(gap.sum()), filled, "补贴", scheme=number)
                zero = np.zeros(len(gap), dtype=np.int64)
                pay_tickets(world, platform.collect, mine, base + gap, zero, late, number)
                continue
            zero = np.zeros(len(gap), dtype=np.int64)
            pay_tickets(world, platform.collect, mine, base, zero, late)
            text = rng.choice(texts, len(gap))
            sent = world.pay(source, mine.lender, gap, late, text, scheme=number)
            borrower = world.loans.column("borrower", mine.loan).astype(np.int64)
            party = world.owner(mine.lender)
            record(world, "subsidy", mine.loan, party, borrower, gap, sent)
    scheme.accounts = sorted({source, *([platform.collect] if own_first else [])})
    holder = int(world.owner(np.array([source]))[0])
    if holder != platform.party:
        scheme.parties.append((holder, "shell"))
    scheme.stake_fen = gap_total


def pay_bonus(
    world: World, platform: Platform, number: int, scheme: Scheme, *, own_name: bool
) -> None:
    """Lenders get a share of their tickets back at once, out of clients' money or over a sister."""
    rng = world.rng
    first = world.events.count
    lenders = draw_lenders(world, 90 * world.sizes.crowd)
    borrowers = draw_borrowers(world, max(int(len(lenders) * 0.1), 4))
    loans = lend(
        world,
        platform,
        lenders,
        borrowers,
        median_yuan=world.lots(40_000, 400_000),
        latest_share=0.9,
    )
    use_proceeds(world, loans)
    tickets = tickets_since(world, first)
    rate = float(world.lots(0.012, 0.12))
    steps = rate * (1 + 0.5 * (tickets.amount > np.median(tickets.amount)))
    bonus = (tickets.amount * steps).astype(np.int64)
    at = send_later(world, tickets.at, 0.3, 90)
    texts = world.draw_purposes(("红包", "奖励金", "返利", "补贴", "货款", "服务费", ""))
    source = platform.collect
    if not own_name:
        source = int(platform.circle.sisters[0])
        scheme.parties.append((int(world.owner(np.array([source]))[0]), "shell"))
        funded = int(bonus.sum() * rng.uniform(0.8, 1.1))
        count = int(rng.integers(2, 9))
        share = (rng.dirichlet(np.full(count, 2.0)) * funded).astype(np.int64)
        on = rng.integers(0, max(world.period.days * 3 // 4, 1), count)
        time = world.period.at(rng, on, "business")
        text = rng.choice(world.draw_purposes(("推广费", "服务费", "往来款")), count)
        world.pay(platform.collect, source, share, time, text, scheme=number)
    sent = world.pay(
        np.full(len(bonus), source),
        tickets.lender,
        bonus,
        at,
        rng.choice(texts, len(bonus)),
        scheme=number,
    )
    if own_name and rng.random() < 0.5:
        borrower = world.loans.column("borrower", tickets.loan).astype(np.int64)
        party = world.owner(tickets.lender)
        record(world, "subsidy", tickets.loan, party, borrower, bonus, sent)
    scheme.accounts = sorted({platform.collect, source})
    scheme.stake_fen = int(bonus[sent >= 0].sum())


TYPOLOGY = Typology("excess_return", VARIANTS, add_excess_return, lookalikes.KINDS)
