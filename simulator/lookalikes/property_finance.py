"""Innocent borrowers and sellers that resemble property finance: renovation, rent, own savings."""

from __future__ import annotations

import numpy as np

from simulator.amounts import rounded, split
from simulator.companies import found_companies
from simulator.lending import draw_lenders, lend, run_honest
from simulator.people import devices, send_later
from simulator.platforms import found_platform
from simulator.property_market import found_developer, sell_homes
from simulator.purposes import PURPOSE
from simulator.registers import INDUSTRIES
from simulator.rows import Ints
from simulator.stage import Stage

RENOVATION = INDUSTRIES.index("E50")


def lend_for(stage: Stage, payees: Ints, texts: tuple[str, ...], purpose: str) -> int:
    """A platform lends to persons who pay the money on to such payees; returns its custody."""
    world, rng = stage.world, stage.world.rng
    platform = found_platform(world, stage.banks)
    run_honest(world, platform, share=float(rng.uniform(0.1, 0.9)))
    lenders = draw_lenders(world, 100 * world.sizes.crowd)
    count = int(world.lots(4, 45))
    people = rng.choice(world.pools["people"], size=count, replace=False)
    level = world.lots(20_000, 400_000)
    loans = lend(world, platform, lenders, people, median_yuan=level, latest_share=0.75)
    world.loans.column("purpose")[loans.row] = PURPOSE[purpose]
    loans = loans.paid_out()
    used = (loans.principal * rng.uniform(0.6, 1.0, len(loans.row))).astype(np.int64)
    owner, part = split(rng, used, rng.integers(1, 5, len(loans.row)))
    payer = loans.account[owner]
    at = send_later(world, loans.disbursed_at[owner], 0.5, world.lots(20, 350))
    text = rng.choice(world.draw_purposes(texts), len(part))
    payee = rng.choice(payees, len(loans.row))[owner]
    amount = rounded(rng, part, 0.4)
    world.pay(payer, payee, amount, at, text, device=devices(world, payer))
    return platform.collect


def lend_for_renovation(stage: Stage) -> None:
    """Borrowers renovate: a building-decoration firm is paid in parts."""
    world, rng = stage.world, stage.world.rng
    firms = found_companies(world, stage.banks, int(rng.integers(1, 4)))
    world.parties.column("industry")[world.owner(firms)] = RENOVATION
    custody = lend_for(stage, firms, ("装修款", "工程款", "材料款", "定金", ""), "装修款")
    party = int(world.owner(np.array([custody]))[0])
    world.resembles("property_finance", "renovation", custody, institution=party)


def lend_for_rent(stage: Stage) -> None:
    """Borrowers pay a year's rent ahead to landlords."""
    world, rng = stage.world, stage.world.rng
    owners = rng.choice(world.pools["people"], 60)
    custody = lend_for(stage, owners, ("房租", "租金", "预付款", ""), "房租")
    party = int(world.owner(np.array([custody]))[0])
    world.resembles("property_finance", "rent_ahead", custody, institution=party)


def sell_from_savings(stage: Stage) -> None:
    """A developer whose buyers pay its presale account out of what they saved."""
    world = stage.world
    own, escrow = found_developer(world, stage.banks)
    sell_homes(world, escrow)
    world.resembles("property_finance", "presale_escrow", escrow, own)


KINDS = (lend_for_renovation, lend_for_rent, sell_from_savings)
