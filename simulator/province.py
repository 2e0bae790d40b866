"""Builds a province step by step, and writes it as packages with the truth beside them."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import numpy as np

from simulator.banks import Banks, found_banks
from simulator.books import keep_books
from simulator.companies import found_institution
from simulator.degradation import degradation
from simulator.economy import run_economy
from simulator.firms import Firms, found_firm, found_firms, pay_taxes, trade
from simulator.lending import run_honest
from simulator.packages import write_packages
from simulator.payments import PaymentFirm, found_payment_firm, settle_merchants
from simulator.people import (
    open_second_accounts,
    pay_rent,
    pay_salaries,
    send_among_people,
    settle_people,
    spend,
)
from simulator.platforms import found_platform
from simulator.rows import Ints
from simulator.schemes.registry import TYPOLOGIES
from simulator.stage import Stage
from simulator.truth import truth
from simulator.workdays import Period
from simulator.world import INSTITUTION, SIZES, World

FIRST_DATE = datetime.date(2016, 8, 1)
START_DAYS = 120
DAYS = 30


def write_province(
    out: Path, *, seed: int, scale: str, days: int | None, degrade: str = "none"
) -> None:
    """Write a labelled province under a folder: ``packages/`` and ``truth.json``.

    `scale` is small, medium or large: about 0.1, 1 or 10 million transfers over 30 days; other
    `days` change the number in proportion. `degrade` is none, light, medium or heavy: how much of
    the records is lost and garbled, while what happened stays the same. The same arguments give
    the same bytes.
    """
    degradation(degrade)
    world, banks = build_world(seed, scale, days or DAYS)
    books = keep_books(world, banks)
    out.mkdir(parents=True, exist_ok=True)
    written = write_packages(world, banks, books, out / "packages", seed, degrade)
    facts = {
        "seed": seed,
        "scale": scale,
        "degrade": degrade,
        "first_date": world.period.date(0).isoformat(),
        "last_date": world.period.date(world.period.days - 1).isoformat(),
        **truth(world, books, written),
    }
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    (out / "truth.json").write_text(text + "\n", encoding="utf-8")


def build_world(seed: int, scale: str, days: int) -> tuple[World, Banks]:
    """Found everyone, run schemes and look-alikes, and fill up with ordinary life."""
    stage = set_stage(seed, scale, days)
    world, firms = stage.world, stage.firms
    for typology in TYPOLOGIES:
        typology.play(stage, int(world.rng.integers(*world.sizes.schemes, endpoint=True)))
    payment_firms = stage.payment_firms + stage.crooked_firms
    target = max(world.sizes.transfers * days // DAYS, 500)
    live(world, stage.banks, stage.people, firms, payment_firms, target)
    settle_merchants(world, payment_firms)
    add_offices(world)
    return world, stage.banks


def set_stage(seed: int, scale: str, days: int) -> Stage:
    """Found persons, firms and lawful institutions, and let the institutions do business."""
    rng = np.random.default_rng([seed, days])
    start = FIRST_DATE + datetime.timedelta(days=int(rng.integers(START_DAYS)))
    sizes = SIZES[scale]
    world = World(rng, Period(start, days), sizes)
    banks = found_banks(world)
    people = settle_people(world, banks, max(sizes.transfers // 12, 16_000))
    firms = found_firms(world, banks, people, max(sizes.transfers // 80, 2_500))
    share_out(world, people, firms)
    count = max(sizes.platforms // 4, 3)
    world.pools["guarantors"] = np.array(
        [found_institution(world, banks, "guarantor")[1] for _ in range(count)]
    )
    payment_firms = [
        found_payment_firm(world, banks, firms.merchants) for _ in range(sizes.payment_firms)
    ]
    platforms = [found_platform(world, banks) for _ in range(sizes.platforms)]
    for platform in platforms:
        run_honest(world, platform)
    stage = Stage(world, banks, people, firms, platforms, payment_firms)
    run_economy(stage)
    return stage


def share_out(world: World, people: Ints, firms: Firms) -> None:
    """Set persons and firms aside for circles; the rest are the public and the buyers."""
    persons = world.rng.permutation(people)
    aside = max(len(people) // 4, 1)
    hands = aside + max(len(people) // 10, 1)
    shuffled = world.rng.permutation(firms.accounts)
    half = len(shuffled) * 60 // 100
    world.pools = {
        "persons": persons[:aside],
        "hands": persons[aside:hands],
        "people": np.sort(persons[hands:]),
        "firms": shuffled[:half],
        "buyers": np.sort(shuffled[half:]),
    }


def live(
    world: World,
    banks: Banks,
    people: Ints,
    firms: Firms,
    payment_firms: list[PaymentFirm],
    target: int,
) -> None:
    """Salaries, rent, taxes and groups; then trade, gifts and shopping up to the target."""
    pay_salaries(world, people, firms.accounts, firms.weight)
    pay_rent(world, people)
    pay_taxes(world, firms, found_firm(world, banks))
    open_second_accounts(world, banks, people)
    left = max(target - world.transfers.count, target // 4)
    trade(world, firms, left * 28 // 100)
    send_among_people(world, people, left * 22 // 100)
    reserves = np.array([firm.reserve for firm in payment_firms])
    weight = world.rng.dirichlet(np.full(len(reserves), 2.0))
    spend(world, people, firms.merchants, reserves, weight, left // 2)


def add_offices(world: World) -> None:
    """Register the clearing house and the registry, which submit and hold no accounts."""
    for kind in ("clearing_house", "other"):
        party = world.parties.add(
            1,
            name=world.rng.integers(1, 2**40, 1),
            trade=100 + INSTITUTION[kind],
            division=0,
            registered=world.period.epoch_day - 4000,
            capital=10**11,
        )
        world.institutions.add(party=party, kind=INSTITUTION[kind])
