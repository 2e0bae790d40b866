"""P2 own lending: the platform or its people lend first, and sell the claim to lenders after."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, split
from simulator.banks import open_accounts
from simulator.lending import (
    LOAN_PURPOSES,
    Loans,
    draw_borrowers,
    draw_lenders,
    record,
    run_honest,
    use_proceeds,
)
from simulator.lookalikes import own_lending as lookalikes
from simulator.people import devices, send_later, to_whole_yuan
from simulator.platforms import Platform, found_platform
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, HOUR
from simulator.world import EVENT, RELATION, World

VARIANTS = (
    "own_account",
    "professional_lender",
    "sister_firm",
    "through_custody",
    "several_lenders",
)


def add_own_lending(stage: Stage, variant: str) -> None:
    """Lend out of the circle's money, then sell each claim in pieces."""
    world, rng = stage.world, stage.world.rng
    platform = found_platform(world, stage.banks, custody=bool(rng.random() < 0.8))
    number, scheme = world.begin_scheme("own_lending", variant, platform.party)
    run_honest(world, platform, share=float(rng.uniform(0.1, 0.8)))
    sources = choose_sources(stage, platform, variant)
    lenders = draw_lenders(world, 100 * world.sizes.crowd)
    borrowers = draw_borrowers(world, int(world.lots(3, 45)))
    source = rng.choice(sources, len(borrowers))
    loans = lend_first(world, platform, source, borrowers, number)
    paid_out = loans.transfer >= 0
    over = platform.collect if variant == "through_custody" else -1
    sell_claims(world, platform, loans.paid_out(), source[paid_out], lenders, over, number)
    use_proceeds(world, loans)
    scheme.parties = [(platform.party, "organiser")]
    scheme.parties += [
        (int(party), "shell" if world.parties.column("kind")[party] == 1 else "nominee")
        for party in np.unique(world.owner(sources))
        if party != platform.party
    ]
    scheme.accounts = np.unique(source[paid_out]).tolist()
    scheme.records = [("loan", int(row)) for row in loans.row[paid_out]]
    scheme.stake_fen = int(loans.principal[paid_out].sum())


def choose_sources(stage: Stage, platform: Platform, variant: str) -> Ints:
    """The accounts that lend: own, of one or more persons of the circle, or of a sister firm."""
    world, rng, circle = stage.world, stage.world.rng, platform.circle
    if variant in ("own_account", "through_custody"):
        return np.array([platform.own])
    if variant == "sister_firm":
        return np.array([int(rng.choice(np.append(circle.sisters, circle.holding)))])
    people = np.concatenate([circle.kin, [circle.controller]])
    if variant == "professional_lender":
        people = people[:1] if rng.random() < 0.5 else np.array([circle.controller])
    else:
        staff = circle.staff[: int(rng.integers(2, 6))]
        people = np.concatenate([people[-1:], staff])
        world.relations.add(
            from_party=world.owner(staff),
            to_party=platform.party,
            kind=RELATION["same_device" if rng.random() < 0.5 else "same_address"],
            valid_from=world.period.epoch_day - rng.integers(40, 900, len(staff)),
        )
    if rng.random() < 0.5:
        return open_accounts(world, stage.banks, world.owner(people), inside=True, young=0.4)
    return people


def lend_first(
    world: World, platform: Platform, source: Ints, borrowers: Ints, number: int
) -> Loans:
    """The borrower gets the money at once; the loan is published then, or when it is sold."""
    rng, period = world.rng, world.period
    count = len(borrowers)
    principal = to_whole_yuan(heavy(rng, count, world.lots(30_000, 400_000), 0.8), 1000)
    day = period.working_day(rng.integers(0, max(int(period.days * 0.7), 1), count))
    at = period.at(rng, day, "business")
    text = rng.choice(world.draw_purposes(("放款", "借款", "转账", "往来款")), count)
    delay = rng.integers(0, 4, count) if rng.random() < 0.6 else np.zeros(count, dtype=np.int64)
    row = world.loans.add(
        count,
        institution=platform.party,
        borrower=world.owner(borrowers),
        principal=principal,
        rate=np.round(rng.uniform(0.08, 0.22, count), 3),
        published=day + delay,
        due=day + rng.choice([30, 60, 90, 180, 360], count),
        account=borrowers,
        raised=day + delay,
        purpose=rng.choice(world.draw_purposes(LOAN_PURPOSES), count),
    )
    named = np.where(rng.random(count) < rng.uniform(0.2, 1.0), row, -1)
    sent = world.pay(source, borrowers, principal, at, text, loan=named, scheme=number)
    record(world, "disburse", row, world.owner(borrowers), world.owner(source), principal, sent)
    return Loans(row, borrowers, principal, at, sent)


def sell_claims(
    world: World,
    platform: Platform,
    loans: Loans,
    source: Ints,
    lenders: Ints,
    over: int,
    number: int,
) -> None:
    """Two or more lenders buy each claim over the next hours or weeks, from the one who lent.

    With `over` they pay that account, and it pays the one who lent once a day.
    """
    rng = world.rng
    count = len(loans.row)
    share = np.where(rng.random(count) < 0.8, 1.0, rng.uniform(0.4, 1.0, count))
    sold = to_whole_yuan((loans.principal * share).astype(np.int64), 100)
    pieces = np.clip((7 * rng.lognormal(0.0, 0.7, count)).astype(np.int64), 2, len(lenders))
    owner, part = split(rng, sold, pieces)
    part = to_whole_yuan(part, 1)
    at = send_later(world, loans.disbursed_at[owner], 0.5, world.lots(30, 480))
    buyer = rng.choice(lenders, len(owner))
    payee = np.full(len(owner), over) if over >= 0 else source[owner]
    text = rng.choice(world.draw_purposes(("债权转让款", "投资款", "转账", "")), len(owner))
    row = loans.row[owner]
    bought = world.pay(
        buyer,
        payee,
        part,
        at,
        text,
        loan=np.where(rng.random(len(owner)) < 0.7, row, -1),
        device=devices(world, buyer),
        scheme=number,
    )
    came = bought >= 0
    world.events.add(
        int(came.sum()),
        loan=row[came],
        kind=EVENT["assign"],
        party=world.owner(source[owner])[came],
        counterparty=world.owner(buyer)[came],
        amount=part[came],
        transfer=bought[came],
    )
    if over >= 0:
        day = at[came] // DAY
        total = np.bincount(day, part[came]).astype(np.int64)
        on = np.flatnonzero(total)
        late = on * DAY + rng.integers(22 * HOUR, 24 * HOUR, len(on))
        world.pay(np.full(len(on), over), source[0], total[on], late, "回款", scheme=number)


TYPOLOGY = Typology("own_lending", VARIANTS, add_own_lending, lookalikes.KINDS)
