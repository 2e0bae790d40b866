"""An issuer of equity products: its platform, what it raised, paid back, and passed on."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from detectors.context import Context, Institution
from detectors.equity_money import EquityMoney
from detectors.evidence import fen
from detectors.fixed_returns import Returns, fixed_returns

PLATFORMS = ("crowdfunding_platform", "p2p_platform")


@dataclass(frozen=True)
class Issue:
    """An issuer of equity products with its platform, and what was measured of its money.

    `raised` are the payments of natural persons and others outside of the circle, `unknown` those
    of unknown holders, where nearly all others who pay in are investors; `to_circle` what
    the raising accounts paid to the platform's circle, `passed_on` what those of others paid the
    issuer itself; `registered` are the keys of its products and their holdings; `raised_by` who
    holds the raising accounts.
    """

    issuer: int
    platform: Institution | None
    in_circle: bool
    raised: pl.DataFrame
    unknown: pl.DataFrame
    paid: pl.DataFrame
    to_circle: pl.DataFrame
    passed_on: pl.DataFrame
    registered: pl.DataFrame
    raised_by: tuple[int, ...]
    circle_share: float
    returns: Returns | None
    promised: bool

    @property
    def raised_fen(self) -> int:
        """What was raised, in fen."""
        return fen(self.raised)

    @property
    def seen_fen(self) -> int:
        """What of it the records show being paid in; all, where only holdings are known."""
        paid = self.raised.filter(~pl.col("ref").str.starts_with("holding:"))
        return fen(paid) + fen(self.unknown) or self.raised_fen

    @property
    def investors(self) -> int:
        """The number of investors."""
        return self.raised["person"].n_unique()


def read_issue(context: Context, money: EquityMoney, issuer: int, issues: pl.DataFrame) -> Issue:
    """Put together one issuer's money, without what its platform's circle paid or got."""
    platform = _platform(context, issuer, issues)
    circle = set(context.closure(platform)) if platform else set()
    flow = money.flow.filter(pl.col("issuer") == issuer, ~pl.col("person").is_in(list(circle)))
    raised = flow.filter("incoming")
    total = max(int(raised["amount_fen"].sum()), 1)
    investors = set(raised["person"])
    to_circle = money.spent.filter(
        pl.col("issuer") == issuer,
        pl.col("payee").is_in(list(circle - {issuer} - investors)),
    )
    return Issue(
        issuer=issuer,
        platform=platform,
        in_circle=issuer in circle,
        raised=raised,
        unknown=_unknown(context, money.rest.filter(pl.col("issuer") == issuer), raised),
        paid=flow.filter(~pl.col("incoming")),
        to_circle=to_circle,
        passed_on=money.spent.filter(pl.col("issuer") == issuer, pl.col("payee") == issuer),
        registered=money.registered.filter(pl.col("issuer") == issuer),
        raised_by=tuple(issues["raised_by"].drop_nulls().unique().sort()),
        circle_share=int(to_circle["amount_fen"].sum()) / total,
        returns=fixed_returns(context.settings.fixed_returns, flow),
        promised=issues["promised_rate"].is_not_null().any(),
    )


def _unknown(context: Context, rest: pl.DataFrame, raised: pl.DataFrame) -> pl.DataFrame:
    """What unknown holders paid in, where nearly all that the others did is investors' money."""
    invested = fen(raised.filter(~pl.col("ref").str.starts_with("holding:")))
    known = invested + fen(rest.filter(~pl.col("unknown")))
    alike = invested >= context.settings.detectors.unknown_like_share * known > 0
    return rest.filter("unknown") if alike else rest.clear()


def _platform(context: Context, issuer: int, issues: pl.DataFrame) -> Institution | None:
    """The platform that sells an issuer's equity: its manager, or whom the raising account serves;
    else one in whose circle the issuer is."""
    platforms = [i for i in context.institutions if i.kind in PLATFORMS]
    selling = {*issues["manager"].drop_nulls()}
    served = {*issues["served"].drop_nulls()}
    for platform in platforms:
        if platform.party_no in selling or platform.institution_id in served:
            return platform
    near = [
        (len(context.closure(platform)[issuer].chain), platform.institution_id, platform)
        for platform in platforms
        if issuer in context.closure(platform)
    ]
    return min(near, key=lambda each: each[:2])[2] if near else None
