"""Every detector, one line each; the order is the order in which they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from detectors import (
    borrower_cap,
    commingling,
    disguised_clearing,
    disguised_debt,
    excess_return,
    fictitious_loan,
    fund_pool,
    illegal_fundraising,
    layering,
    margin_finance,
    maturity_mismatch,
    offline_sales,
    own_lending,
    paid_promotion,
    premium_misuse,
    private_investment,
    product_nesting,
    product_splitting,
    property_finance,
    related_party,
    reserve_misuse,
    reserve_placement,
    restricted_name,
    self_financing,
    self_guarantee,
    sham_merchant,
    unapproved_exchange,
    unlicensed_business,
    unlicensed_payment,
)
from detectors.context import Context
from detectors.description import Description
from detectors.finding import CannotConclude, Finding


class Detector(Protocol):
    """What a detector's module holds."""

    NAME: str
    CODE: str
    CLAUSE: str
    SEVERITY: int
    LEAD_OFFICE: str
    TITLE: tuple[str, str]
    CHINESE: Description

    def detect(self, context: Context) -> Iterator[Finding | CannotConclude]:
        """Yield what was found, and what could not be judged."""
        ...


DETECTORS: tuple[Detector, ...] = (
    fund_pool,
    excess_return,
    maturity_mismatch,
    self_guarantee,
    own_lending,
    borrower_cap,
    property_finance,
    margin_finance,
    self_financing,
    commingling,
    reserve_misuse,
    paid_promotion,
    restricted_name,
    related_party,
    unlicensed_business,
    reserve_placement,
    disguised_clearing,
    layering,
    sham_merchant,
    unlicensed_payment,
    illegal_fundraising,
    fictitious_loan,
    private_investment,
    unapproved_exchange,
    disguised_debt,
    premium_misuse,
    product_nesting,
    product_splitting,
    offline_sales,
)


def detect_all(context: Context) -> list[Finding | CannotConclude]:
    """Run every detector, in order."""
    return [said for detector in DETECTORS for said in context.said(detector)]
