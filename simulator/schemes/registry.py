"""Every typology that is put into a province, one line each; the order is that of their making."""

from __future__ import annotations

from simulator.schemes import (
    commingling,
    disguised_clearing,
    excess_return,
    fictitious_loan,
    fund_pool,
    illegal_fundraising,
    layering,
    maturity_mismatch,
    own_lending,
    private_investment,
    reserve_misuse,
    self_financing,
    self_guarantee,
    sham_merchant,
    unapproved_exchange,
    unlicensed_payment,
)

TYPOLOGIES = (
    fund_pool.TYPOLOGY,
    self_financing.TYPOLOGY,
    commingling.TYPOLOGY,
    reserve_misuse.TYPOLOGY,
    illegal_fundraising.TYPOLOGY,
    excess_return.TYPOLOGY,
    private_investment.TYPOLOGY,
    unlicensed_payment.TYPOLOGY,
    sham_merchant.TYPOLOGY,
    disguised_clearing.TYPOLOGY,
    unapproved_exchange.TYPOLOGY,
    layering.TYPOLOGY,
    fictitious_loan.TYPOLOGY,
    maturity_mismatch.TYPOLOGY,
    self_guarantee.TYPOLOGY,
    own_lending.TYPOLOGY,
)
