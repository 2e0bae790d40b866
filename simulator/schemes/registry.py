"""Every typology that is put into a province, one line each; the order is that of their making."""

from __future__ import annotations

from simulator.schemes import (
    commingling,
    disguised_clearing,
    disguised_debt,
    excess_return,
    fund_pool,
    illegal_fundraising,
    layering,
    paid_promotion,
    premium_misuse,
    private_investment,
    product_nesting,
    product_splitting,
    related_party,
    reserve_misuse,
    reserve_placement,
    restricted_name,
    self_financing,
    sham_merchant,
    unapproved_exchange,
    unlicensed_business,
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
    premium_misuse.TYPOLOGY,
    disguised_debt.TYPOLOGY,
    unlicensed_business.TYPOLOGY,
    product_splitting.TYPOLOGY,
    product_nesting.TYPOLOGY,
    related_party.TYPOLOGY,
    reserve_placement.TYPOLOGY,
    paid_promotion.TYPOLOGY,
    # A name may be that of any firm without a licence, of whatever story.
    restricted_name.TYPOLOGY,
)
