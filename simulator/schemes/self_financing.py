"""P4 self-financing: nominee borrowers pass lenders' money on to the platform's own circle."""

from __future__ import annotations

import numpy as np

from simulator.amounts import split
from simulator.banks import Banks, open_accounts
from simulator.circles import receivers
from simulator.firms import add_organisations, add_owners
from simulator.payments import PaymentFirm
from simulator.people import send_later
from simulator.platforms import (
    Loans,
    draw_borrowers,
    draw_lenders,
    earn,
    found_platform,
    lend,
    repay_old,
    use_proceeds,
)
from simulator.rows import Array, Ints
from simulator.schemes.fund_pool import draw_purposes
from simulator.workdays import DAY
from simulator.world import RELATION, YUAN, World

VARIANTS = ("direct", "shell_chain", "split_merge", "payment_detour", "mixed")
TEXTS = ("货款", "材料款", "借款", "往来款", "服务费", "转账", "")


def add_self_financing(world: World, banks: Banks, variant: str, firms: list[PaymentFirm]) -> None:
    """Run a platform some of whose loans end with its owners within three days."""
    rng = world.rng
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
    loans = lend(
        world, platform, lenders, nominees, median_yuan=median, scheme=number, latest_share=0.85
    ).paid_out()
    ends = receivers(world, platform.circle, int(rng.integers(1, 5)))
    share = float(rng.uniform(0.35, 1.0))
    passed = (loans.principal * np.clip(rng.normal(share, 0.08, len(loans.row)), 0.3, 0.99)).astype(
        np.int64
    )
    shells = pass_on(world, banks, number, variant, loans, passed, ends, firms)
    spend_rest(world, loans, passed)
    scheme.parties = [(platform.party, "organiser")]
    scheme.parties += [(int(party), "nominee") for party in np.unique(world.owner(loans.account))]
    scheme.parties += [(int(party), "shell") for party in np.unique(world.owner(shells))]
    scheme.parties += [(int(party), "beneficiary") for party in np.unique(world.owner(ends))]
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
    """Move the proceeds over one to three hops within 72 hours; returns the accounts between."""
    rng, count = world.rng, len(loans.row)
    shells = shell_accounts(world, banks, max(2, count // int(rng.integers(2, 7))))
    texts = draw_purposes(world, TEXTS)
    hours = float(rng.uniform(2, 20))
    way = np.full(count, VARIANTS.index(variant))
    if variant == "mixed":
        way = rng.integers(0, 4, count)
    used: list[Ints] = []
    for kind in np.unique(way):
        chosen = np.flatnonzero(way == kind)
        payer, amount, at = loans.account[chosen], passed[chosen], loans.disbursed_at[chosen]
        if kind == 2:
            owner, part = split(rng, amount, rng.integers(2, 5, len(chosen)))
            payer, amount, at = payer[owner], part, at[owner]
        if kind == 0:
            owner, part = split(rng, amount, rng.integers(1, 3, len(chosen)))
            hop(
                world,
                number,
                payer[owner],
                rng.choice(ends, len(owner)),
                part,
                at[owner],
                hours,
                texts,
            )
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


def shell_accounts(world: World, banks: Banks, count: int) -> Ints:
    """Shell firms that only pass money on, of any age."""
    firms = add_organisations(world, count)
    add_owners(world, firms, world.pools["people"])
    extra = world.rng.integers(100, 40_000, count) * YUAN
    return np.sort(open_accounts(world, banks, firms, extra=extra, young=0.4))


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
        rng.choice(draw_purposes(world, ("货款", "服务费", "房租", "")), len(rest)),
    )


def add_related_supplier(world: World, banks: Banks) -> tuple[int, int, int]:
    """A lawful platform some of whose borrowers buy goods from a firm of its circle.

    Returns the platform, the supplier and its account. The borrowers bought there before the loan
    and after it; the supplier buys from others and pays staff.
    """
    rng, period = world.rng, world.period
    platform = found_platform(world, banks)
    lenders = draw_lenders(world, 110 * world.sizes.crowd)
    median = world.lots(40_000, 300_000)
    borrowers = draw_borrowers(world, max(int(len(lenders) * 0.1), 6))
    loans = lend(world, platform, lenders, borrowers, median_yuan=median)
    use_proceeds(world, loans)
    supplier = int(platform.circle.sisters[0])
    world.relations.add(
        1,
        from_party=platform.party,
        to_party=world.owner(np.array([supplier]))[0],
        kind=RELATION["shareholder"],
        share=round(rng.uniform(0.25, 0.6), 2),
        valid_from=period.epoch_day - int(rng.integers(300, 1500)),
    )
    customers = np.concatenate(
        [borrowers[: int(rng.integers(2, 5))], world.pick(world.pools["buyers"], 12)]
    )
    count = len(customers) * int(rng.integers(4, 9))
    day = rng.choice(period.days, size=count, p=period.business_weight)
    level = median * rng.uniform(0.05, 0.2)
    sold = (rng.lognormal(0, 0.4, count) * level * YUAN).astype(np.int64)
    world.pay(rng.choice(customers, count), supplier, sold, period.at(rng, day, "business"), "货款")
    world.pay(
        supplier,
        world.pick(world.pools["buyers"][:9], count),
        (sold * 0.8).astype(np.int64),
        send_later(world, period.at(rng, day, "business"), 1, 60),
        "材料款",
    )
    return platform.party, int(world.owner(np.array([supplier]))[0]), supplier
