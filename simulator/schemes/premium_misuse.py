"""I1 premium misuse: premiums stay with an agency, earn a promised yield, or fund a subsidiary."""

from __future__ import annotations

import numpy as np

from simulator.circles import tie
from simulator.companies import found_beneficiaries, found_companies, found_institution
from simulator.crowds import Deposits, pay_back, spend_lumps
from simulator.insurers import (
    PREMIUM_TEXTS,
    SURRENDER_TEXTS,
    found_agency,
    found_insurer,
    remit,
    sell_policies,
)
from simulator.lookalikes import premium_misuse as lookalikes
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import HOUR
from simulator.world import Scheme, World

VARIANTS = ("agency_keeps", "fixed_yield", "to_subsidiary", "premium_swap")
SPENT_TEXTS = ("往来款", "借款", "投资款", "货款", "服务费", "")
AFFILIATES = ("p2p_platform", "investment_firm", "asset_manager", "property_developer")


def add_premium_misuse(stage: Stage, variant: str) -> None:
    """Take premiums from a crowd, and use them for something else than insurance."""
    world, rng = stage.world, stage.world.rng
    insurer, account = found_insurer(stage)
    guilty, taker = insurer, account
    if variant == "agency_keeps" or (variant == "fixed_yield" and rng.random() < 0.5):
        guilty, taker = found_agency(stage, licensed=bool(rng.random() < 0.6))
    number, scheme = world.begin_scheme("premium_misuse", variant, guilty)
    scheme.parties = [(guilty, "organiser")]
    scheme.accounts = [taker]
    early = 0.6 if variant in ("fixed_yield", "premium_swap") else 0.9
    # A licensed insurer's premiums are in order; what it does with them is not.
    own = number if variant != "to_subsidiary" else -1
    premiums = sell_policies(world, np.array([taker]), latest_share=early, scheme=own)
    if variant == "agency_keeps":
        every = int(rng.integers(2, 16))
        sent = float(rng.uniform(0.0, 0.7))
        remit(world, taker, account, premiums, sent, every, int(rng.integers(0, 8)))
        spend(stage, taker, guilty, int(premiums.total * (1 - sent) * 0.9), scheme, number)
        scheme.stake_fen = int(premiums.total * (1 - sent))
    elif variant == "fixed_yield":
        surrender(world, taker, premiums, number)
    elif variant == "to_subsidiary":
        ends = subsidiaries(stage, guilty, scheme)
        total = int(premiums.total * rng.uniform(0.2, 0.9))
        spend_lumps(world, taker, ends, total, SPENT_TEXTS, scheme=number)
        scheme.stake_fen = total
    else:
        swap(stage, taker, guilty, premiums, scheme, number)


def spend(stage: Stage, taker: int, guilty: int, total: int, scheme: Scheme, number: int) -> None:
    """The agency's owners and their firms use what was not remitted."""
    world = stage.world
    ends = found_beneficiaries(world, stage.banks, guilty)
    scheme.parties += [(int(owner), "beneficiary") for owner in world.owner(ends)]
    spend_lumps(world, taker, ends, total, SPENT_TEXTS, scheme=number)


def surrender(world: World, taker: int, premiums: Deposits, number: int) -> None:
    """Most policies are given back after the same days, with the same yield on each."""
    rng = world.rng
    count = len(premiums.payer)
    chosen = rng.permutation(count)[: max(int(count * rng.uniform(0.4, 1.0)), 1)]
    days, rate = int(rng.integers(3, 16)), float(rng.uniform(0.0005, 0.02))
    amount = (premiums.amount[chosen] * (1 + rate)).astype(np.int64)
    hours = days * 24 + rng.integers(-3, 4, len(chosen))
    pay_back(world, taker, premiums, chosen, amount, hours, SURRENDER_TEXTS, scheme=number)


def subsidiaries(stage: Stage, insurer: int, scheme: Scheme) -> Ints:
    """Firms that the insurer owns and that are no insurers; some are institutions themselves."""
    world, rng = stage.world, stage.world.rng
    accounts = []
    for _ in range(int(rng.integers(1, 4))):
        if rng.random() < 0.6:
            kind = str(rng.choice(AFFILIATES))
            licensed = bool(rng.random() < 0.5)
            party, own = found_institution(world, stage.banks, kind, licensed=licensed)
        else:
            own = int(found_companies(world, stage.banks, 1)[0])
            party = int(world.owner(np.array([own]))[0])
        tie(world, insurer, party, "shareholder", round(rng.uniform(0.3, 1.0), 2))
        scheme.parties.append((party, "beneficiary"))
        accounts.append(own)
    return np.array(accounts)


def swap(
    stage: Stage, taker: int, insurer: int, premiums: Deposits, scheme: Scheme, number: int
) -> None:
    """Policies are surrendered, and the holders put the money into a sister's product at once."""
    world, rng = stage.world, stage.world.rng
    ends = subsidiaries(stage, insurer, scheme)
    scheme.accounts += ends.tolist()
    count = len(premiums.payer)
    chosen = rng.permutation(count)[: max(int(count * rng.uniform(0.4, 1.0)), 1)]
    amount = (premiums.amount[chosen] * rng.uniform(0.97, 1.02, len(chosen))).astype(np.int64)
    hours = rng.integers(30, 300, len(chosen))
    pay_back(world, taker, premiums, chosen, amount, hours, SURRENDER_TEXTS, scheme=number)
    scheme.stake_fen = int(premiums.amount[chosen].sum())
    wait = rng.integers(1, int(rng.integers(4, 60)), len(chosen))
    kept = (amount * rng.uniform(0.95, 1.0, len(chosen))).astype(np.int64)
    at = premiums.at[chosen] + (hours + wait) * HOUR
    texts = rng.choice(world.draw_purposes((*PREMIUM_TEXTS, "理财")), len(chosen))
    payee = rng.choice(ends, len(chosen))
    world.pay(premiums.payer[chosen], payee, kept, at, texts, scheme=number)


TYPOLOGY = Typology("premium_misuse", VARIANTS, add_premium_misuse, lookalikes.KINDS)
