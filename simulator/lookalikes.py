"""Innocent parties whose records resemble a crooked pattern, and what tells them apart."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded
from simulator.banks import Banks, open_accounts
from simulator.firms import add_organisations, add_owners, sweep_treasuries
from simulator.payments import PaymentFirm
from simulator.people import devices
from simulator.platforms import Platform
from simulator.rows import Ints
from simulator.schemes.self_financing import add_related_supplier, add_supply_chain
from simulator.workdays import DAY, HOUR
from simulator.world import INSTITUTION, RELATION, YUAN, Lookalike, World


def add_lookalikes(
    world: World, banks: Banks, count: int, platforms: list[Platform], firms: list[PaymentFirm]
) -> None:
    """Put in as many look-alikes of each kind as there are schemes of each typology."""
    for _ in range(max(count // 2, 1)):
        run_payroll_agent(world, banks)
        run_fee_collector(world, banks)
        run_rental_operator(world, banks)
        run_insurer(world, banks)
    sweep_treasuries(world, max(count // 2, 1))
    for _ in range(count):
        platform, supplier, account = add_related_supplier(world, banks)
        world.lookalikes.append(
            Lookalike("self_financing", "related_supplier", supplier, platform, (account,))
        )
    for _ in range(max(count // 2, 1)):
        wholesaler, account = add_supply_chain(world, banks)
        world.lookalikes.append(
            Lookalike("self_financing", "supply_chain", wholesaler, -1, (account,))
        )
    for platform_now in platforms[: max(count // 2, 1)]:
        charge_guarantees(world, platform_now)
    for platform_now in platforms[:count]:
        differ_for_a_day(world, platform_now)
    for platform_now in platforms[count : 2 * count]:
        world.lookalikes.append(
            Lookalike(
                "fund_pool",
                "custody_omnibus",
                platform_now.party,
                platform_now.party,
                (platform_now.collect,),
            )
        )
    for firm in firms[:count]:
        wait_for_holidays(world, firm)
    for firm in firms[: max(count // 2, 1)]:
        settle_related_merchant(world, firm)
    for firm in firms[count:]:
        world.lookalikes.append(
            Lookalike("reserve_misuse", "fee_carry_over", firm.party, firm.party, (firm.reserve,))
        )


def new_firm(world: World, banks: Banks, trade: int = 0) -> int:
    """Found one ordinary firm with an account; returns the account."""
    party = add_organisations(world, 1, np.array([trade]) if trade else 0)
    add_owners(world, party, world.pools["people"])
    return int(open_accounts(world, banks, party, inside=True)[0])


def note(world: World, kind: str, account: int) -> None:
    """Record a look-alike of fund pools."""
    owner = int(world.owner(np.array([account]))[0])
    world.lookalikes.append(Lookalike("fund_pool", kind, owner, -1, (account,)))


def crowd(world: World) -> Ints:
    """Draw the persons that deal with one look-alike."""
    size = int(
        np.clip(world.lots(70, 500) * world.sizes.crowd**0.7, 60, len(world.pools["people"]) // 3)
    )
    return world.rng.choice(world.pools["people"], size=size, replace=False)


def run_payroll_agent(world: World, banks: Banks) -> None:
    """An agent takes its clients' payroll and pays their staff the same day."""
    rng, period = world.rng, world.period
    account = new_firm(world, banks)
    staff = crowd(world)
    clients = world.pick(world.pools["buyers"], int(rng.integers(5, 25)))
    client = rng.integers(0, len(clients), len(staff))
    wage = heavy(rng, len(staff), 4500, 0.4)
    payday = rng.choice([5, 10, 15, 20, 25], size=len(clients))
    for day in range(period.days):
        due = np.flatnonzero(payday[client] == period.month_day[day])
        if not len(due):
            continue
        on = int(period.working_day(np.array([day]))[0])
        total = np.bincount(client[due], wage[due], minlength=len(clients)).astype(np.int64)
        world.pay(
            clients,
            account,
            total + total // 100,
            on * DAY + 9 * HOUR + rng.integers(0, 2 * HOUR, len(clients)),
            "代发工资款",
        )
        world.pay(
            account,
            staff[due],
            wage[due],
            on * DAY + 13 * HOUR + rng.integers(0, HOUR, len(due)),
            "工资",
        )
    note(world, "payroll", account)


def run_fee_collector(world: World, banks: Banks) -> None:
    """A property manager collects fees from households and pays its suppliers and staff."""
    rng, period = world.rng, world.period
    account = new_firm(world, banks)
    homes = crowd(world)
    day = rng.choice(period.days, size=len(homes), p=period.retail_weight)
    fee = rounded(rng, heavy(rng, len(homes), 900, 0.5), 0.5)
    world.pay(
        homes, account, fee, period.at(rng, day, "retail"), "物业费", device=devices(world, homes)
    )
    count = int(rng.integers(14, 45))
    weight = rng.dirichlet(np.full(count, 2.0)) * fee.sum() * rng.uniform(0.8, 1.0)
    day = np.sort(rng.integers(min(4, period.days - 1), period.days, count))
    payee = np.concatenate(
        [
            world.pick(world.pools["people"], count // 2),
            world.pick(world.pools["buyers"], count - count // 2),
        ]
    )
    world.pay(
        account,
        payee,
        weight.astype(np.int64),
        period.at(rng, day, "business"),
        np.where(np.arange(count) < count // 2, 1, 13),
    )
    note(world, "property_fees", account)


def run_rental_operator(world: World, banks: Banks) -> None:
    """A letting firm takes tenants' rent and passes most of it to the flats' owners."""
    rng, period = world.rng, world.period
    account = new_firm(world, banks)
    tenants = crowd(world)
    owners = rng.choice(world.pools["people"], size=len(tenants))
    rent = rounded(rng, heavy(rng, len(tenants), 2200, 0.4), 1.0)
    day = rng.choice(max(period.days - 5, 1), size=len(tenants), p=None)
    time = period.at(rng, day, "retail")
    world.pay(tenants, account, rent, time, "租金", device=devices(world, tenants))
    later = period.working_day(day + rng.integers(1, 5, len(tenants)))
    world.pay(
        account,
        owners,
        (rent * rng.uniform(0.82, 0.95)).astype(np.int64),
        period.at(rng, later, "business"),
        "租金",
    )
    note(world, "rental_operator", account)


def run_insurer(world: World, banks: Banks) -> None:
    """A licensed insurer takes premiums from many and pays claims to some."""
    rng, period = world.rng, world.period
    account = new_firm(world, banks, 100 + INSTITUTION["insurer"])
    party = world.owner(np.array([account]))
    world.institutions.add(party=party, kind=INSTITUTION["insurer"])
    insured = crowd(world)
    day = rng.choice(period.days, size=len(insured), p=period.retail_weight)
    premium = rounded(rng, heavy(rng, len(insured), 1500, 0.8), 0.7)
    world.pay(
        insured,
        account,
        premium,
        period.at(rng, day, "retail"),
        "保费",
        device=devices(world, insured),
    )
    claims = max(len(insured) // 8, 12)
    share = rng.dirichlet(np.full(claims, 0.8)) * premium.sum() * rng.uniform(0.5, 0.9)
    day = rng.choice(period.days, size=claims, p=period.business_weight)
    world.pay(
        account,
        rng.choice(insured, claims),
        share.astype(np.int64),
        period.at(rng, day, "business"),
        "理赔款",
    )
    note(world, "insurer", account)


def differ_for_a_day(world: World, platform: Platform) -> None:
    """Custody and sub-accounts differ over a night or a few, and agree again the next day."""
    rng, period = world.rng, world.period
    gap = world.subledger_gap[platform.collect]
    even = np.arange(0, period.days, 2)
    for day in rng.choice(even, size=min(int(rng.integers(1, 4)), len(even)), replace=False):
        gap[day] += int(world.lots(500, 400_000)) * YUAN * int(rng.choice([-1, 1]))
    world.lookalikes.append(
        Lookalike(
            "commingling", "settlement_timing", platform.party, platform.party, (platform.collect,)
        )
    )


def charge_guarantees(world: World, platform: Platform) -> None:
    """A guarantor of the circle takes premiums from the borrowers whose loans it guarantees."""
    rng, period = world.rng, world.period
    mine = np.flatnonzero(world.loans.column("institution") == platform.party)
    mine = mine[(world.loans.column("raised", mine) >= 0) & (rng.random(len(mine)) < 0.8)]
    guarantor = int(platform.circle.sisters[-1])
    world.relations.add(
        1,
        from_party=world.owner(np.array([guarantor]))[0],
        to_party=platform.party,
        kind=RELATION["guarantees"],
        valid_from=period.epoch_day - int(rng.integers(60, 900)),
    )
    day = world.loans.column("raised", mine).astype(np.int64)
    premium = (world.loans.column("principal", mine) * rng.uniform(0.005, 0.03)).astype(np.int64)
    at = period.at(rng, day, "business") + rng.integers(HOUR, 30 * HOUR, len(mine))
    payer = world.loans.column("account", mine).astype(np.int64)
    world.pay(payer, guarantor, premium, at, "服务费", loan=mine)
    party = int(world.owner(np.array([guarantor]))[0])
    world.lookalikes.append(
        Lookalike("commingling", "related_guarantor", party, platform.party, (guarantor,))
    )


def settle_related_merchant(world: World, firm: PaymentFirm) -> None:
    """A sister firm is a merchant like the others: it is paid for its sales, as they come."""
    firm.merchants[0] = firm.circle.sisters[0]
    world.lookalikes.append(
        Lookalike("reserve_misuse", "related_merchant", firm.party, firm.party, (firm.reserve,))
    )


def wait_for_holidays(world: World, firm: PaymentFirm) -> None:
    """Items of free days stay open until the next working day, and are gone after it."""
    rng, period = world.rng, world.period
    free = np.flatnonzero(~period.working)
    open_items = np.zeros(period.days, dtype=np.int64)
    for run in np.split(free, np.flatnonzero(np.diff(free) > 1) + 1):
        if len(run) and rng.random() < 0.6:
            open_items[run] = int(world.lots(2_000, 300_000)) * YUAN
    firm.book.shortfall[:] += open_items
    firm.book.aged[0] += open_items
    world.lookalikes.append(
        Lookalike("reserve_misuse", "holiday_items", firm.party, firm.party, (firm.reserve,))
    )
