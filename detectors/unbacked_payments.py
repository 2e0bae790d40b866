"""Payments to lenders and investors that no repayment backs, held against the lines of Y1."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import ExcessReturn
from detectors.context import Institution
from detectors.return_tables import Paid


@dataclass(frozen=True)
class Held:
    """One institution's payments: what was paid, covered and not, to whom, and the realised rates.

    `by_loan` says whether the sums are those of loans with uncovered payments; `returned` are
    lenders or investors, `usual` the rate below which nearly all positions elsewhere lie;
    `amount_fen` is the money at stake, and `sure` says that the sums themselves leave no other
    source than other clients.
    """

    by_loan: bool
    loans: int
    returned: int
    paid_fen: int
    covered_fen: int
    uncovered_fen: int
    own_fen: int
    small_share: float
    rate: float | None
    positions: int
    usual: float | None
    shown: pl.DataFrame
    amount_fen: int
    sure: bool = False


def _rate(
    settings: ExcessReturn, institution: Institution, rates: pl.DataFrame
) -> tuple[float | None, int, float | None]:
    """The median rate of an institution's positions, their number, and what is usual elsewhere."""
    mine = pl.col("institution_id") == institution.institution_id
    own, others = rates.filter(mine)["rate"], rates.filter(~mine)["rate"]
    enough = len(others) >= settings.minimum_peers
    usual = others.quantile(settings.usual_quantile) if enough else None
    median = own.median() if len(own) >= settings.minimum_positions else None
    return median, len(own), usual  # type: ignore[return-value]


def by_loan(
    settings: ExcessReturn, institution: Institution, paid: Paid, own: set[int]
) -> Held | None:
    """What lenders were paid on loans beyond what came in for these; `own` are own accounts."""
    mine = pl.col("institution_id") == institution.institution_id
    loans = paid.loans.filter(mine, pl.col("paid_fen") > 0)
    bare = loans.filter(pl.col("uncovered_fen") > settings.slack_share * pl.col("paid_fen"))
    if not bare.height:
        return None
    shown = paid.loan_transfers.filter(mine, pl.col("from_clients"))
    shown = shown.join(bare, on="loan_id", how="semi")
    rate, positions, usual = _rate(settings, institution, paid.rates)
    from_own = shown.filter(pl.col("payer_account").is_in(list(own)))
    small = from_own.filter(pl.col("amount_fen") <= settings.marketing_fen)
    return Held(
        True,
        bare.height,
        shown["lender"].n_unique(),
        int(loans["paid_fen"].sum()),
        int(loans["covered_fen"].clip(0, loans["paid_fen"]).sum()),
        int(bare["uncovered_fen"].sum()),
        int(from_own["amount_fen"].sum()),
        int(small["amount_fen"].sum()) / max(int(bare["uncovered_fen"].sum()), 1),
        rate,
        positions,
        usual,
        shown,
        int(bare["uncovered_fen"].sum()),
    )


def coupons(settings: ExcessReturn, institution: Institution, paid: Paid) -> Held | None:
    """What lenders got again and again on running loans beyond the interest that borrowers paid.

    A running loan has paid no principal yet. Marketing is a small part of the principal, once.
    """
    mine = pl.col("institution_id") == institution.institution_id
    running = paid.loans.filter(
        mine,
        pl.col("repaid_fen") > 0,
        pl.col("got_fen") <= settings.running_share * pl.col("principal_fen"),
    )
    bare = running.filter(pl.col("beyond_fen") > settings.coupon_gap_share * pl.col("got_fen"))
    shown = paid.loan_transfers.filter(mine).join(bare, on="loan_id", how="semi")
    beyond, lenders = int(bare["beyond_fen"].sum()), shown["lender"].n_unique()
    if (
        bare.height < settings.coupon_loans
        or lenders < settings.minimum_lenders
        or beyond < settings.minimum_coupon_fen
        or beyond < settings.coupon_share * int(bare["principal_fen"].sum())
    ):
        return None
    rate, positions, usual = _rate(settings, institution, paid.rates)
    got = int(bare["got_fen"].sum())
    # Where subsidies stand apart they are what lies beyond; else the whole payments hold it.
    apart = shown.filter("subsidy")
    if int(apart["amount_fen"].sum()) >= (1 - settings.slack_share) * beyond:
        shown = apart
    return Held(
        True, bare.height, lenders, got, got - beyond, beyond, 0, 0.0, rate, positions, usual,
        shown, beyond, sure=True,
    )  # fmt: skip


def overall(settings: ExcessReturn, institution: Institution, paid: Paid) -> Held | None:
    """What persons who had paid in were paid under no loan's number, beyond what others brought."""
    mine = pl.col("institution_id") == institution.institution_id
    rows = paid.totals.filter(mine).rows(named=True)
    if not rows:
        return None
    [row] = rows
    covered = min(row["covered_fen"], row["paid_fen"])
    rate, positions, usual = _rate(settings, institution, paid.rates)
    if row["returned"] < settings.returned_share * row["clients"]:
        return None
    return Held(
        False, 0, row["returned"], row["paid_fen"], covered, row["paid_fen"] - covered, 0, 0.0,
        rate, positions, usual, paid.client_transfers.filter(mine), row["taken_fen"],
    )  # fmt: skip


def ahead(settings: ExcessReturn, institution: Institution, paid: Paid) -> Held | None:
    """Accounts out of which persons got more than they had paid in there, with no other source.

    What had come in from others, and what lay there before, is counted as paid out first, so that
    the rest can only be what other persons had paid in.
    """
    mine = pl.col("institution_id") == institution.institution_id
    rows = paid.ahead.filter(
        mine,
        pl.col("persons") >= settings.minimum_lenders,
        pl.col("uncovered_fen") >= settings.minimum_fen,
        pl.col("uncovered_fen") >= settings.interest_share * pl.col("paid_fen"),
    )
    if not rows.height:
        return None
    rate, positions, usual = _rate(settings, institution, paid.rates)
    shown = paid.client_transfers.filter(mine, pl.col("account").is_in(rows["account"].implode()))
    sums = {
        name: int(rows[name].sum())
        for name in ("persons", "paid_fen", "covered_fen", "uncovered_fen", "taken_fen")
    }
    return Held(
        False, 0, sums["persons"], sums["paid_fen"], sums["covered_fen"], sums["uncovered_fen"], 0,
        0.0, rate, positions, usual, shown, sums["taken_fen"], sure=True,
    )  # fmt: skip


def fires(settings: ExcessReturn, held: Held | None) -> bool:
    """Whether enough was paid without a source, to enough persons, and not as small bonuses."""
    if held is None or not held.shown.height or held.returned < settings.minimum_lenders:
        return False
    if held.sure:
        return True
    share = held.uncovered_fen / max(held.paid_fen, 1)
    high = is_high(settings, held) and share >= settings.interest_share
    return (
        held.uncovered_fen >= settings.minimum_fen
        and (share >= settings.minimum_share or high)
        and held.small_share < settings.marketing_share
    )


def is_high(settings: ExcessReturn, held: Held) -> bool:
    """Whether the realised return lies above nearly all positions of other institutions."""
    return (
        held.rate is not None
        and held.usual is not None
        and held.rate > held.usual + settings.rate_margin
    )
