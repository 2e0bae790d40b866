"""Innocent firms beside licensed ones: vendors at a flat fee, licensed lenders and partners."""

from __future__ import annotations

import numpy as np

from simulator.companies import found_companies, found_institution, open_account
from simulator.crowds import draw_people, pay_in
from simulator.licensed_business import lend_out, pay_flat_fee, share_fees
from simulator.stage import Stage
from simulator.workdays import DAY

KINDS_OF_CLIENT_BUSINESS = ("asset_manager", "insurer", "small_loan_company", "p2p_platform")


def run_vendor(stage: Stage) -> None:
    """A software firm is paid the same fee by a licensed firm, however much business that does."""
    world, rng = stage.world, stage.world.rng
    kind = str(rng.choice(KINDS_OF_CLIENT_BUSINESS))
    party, own = found_institution(world, stage.banks, kind)
    clients = open_account(world, stage.banks, party)
    pay_in(world, draw_people(world, 40, 260), np.array([clients]), ("投资款", "保费", "转账", ""))
    vendor = int(found_companies(world, stage.banks, 1)[0])
    pay_flat_fee(world, own, vendor, world.lots(1_500, 90_000))
    world.resembles("unlicensed_business", "it_vendor", vendor, institution=party)


def run_licensed_lender(stage: Stage) -> None:
    """A small-loan company lends as its licence says."""
    world = stage.world
    party, own = found_institution(world, stage.banks, "small_loan_company")
    lend_out(world, own)
    world.resembles("unlicensed_business", "licensed_lender", own, institution=party)


def run_partners(stage: Stage) -> None:
    """Two licensed firms share what one earns on clients whom the other brought."""
    world, rng = stage.world, stage.world.rng
    kinds = rng.choice(KINDS_OF_CLIENT_BUSINESS, size=2, replace=False)
    (party, own), (other, partner) = (
        found_institution(world, stage.banks, str(kind)) for kind in kinds
    )
    clients = open_account(world, stage.banks, party)
    people = draw_people(world, 40, 260)
    paid = pay_in(world, people, np.array([clients]), ("投资款", "保费", "转账", ""))
    came = np.bincount(paid.at // DAY, paid.amount, minlength=world.period.days).astype(np.int64)
    share_fees(world, own, partner, came)
    world.resembles("unlicensed_business", "licensed_partners", partner, institution=other)


KINDS = (run_vendor, run_licensed_lender, run_partners)
