"""P11 borrower caps: one borrower, a family or a group of firms owes more than the rule allows."""

from __future__ import annotations

import datetime

import numpy as np

from simulator.amounts import split
from simulator.banks import open_accounts
from simulator.circles import tie
from simulator.companies import found_companies
from simulator.firms import add_organisations, add_owners
from simulator.lending import record, run_honest
from simulator.lookalikes import borrower_cap as lookalikes
from simulator.people import send_later
from simulator.platforms import Platform, found_platform
from simulator.purposes import PURPOSE
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, EPOCH
from simulator.world import YUAN, World

VARIANTS = (
    "many_loans_one_person",
    "many_loans_one_firm",
    "across_platforms",
    "relatives",
    "shells",
)
# Interim measures for network lending intermediaries of 2016-08-24, article 17: in yuan, for a
# person and a firm, on one platform and on all platforms together.
IN_FORCE = datetime.date(2016, 8, 24)
CAPS_YUAN = {"person": (200_000, 1_000_000), "firm": (1_000_000, 5_000_000)}


KIND_OF_VARIANT = {
    "many_loans_one_person": "person",
    "many_loans_one_firm": "firm",
    "relatives": "person",
    "shells": "firm",
}


def add_borrower_cap(stage: Stage, variant: str) -> None:
    """Let a borrower take loan after loan until the sum is beyond the cap.

    In a province whose period ends before the rule is in force the same is lawful, and is recorded
    as a look-alike.
    """
    world, rng = stage.world, stage.world.rng
    several = variant == "across_platforms"
    count = int(rng.integers(2, 5)) if several else 1
    platforms = [found_platform(world, stage.banks) for _ in range(count)]
    for platform in platforms:
        run_honest(world, platform, share=float(rng.uniform(0.1, 0.7)))
    kind = "firm" if rng.random() < 0.3 else "person"
    kind = KIND_OF_VARIANT.get(variant, kind)
    accounts = find_borrowers(stage, variant, kind)
    cap = CAPS_YUAN[kind][1 if several else 0]
    owed = int(cap * world.lots(1.12, 9.0)) * YUAN
    earliest = max((IN_FORCE - EPOCH).days - world.period.epoch_day, -200)
    if earliest >= world.period.days - 1:
        borrow(world, platforms, accounts, owed, cap, -200, -1)
        first = int(accounts[0])
        world.resembles("borrower_cap", "before_the_rule", first, institution=platforms[0].party)
        return
    number, scheme = world.begin_scheme("borrower_cap", variant, platforms[0].party)
    rows = borrow(world, platforms, accounts, owed, cap, earliest, number)
    scheme.parties = [(platform.party, "organiser") for platform in platforms]
    scheme.parties += [(int(party), "beneficiary") for party in np.unique(world.owner(accounts))]
    scheme.accounts = np.unique(accounts).tolist()
    scheme.records = [("loan", int(row)) for row in rows]
    scheme.stake_fen = owed - cap * YUAN


def find_borrowers(stage: Stage, variant: str, kind: str) -> Ints:
    """The accounts that borrow: one borrower's, relatives' or those of firms of one owner."""
    world, rng, banks = stage.world, stage.world.rng, stage.banks
    if variant == "relatives":
        people = world.claim("persons", int(rng.integers(2, 7)))
        parties = world.owner(people)
        for relative in parties[1:]:
            tie(world, int(parties[0]), int(relative), "kin")
        return people
    if variant == "shells":
        head = int(world.owner(world.claim("persons", 1))[0])
        parties = add_organisations(world, int(rng.integers(2, 9)))
        add_owners(world, parties, world.pools["people"])
        for firm in parties:
            kind_of_tie = "controls" if rng.random() < 0.5 else "shareholder"
            share = round(rng.uniform(0.51, 1.0), 2) if kind_of_tie == "shareholder" else -1.0
            tie(world, head, int(firm), kind_of_tie, share)
        return open_accounts(world, banks, parties, young=0.5)
    if kind == "firm":
        return found_companies(world, banks, 1)
    return world.claim("persons", 1)


def borrow(
    world: World,
    platforms: list[Platform],
    accounts: Ints,
    owed: int,
    cap: int,
    earliest: int,
    number: int,
) -> Ints:
    """Loans that add up to what is owed, each well below the cap; those of the period are paid
    out in it, the others were before. Returns their rows."""
    rng, period = world.rng, world.period
    least = max(int(owed / YUAN / cap) + 1, 2 * len(platforms), len(accounts))
    count = least + int(rng.integers(0, 12))
    _, principal = split(rng, np.array([owed]), np.array([count]))
    published = rng.integers(earliest, max(period.days - 1, earliest + 1), count)
    borrower = accounts[np.arange(count) % len(accounts)]
    place = np.arange(count) % len(platforms)
    party = np.array([platform.party for platform in platforms])[place]
    custody = np.array([platform.collect for platform in platforms])[place]
    row = world.loans.add(
        count,
        institution=party,
        borrower=world.owner(borrower),
        principal=principal,
        rate=np.round(rng.uniform(0.08, 0.2, count), 3),
        published=published,
        due=period.days + rng.integers(5, 300, count),
        account=borrower,
        raised=np.where(published < 0, -1000, published),
        purpose=rng.choice(np.array([PURPOSE[text] for text in ("借款", "备用金", "货款")]), count),
    )
    at = period.at(rng, period.working_day(np.maximum(published, 0)), "business")
    at = np.where(published < 0, -DAY, at)
    sent = world.pay(custody, borrower, principal, at, "放款", loan=row, scheme=number)
    record(world, "disburse", row, world.owner(borrower), party, principal, sent)
    used = (principal * rng.uniform(0.4, 1.0, count)).astype(np.int64)
    spent = np.where(sent >= 0, used, 0)
    payee = rng.choice(world.pools["buyers"], count)
    texts = world.draw_purposes(("货款", "消费", "往来款", ""))
    text = rng.choice(texts, count)
    world.pay(borrower, payee, spent, send_later(world, at, 2, 200), text)
    return row


TYPOLOGY = Typology("borrower_cap", VARIANTS, add_borrower_cap, lookalikes.KINDS)
