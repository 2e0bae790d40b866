"""P4 self-financing: nominee borrowers pass lenders' money on to the platform's own circle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.amounts import heavy, split
from simulator.banks import Banks, open_accounts
from simulator.circles import receivers
from simulator.firms import add_organisations, add_owners, shell_accounts
from simulator.lending import (
    Loans,
    draw_borrowers,
    draw_lenders,
    earn,
    lend,
    raise_loans,
    repay_old,
    use_proceeds,
)
from simulator.lookalikes import self_financing as lookalikes
from simulator.payments import PaymentFirm
from simulator.people import send_later
from simulator.platforms import Platform, found_platform
from simulator.rows import Array, Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY
from simulator.world import YUAN, World

WAYS = ("direct", "shell_chain", "split_merge", "payment_detour", "long_chain")
VARIANTS = (*WAYS, "mixed", "straight")
TEXTS = ("货款", "材料款", "借款", "往来款", "服务费", "转账", "")


def add_self_financing(stage: Stage, variant: str) -> None:
    """Run a platform some of whose loans end with its owners, within days or over a long way."""
    world, banks, rng = stage.world, stage.banks, stage.world.rng
    platform = found_platform(world, banks, custody=bool(rng.random() < 0.75))
    number, scheme = world.begin_scheme("self_financing", variant, platform.party)
    lenders = draw_lenders(world, 120 * world.sizes.crowd)
    median = world.lots(40_000, 600_000)
    honest = int(world.lots(2, 14))
    use_proceeds(
        world, lend(world, platform, lenders, draw_borrowers(world, honest), median_yuan=median)
    )
    old = draw_borrowers(world, honest)
    earn(world, old)
    repay_old(world, platform, lenders, old, median)
    largest = 45 if world.sizes.crowd == 1 else 331
    nominees = open_nominees(world, banks, platform.party, int(world.lots(3, largest)))
    ends = receivers(world, platform.circle, int(rng.integers(1, 5)))
    scheme.closure = ends.tolist()
    scheme.parties = [(platform.party, "organiser")]
    scheme.parties += [(int(party), "beneficiary") for party in np.unique(world.owner(ends))]
    if variant == "straight":
        take_straight(world, platform, lenders, nominees, ends, number, median)
        scheme.accounts = sorted(ends.tolist())
        return
    latest = 0.6 if variant == "long_chain" else 0.85
    loans = lend(
        world, platform, lenders, nominees, median_yuan=median, scheme=number, latest_share=latest
    ).paid_out()
    share = float(rng.uniform(0.35, 1.0))
    passed = (loans.principal * np.clip(rng.normal(share, 0.08, len(loans.row)), 0.3, 0.99)).astype(
        np.int64
    )
    shells = pass_on(world, banks, number, variant, loans, passed, ends, stage.payment_firms)
    spend_rest(world, loans, passed)
    scheme.parties += [(int(party), "nominee") for party in np.unique(world.owner(loans.account))]
    scheme.parties += [(int(party), "shell") for party in np.unique(world.owner(shells))]
    scheme.accounts = sorted({*loans.account.tolist(), *shells.tolist(), *ends.tolist()})


def open_nominees(world: World, banks: Banks, platform: int, count: int) -> Ints:
    """Nominee borrowers: bought firms, persons of the population or both; some share a phone."""
    rng = world.rng
    persons = int(count * rng.choice([0.0, 0.0, 0.3, 1.0]))
    accounts = rng.choice(world.pools["people"], size=persons, replace=False)
    if count > persons:
        firms = add_organisations(world, count - persons)
        add_owners(world, firms, world.pools["people"])
        extra = rng.integers(500, 60_000, len(firms)) * YUAN
        opened = open_accounts(world, banks, firms, extra=extra, young=float(rng.uniform(0.1, 0.8)))
        if rng.random() < 0.5:
            for firm in firms[1 : 1 + len(firms) // 2]:
                world.same_contact.append((int(firm), int(firms[0]), True))
        accounts = np.concatenate([accounts, opened])
    if rng.random() < 0.35:
        shared = int(rng.integers(1, 2**40))
        world.device_of_account.update({int(account): shared for account in accounts[::2]})
    return np.asarray(accounts)


def pass_on(
    world: World,
    banks: Banks,
    number: int,
    variant: str,
    loans: Loans,
    passed: Ints,
    ends: Ints,
    firms: list[PaymentFirm],
) -> Ints:
    """Move the proceeds to the circle, each loan its way; returns the accounts between."""
    rng, count = world.rng, len(loans.row)
    shells = shell_accounts(world, banks, max(2, count // int(rng.integers(2, 7))))
    texts = world.draw_purposes(TEXTS)
    hours = float(rng.uniform(2, 20))
    if variant == "mixed":
        way = rng.integers(0, len(WAYS), count)
    else:
        way = np.full(count, WAYS.index(variant))
    used: list[Ints] = []
    if rng.random() < 0.4:
        do_business(world, shells, passed)
    for kind in np.unique(way):
        chosen = np.flatnonzero(way == kind)
        payer, amount, at = loans.account[chosen], passed[chosen], loans.disbursed_at[chosen]
        if kind == 4:
            used.append(go_far(world, banks, number, payer, amount, at, ends, texts))
            continue
        if kind == 2:
            owner, part = split(rng, amount, rng.integers(2, 5, len(chosen)))
            payer, amount, at = payer[owner], part, at[owner]
        if kind == 0:
            owner, part = split(rng, amount, rng.integers(1, 3, len(chosen)))
            to = rng.choice(ends, len(owner))
            hop(world, number, payer[owner], to, part, at[owner], hours, texts)
            continue
        if kind == 3 and firms:
            middle = np.array([firms[int(rng.integers(len(firms)))].reserve])
        else:
            middle = shells
            used.append(shells)
        over = rng.choice(middle, size=len(payer))
        at = hop(world, number, payer, over, amount, at, hours, texts)
        keep = int(rng.integers(0, 3)) / 100
        if kind == 1 and rng.random() < 0.5:
            further = rng.choice(shells, size=len(payer))
            further = np.where(
                further == over, np.roll(shells, 1)[np.searchsorted(shells, over)], further
            )
            amount = (amount * (1 - keep)).astype(np.int64)
            at = hop(world, number, over, further, amount, at, hours, texts)
            over = further
        merge(world, number, over, ends, (amount * (1 - keep)).astype(np.int64), at, hours, texts)
    return np.concatenate(used) if used else np.zeros(0, dtype=np.int64)


def go_far(
    world: World,
    banks: Banks,
    number: int,
    payer: Ints,
    amount: Ints,
    at: Ints,
    ends: Ints,
    texts: Array,
) -> Ints:
    """Move sums in parts over three to five layers of shells, days long; returns the shells."""
    rng = world.rng
    owner, part = split(rng, amount, rng.integers(1, 5, len(payer)))
    payer, at = payer[owner], send_later(world, at[owner], 0.5, 60)
    hours = float(rng.uniform(4, 28))
    used = []
    for _ in range(int(rng.integers(3, 6))):
        layer = shell_accounts(world, banks, int(rng.integers(1, max(len(owner) // 3, 2) + 1)))
        over = rng.choice(layer, size=len(payer))
        at = hop(world, number, payer, over, part, at, hours, texts)
        part = (part * (1 - rng.integers(0, 3) / 200)).astype(np.int64)
        payer = over
        used.append(layer)
    if rng.random() < 0.5:
        merge(world, number, payer, ends, part, at, hours, texts)
    else:
        hop(world, number, payer, rng.choice(ends, len(payer)), part, at, hours, texts)
    return np.concatenate(used)


def do_business(world: World, shells: Ints, passed: Ints) -> None:
    """Shells that are fronts sell and buy things too, for a part of what they are to pass on."""
    rng, period = world.rng, world.period
    count = len(shells) * int(rng.integers(2, 8))
    each = float(passed.sum()) * rng.uniform(0.1, 0.8) / max(count, 1) / YUAN
    day = rng.choice(period.days, size=count, p=period.business_weight)
    sold = heavy(rng, count, max(each, 50.0), 0.8)
    shop = rng.choice(shells, count)
    buyers = world.pools["buyers"]
    world.pay(world.pick(buyers, count), shop, sold, period.at(rng, day, "business"), "货款")
    bought = (sold * rng.uniform(0.5, 1.0, count)).astype(np.int64)
    later = send_later(world, period.at(rng, day, "business"), 2, 90)
    world.pay(shop, world.pick(buyers, count), bought, later, "货款")


def take_straight(
    world: World,
    platform: Platform,
    lenders: Ints,
    nominees: Ints,
    ends: Ints,
    number: int,
    median: float,
) -> None:
    """Loans in the names of nominees, whom lenders' money never reaches: the circle takes it."""
    for end in ends:
        mine = nominees[world.rng.choice(len(ends), len(nominees)) == 0]
        mine = mine if len(mine) >= 2 else nominees[:2]
        taking = replace(platform, collect=int(end))
        raise_loans(
            world, taking, lenders, mine, median_yuan=median, latest_share=0.85, scheme=number
        )


def hop(
    world: World,
    number: int,
    payer: Ints,
    payee: Ints,
    amount: Ints,
    at: Ints,
    hours: float,
    texts: Array,
) -> Ints:
    """One hop, some hours after the last; returns when it happened."""
    later = send_later(world, at, 0.1, hours)
    awake = (later % DAY > 7 * DAY // 24) | (world.rng.random(len(later)) < 0.15)
    later = np.where(awake, later, later + 8 * DAY // 24)
    world.pay(payer, payee, amount, later, world.rng.choice(texts, len(payer)), scheme=number)
    return later


def merge(
    world: World,
    number: int,
    over: Ints,
    ends: Ints,
    amount: Ints,
    at: Ints,
    hours: float,
    texts: Array,
) -> None:
    """Each middle account pays what arrived within half a day on, as one sum, to the circle."""
    key, place = np.unique(np.stack([over, at // (DAY // 2)]), axis=1, return_inverse=True)
    place = np.ravel(place)
    total = np.bincount(place, amount).astype(np.int64)
    last = np.zeros(key.shape[1], dtype=np.int64)
    np.maximum.at(last, place, at)
    hop(world, number, key[0], world.rng.choice(ends, key.shape[1]), total, last, hours, texts)


def spend_rest(world: World, loans: Loans, passed: Ints) -> None:
    """Nominees keep a little or pay some real bills with what they did not pass on."""
    rng = world.rng
    rest = ((loans.principal - passed) * rng.uniform(0.1, 0.9, len(loans.row))).astype(np.int64)
    world.pay(
        loans.account,
        world.pick(world.pools["buyers"], len(rest)),
        rest,
        send_later(world, loans.disbursed_at, 3, 200),
        rng.choice(world.draw_purposes(("货款", "服务费", "房租", "")), len(rest)),
    )


TYPOLOGY = Typology("self_financing", VARIANTS, add_self_financing, lookalikes.KINDS)
