"""Banks that hold the accounts: some submit, a few lie outside the province and do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.codes import CITIES, cnaps_with_check
from simulator.rows import Array, Ints
from simulator.world import INSTITUTION, ROLE, YUAN, World

# Bank codes of the payment system and names; the order says nothing about size.
BANKS = (
    ("102", "工商银行"),
    ("103", "农业银行"),
    ("104", "中国银行"),
    ("105", "建设银行"),
    ("301", "交通银行"),
    ("302", "中信银行"),
    ("303", "光大银行"),
    ("305", "民生银行"),
    ("308", "招商银行"),
    ("309", "兴业银行"),
    ("310", "浦发银行"),
    ("313", "城市商业银行"),
    ("314", "农村商业银行"),
)
CITY_CODES = (3010, 3020, 3030, 3040, 3050, 3060, 3070, 3080, 3110, 3120, 3140, 3128, 3090)
OUTSIDE_CODES = (2900, 5840, 1000)
DIVISIONS = tuple(CITIES)


@dataclass(frozen=True)
class Banks:
    """All banks: which submit, and how each writes its statements."""

    number: tuple[str, ...]
    name: tuple[str, ...]
    party: Ints
    submits: Array
    weight: Array
    book_reference: Array
    csv: Array
    gb18030: Array
    holds_reserves: Array

    def draw_for_reserve(self, rng: np.random.Generator, count: int) -> Ints:
        """Draw a bank that may hold clients' reserves for each account."""
        weight = self.weight * self.holds_reserves
        return rng.choice(len(self.number), size=count, p=weight / weight.sum())

    def draw(self, rng: np.random.Generator, count: int, outside: float = 0.04) -> Ints:
        """Draw a bank for each account; a share of them lies with banks that do not submit."""
        inner = rng.choice(len(self.number), size=count, p=self.weight)
        abroad = np.flatnonzero(~self.submits)
        return np.where(rng.random(count) < outside, rng.choice(abroad, size=count), inner)


def found_banks(world: World) -> Banks:
    """Found the banks, each a registered institution, with three that do not submit."""
    rng, inside = world.rng, world.sizes.banks
    chosen = rng.choice(len(BANKS), size=inside, replace=False)
    outside = rng.choice(len(BANKS), size=3, replace=False)
    numbers, names = [], []
    for place, which in enumerate([*chosen, *outside]):
        city = rng.integers(13)
        area = CITY_CODES[city] if place < inside else OUTSIDE_CODES[place - inside]
        branch = int(rng.integers(1, 9999))
        numbers.append(cnaps_with_check(f"{BANKS[which][0]}{area:04d}{branch:04d}"))
        town = CITIES[DIVISIONS[city]] if place < inside else "省外"
        names.append(BANKS[which][1] + "股份有限公司" + town + "分行")
    count = len(numbers)
    party = world.parties.add(
        count,
        name=rng.integers(1, 2**40, count),
        trade=-1 - np.arange(count),
        division=rng.integers(13, size=count),
        capital=rng.integers(5, 90, count) * 10**9 * YUAN,
        registered=world.period.epoch_day - rng.integers(3000, 8000, count),
    )
    world.institutions.add(party=party, kind=INSTITUTION["bank"])
    weight = np.zeros(count)
    weight[:inside] = rng.dirichlet(np.full(inside, 6.0))
    submits = np.arange(count) < inside
    csv = np.zeros(count, dtype=bool)
    gb18030 = np.zeros(count, dtype=bool)
    if world.sizes.csv:
        small = np.argsort(np.where(submits, weight, 2.0))
        csv[small[:2]] = True
        gb18030[small[0]] = True
    # One bank in four or so may not hold the reserves of payment firms.
    holds = submits.copy()
    holds[rng.choice(inside, size=max(inside // 4, 1), replace=False)] = False
    for number in party[holds].tolist():
        world.licence_scopes[number] = "bank;client_reserve"
    reference = rng.random(count) < 0.6
    reference[0], reference[1] = True, False
    return Banks(
        tuple(numbers), tuple(names), party, submits, weight, reference, csv, gb18030, holds
    )


def open_accounts(
    world: World,
    banks: Banks,
    parties: Ints,
    *,
    role: str = "ordinary",
    institution: Ints | int = -1,
    inside: bool = False,
    extra: Ints | int = -1,
    daily: bool = False,
    young: float = 0.1,
) -> Ints:
    """Open an account for each party, most of them years ago, a share in the last year."""
    rng, count = world.rng, len(parties)
    age = rng.integers(200, 3200, count)
    age = np.where(rng.random(count) < young, rng.integers(12, 365, count), age)
    registered = world.parties.column("registered", parties)
    opened = np.maximum(
        world.period.epoch_day - age, np.minimum(registered + 5, world.period.epoch_day - 3)
    )
    return world.accounts.add(
        count,
        party=parties,
        bank=banks.draw_for_reserve(rng, count)
        if role == "client_reserve"
        else banks.draw(rng, count, 0.0 if inside else 0.04),
        role=ROLE[role],
        institution=institution,
        opened=opened,
        extra=extra,
        daily=daily,
    )
