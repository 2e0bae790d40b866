"""Which of a platform's loans are made up: by signs of their own, and by those of others."""

from __future__ import annotations

import polars as pl

from data.settings import FictitiousLoan


def signs(settings: FictitiousLoan) -> dict[str, pl.Expr]:
    """Whether a loan is made up, whether for strong signs, and what else was counted on the way.

    Borrowers who share contacts or collateral and pay into one account need not pass all of it on.
    A young account or a common payee alone is weak, and little business of the borrower's own
    already speaks against it.
    """
    shared = pl.col("shared") != ""
    weak = pl.col("fresh").cast(pl.Int64) + pl.col("meets").cast(pl.Int64)
    least = pl.when(shared).then(settings.business_share).otherwise(settings.some_business_share)
    busy = (pl.col("business_days") >= settings.business_days) & (
        pl.col("business_fen") >= least * pl.col("principal_fen")
    )
    soon = pl.col("soon_share") >= settings.soon_share
    later = pl.col("later_share") >= settings.later_share
    partly = pl.col("later_share") >= settings.partly_share
    strong = pl.col("visible") & (
        (soon & (shared | (weak == 2)))
        | (later & shared & (weak >= 1))
        | (later & (weak == 2))
        | (partly & shared & pl.col("meets"))
    )
    passed = strong | (pl.col("visible") & soon & (weak >= 1))
    never = pl.col("unpaid") & pl.col("heard")
    unpaid = never & ~pl.col("explained")
    owing = pl.col("owing") & pl.col("heard") & ~pl.col("explained")
    return {
        "further": weak + shared.cast(pl.Int64),
        "has_business": busy & passed,
        "entrusted": never & pl.col("explained"),
        "strong": unpaid | (strong & ~busy),
        "made_up": unpaid | (passed & ~busy),
        "alike": pl.col("visible") & ~busy & pl.any_horizontal(pl.col("meets") & soon, shared),
        "owing": owing,
    }


def made_up(
    settings: FictitiousLoan, loans: pl.DataFrame, meeting_money: pl.DataFrame
) -> pl.DataFrame:
    """Choose the made-up loans of every platform that has enough of them.

    `loans` has the columns of ``signs``; `meeting_money` is as ``read_meeting_money`` gives it.
    """
    chosen = [
        _of_platform(settings, held, meeting_money.join(held.select("institution_id").unique(),
                                                        on="institution_id", how="semi"))
        for _, held in loans.group_by("institution_id", maintain_order=True)
    ]  # fmt: skip
    return pl.concat([loans.clear(), *chosen])


def _of_platform(
    settings: FictitiousLoan, held: pl.DataFrame, meeting_money: pl.DataFrame
) -> pl.DataFrame:
    """Where some surely are, so are those whose money meets theirs, those whose borrowers share
    with others what theirs share, and those that wait longer than the platform's real loans.

    Weak signs take more loans: it may be a supplier.
    """
    if held.filter("strong").height < settings.minimum_loans:
        weak = held.filter("made_up")
        enough = max(settings.weak_loans, settings.weak_loan_share * held.height)
        return weak if weak.height >= enough else weak.clear()
    owing = _waiting(settings, held)
    held = held.with_columns((pl.col("unpaid") | owing).alias("unpaid"))
    sure = held.filter(pl.col("strong") | pl.col("alike") | owing)
    known = 0
    while known < sure.height:  # who joins them brings others
        known = sure.height
        joined = _joined(settings, held, sure, meeting_money)
        sure = held.filter(pl.col("loan_id").is_in(sure["loan_id"].implode()) | joined)
    return sure


def _waiting(settings: FictitiousLoan, held: pl.DataFrame) -> pl.Expr:
    """Which loans are not paid out though nearly all of the platform's others were by then.

    Where none was ever paid out, nothing tells how soon they would be.
    """
    waited = (pl.col("paid_on") - pl.col("invested_on")).dt.total_days()
    usual = waited.quantile(settings.usual_quantile)
    since = (pl.col("last") - pl.col("invested_on")).dt.total_days()
    longer: pl.Expr = since > usual + settings.waiting_days
    return pl.col("unpaid").any() & pl.col("owing") & longer.fill_null(value=False)


def _joined(
    settings: FictitiousLoan, held: pl.DataFrame, sure: pl.DataFrame, meeting_money: pl.DataFrame
) -> pl.Expr:
    """Which loans went to accounts of whose borrowers' money most is of the sure ones.

    A borrower whose own takings are a good part of the loan may have been supplied from there.
    """
    of_sure = pl.col("loan_id").is_in(sure["loan_id"].implode())
    accounts = meeting_money.group_by("account").agg(
        pl.col("amount_fen").filter(of_sure).sum().alias("sure_fen"),
        pl.col("amount_fen").sum().alias("all_fen"),
    )
    theirs = accounts.filter(pl.col("sure_fen") >= settings.joined_share * pl.col("all_fen"))
    sums = (
        meeting_money.join(theirs, on="account", how="semi")
        .group_by("loan_id")
        .agg(pl.col("amount_fen").sum())
        .join(held.select("loan_id", "paid_fen"), on="loan_id")
        .filter(pl.col("amount_fen") >= settings.joined_share * pl.col("paid_fen"))
    )
    trades = pl.col("business_fen") >= settings.joined_share * pl.col("principal_fen")
    return pl.col("loan_id").is_in(sums["loan_id"].implode()) & ~trades
