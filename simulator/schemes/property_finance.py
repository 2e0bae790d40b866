"""P12 property finance: loans of a platform pay the deposits and down payments of homes."""

from __future__ import annotations

import numpy as np

from simulator.amounts import rounded, split
from simulator.circles import tie
from simulator.lending import (
    Loans,
    draw_lenders,
    lend,
    run_honest,
)
from simulator.lookalikes import property_finance as lookalikes
from simulator.people import devices, send_later
from simulator.platforms import found_platform
from simulator.property_market import TEXTS, found_agent, found_developer, prices
from simulator.purposes import PURPOSE
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.world import Scheme, World

VARIANTS = (
    "to_developer",
    "to_agent",
    "through_relative",
    "consumer_purpose",
    "in_parts",
)
CONSUMER = ("消费", "装修款", "培训费", "备用金", "设备款")


def add_property_finance(stage: Stage, variant: str) -> None:
    """Lend to buyers of homes, who pass the loan on to developers or agents within weeks."""
    world, rng = stage.world, stage.world.rng
    platform = found_platform(world, stage.banks, custody=bool(rng.random() < 0.85))
    number, scheme = world.begin_scheme("property_finance", variant, platform.party)
    run_honest(world, platform, share=float(rng.uniform(0.1, 0.9)))
    lenders = draw_lenders(world, 100 * world.sizes.crowd)
    count = int(world.lots(4, 45))
    buyers = rng.choice(world.pools["people"], size=count, replace=False)
    level = world.lots(500_000, 2_500_000) * rng.uniform(0.08, 0.32)
    loans = lend(
        world, platform, lenders, buyers, median_yuan=level, scheme=number, latest_share=0.75
    )
    if variant == "consumer_purpose" or rng.random() < 0.5:
        texts = np.array([PURPOSE[text] for text in CONSUMER])
        world.loans.column("purpose")[loans.row] = rng.choice(texts, count)
    loans = loans.paid_out()
    payees, colluding = choose_payees(stage, variant)
    moved = pay_for_homes(stage, loans, payees, variant, number, scheme)
    scheme.parties += [(platform.party, "organiser")]
    scheme.parties += [(int(party), "beneficiary") for party in world.owner(colluding)]
    scheme.parties += [(int(p), "beneficiary") for p in np.unique(world.owner(loans.account))]
    scheme.accounts = sorted({*loans.account.tolist(), *payees.tolist(), *scheme.accounts})
    scheme.parties.sort(key=lambda each: each[1] != "organiser")
    scheme.records = [("loan", int(row)) for row in loans.row]
    scheme.stake_fen = moved


def choose_payees(stage: Stage, variant: str) -> tuple[Ints, Ints]:
    """Who is paid, and which of them are in it: firms founded for it, or firms of the market."""
    world, rng = stage.world, stage.world.rng
    agents = variant == "to_agent" or (variant != "to_developer" and rng.random() < 0.3)
    if rng.random() < 0.5:
        account = found_agent(world, stage.banks) if agents else 0
        if not agents:
            own, escrow = found_developer(world, stage.banks)
            account = own if rng.random() < 0.6 else escrow
        return np.array([account]), np.array([account])
    pool = world.pools["agents" if agents else str(rng.choice(["developers", "presale"]))]
    some = rng.choice(pool, size=min(int(rng.integers(1, 4)), len(pool)), replace=False)
    return some, some[:0]


def pay_for_homes(
    stage: Stage, loans: Loans, payees: Ints, variant: str, number: int, scheme: Scheme
) -> int:
    """Each borrower pays a home with the loan, and some with savings of their own on top."""
    world, rng = stage.world, stage.world.rng
    count = len(loans.row)
    share = rng.uniform(0.6, 1.0, count)
    used = (loans.principal * share).astype(np.int64)
    payer, at = loans.account, send_later(world, loans.disbursed_at, 0.5, world.lots(20, 350))
    if variant == "through_relative" or rng.random() < 0.1:
        payer, at = over_relatives(world, loans, used, at, number, scheme)
    pieces = rng.integers(2, 5, count) if variant == "in_parts" else rng.integers(1, 3, count)
    owner, part = split(rng, used, pieces)
    part = rounded(rng, part, 0.4)
    when = send_later(world, at[owner], 0.1, 60)
    payee = rng.choice(payees, count)[owner]
    texts = world.draw_purposes((*TEXTS, "往来款", "装修款"))
    text = rng.choice(texts, len(part))
    device = devices(world, payer[owner])
    sent = world.pay(payer[owner], payee, part, when, text, scheme=number, device=device)
    saved = (prices(world, count) * rng.uniform(0.02, 0.3, count)).astype(np.int64)
    extra = rng.random(count) < 0.6
    world.pay(
        payer[extra],
        rng.choice(payees, int(extra.sum())),
        saved[extra],
        send_later(world, at[extra], 1, 300),
        rng.choice(texts, int(extra.sum())),
    )
    return int(part[sent >= 0].sum())


def over_relatives(
    world: World, loans: Loans, used: Ints, at: Ints, number: int, scheme: Scheme
) -> tuple[Ints, Ints]:
    """Borrowers hand the money to a relative, whom the register may know; returns who and when."""
    rng, count = world.rng, len(loans.row)
    relatives = rng.choice(world.pools["people"], size=count, replace=False)
    for borrower, relative in zip(
        world.owner(loans.account).tolist(), world.owner(relatives).tolist(), strict=True
    ):
        if rng.random() < 0.6 and borrower != relative:
            tie(world, borrower, relative, "kin")
    texts = world.draw_purposes(("转账", "往来款", "借款", "生活费", ""))
    text = rng.choice(texts, count)
    device = devices(world, loans.account)
    world.pay(loans.account, relatives, used, at, text, scheme=number, device=device)
    scheme.accounts += relatives.tolist()
    scheme.parties += [(int(p), "relative") for p in np.unique(world.owner(relatives))]
    return relatives, at


TYPOLOGY = Typology("property_finance", VARIANTS, add_property_finance, lookalikes.KINDS)
