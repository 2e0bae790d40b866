"""Every typology that is put into a province, one line each; the order is that of their making."""

from __future__ import annotations

from simulator.schemes import (
    commingling,
    fund_pool,
    reserve_misuse,
    self_financing,
    unlicensed_payment,
)

TYPOLOGIES = (
    fund_pool.TYPOLOGY,
    self_financing.TYPOLOGY,
    commingling.TYPOLOGY,
    reserve_misuse.TYPOLOGY,
    unlicensed_payment.TYPOLOGY,
)
