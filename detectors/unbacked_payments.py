"""Payments to lenders and investors that no repayment backs, held against the lines of Y1."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from data.settings import ExcessReturn
from detectors.context import Institution
from detectors.lot_rates import paid_with_a_rate
from detectors.return_tables import Paid

# Whose clients' money runs by loans.
LENDING = ("p2p_platform", "small_loan_company")


@dataclass(frozen=True)
class Held:
    """One institution's payments: what was paid, covered and not, to whom, and the realised rates.

    `by_loan` says whether the sums are those of loans with uncovered payments; `returned` are
    lenders or investors, `usual` the rate below which nearly all positions elsewhere lie;
    `amount_fen` is the money at stake, `line_fen` the least that is reported, and `sure` says that
    the sums themselves leave no other source than other clients. `lay_there_fen` is given where the
    sums are lots with rates, whoever got them: what lay there before the records.
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
    line_fen: int
    sure: bool = False
    lay_there_fen: int | None = None


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
        settings.minimum_fen,
    )


def coupons(
    settings: ExcessReturn, institution: Institution, paid: Paid, own: set[int]
) -> Held | None:
    """What lenders got again and again on running loans beyond the interest that borrowers paid.

    A running loan has paid no principal yet. Marketing is small sums of own money that are a small
    part of the principal.
    """
    mine = pl.col("institution_id") == institution.institution_id
    payments = paid.loan_transfers.filter(mine, ~pl.col("assigned"))
    given = payments.filter("subsidy").group_by("loan_id").agg(
        pl.col("amount_fen").sum().alias("subsidy_fen")
    )  # fmt: skip
    subsidised = pl.col("subsidy_fen") >= (1 - settings.slack_share) * pl.col("got_fen")
    running = (
        paid.loans.filter(
            mine, pl.col("got_fen") <= settings.running_share * pl.col("principal_fen")
        )
        .join(given, on="loan_id", how="left")
        .with_columns(pl.col("subsidy_fen").fill_null(0))
        .filter((pl.col("repaid_fen") > 0) | subsidised)
    )
    bare = running.filter(pl.col("beyond_fen") > settings.coupon_gap_share * pl.col("got_fen"))
    shown = payments.join(bare, on="loan_id", how="semi")
    beyond = int(bare["beyond_fen"].sum())
    # Where subsidies stand apart they are what lies beyond; else the whole payments hold it.
    apart = shown.filter("subsidy")
    if int(apart["amount_fen"].sum()) >= (1 - settings.slack_share) * beyond:
        shown, beyond = apart, int(apart["amount_fen"].sum())
    from_own = shown.filter(pl.col("payer_account").is_in(list(own)), ~pl.col("from_clients"))
    small = from_own.filter(pl.col("amount_fen") <= settings.marketing_fen)
    small_share = int(small["amount_fen"].sum()) / max(beyond, 1)
    lenders, lent = shown["lender"].n_unique(), int(bare["principal_fen"].sum())
    marketing = (
        small_share >= settings.marketing_share and beyond < settings.marketing_lent_share * lent
    )
    if (
        marketing
        or bare.height < settings.coupon_loans
        or lenders < settings.minimum_lenders
        or beyond < settings.minimum_coupon_fen
        or beyond < settings.coupon_share * lent
    ):
        return None
    rate, positions, usual = _rate(settings, institution, paid.rates)
    got = int(bare["got_fen"].sum())
    return Held(
        True, bare.height, lenders, got, got - beyond, beyond, int(from_own["amount_fen"].sum()),
        small_share, rate, positions, usual, shown, beyond, settings.minimum_coupon_fen, sure=True,
    )  # fmt: skip


def overall(settings: ExcessReturn, institution: Institution, paid: Paid) -> Held | None:
    """What persons who had paid in were paid under no loan's number, beyond what others brought.

    What lay in a platform's custody before the records is other clients', and no source either.
    """
    mine = pl.col("institution_id") == institution.institution_id
    rows = paid.totals.join(paid.cover, on="institution_id").filter(mine).rows(named=True)
    if not rows:
        return None
    [row] = rows
    if row["returned"] < settings.returned_share * row["clients"]:
        return None
    others = row["custody_fen"] if institution.kind in LENDING else 0
    covered = min(row["covered_fen"] + row["held_fen"] - others, row["paid_fen"])
    return _beyond_loans(
        settings, institution, paid, row["returned"], row["paid_fen"], covered, row["taken_fen"],
        paid.client_transfers.filter(mine, "till"), sure=False,
    )  # fmt: skip


def at_rates(settings: ExcessReturn, institution: Institution, paid: Paid) -> Held | None:
    """Round lots with fixed rates on them, paid by a platform under no loan's number.

    Whoever they go to, what lay there before the records, or what others brought, is not enough to
    pay them: borrowers' money would have to come in, and does not.
    """
    mine = pl.col("institution_id") == institution.institution_id
    rows = paid.cover.filter(mine).rows(named=True)
    if institution.kind not in LENDING or not rows:
        return None
    [row] = rows
    flow = paid.client_transfers.filter(mine, "till")
    out = flow.filter(~pl.col("incoming"))
    fitting = out.filter(
        pl.Series(paid_with_a_rate(settings, out["amount_fen"].to_numpy()), dtype=pl.Boolean)
    )
    total = int(fitting["amount_fen"].sum())
    if total < settings.rate_share * int(out["amount_fen"].sum()):
        return None
    held = _beyond_loans(
        settings, institution, paid, fitting["other"].n_unique(), total,
        min(row["covered_fen"], total), row["taken_fen"], flow, sure=False,
    )  # fmt: skip
    return replace(held, lay_there_fen=row["held_fen"])


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
    shown = paid.client_transfers.filter(mine, pl.col("account").is_in(rows["account"].implode()))
    sums = {
        name: int(rows[name].sum())
        for name in ("persons", "paid_fen", "covered_fen", "uncovered_fen", "taken_fen")
    }
    held = _beyond_loans(
        settings, institution, paid, sums["persons"], sums["paid_fen"], sums["covered_fen"],
        sums["taken_fen"], shown, sure=True,
    )  # fmt: skip
    return replace(held, uncovered_fen=sums["uncovered_fen"])


def _beyond_loans(
    settings: ExcessReturn,
    institution: Institution,
    paid: Paid,
    returned: int,
    paid_fen: int,
    covered_fen: int,
    taken_fen: int,
    shown: pl.DataFrame,
    *,
    sure: bool,
) -> Held:
    """What investors were paid under no loan's number; at stake is what they had paid in."""
    rate, positions, usual = _rate(settings, institution, paid.rates)
    return Held(
        False, 0, returned, paid_fen, covered_fen, paid_fen - covered_fen, 0, 0.0, rate, positions,
        usual, shown, taken_fen, settings.minimum_fen, sure=sure,
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
