"""Bonuses that lenders are paid beyond any loan, held against the lines of excess return."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import ExcessReturn
from detectors.evidence import Evidence, fen, read_evidence, yuan
from detectors.finding import Lookalike, Measure


@dataclass(frozen=True)
class BonusCase:
    """One institution's bonuses that count: the sum, what shows it, how sure, and who paid.

    `from_clients` is the share out of clients' money; `roles` pairs of party number and role.
    """

    amount_fen: int
    from_clients: float
    certainty: float
    evidence: Evidence
    measures: dict[str, Measure]
    lookalikes: tuple[Lookalike, ...]
    text: tuple[str, str]
    roles: tuple[tuple[int, str], ...]


def judge_bonuses(settings: ExcessReturn, paid: pl.DataFrame) -> BonusCase | None:
    """Bonuses beyond interest that lenders are paid, but for small fixed ones of own money.

    Out of clients' money every bonus counts. Own money counts where the sums follow what each had
    lent; small sums, and a few fixed ones, are marketing. `paid` is as ``read_bonuses`` gives it.
    """
    capped = (pl.col("kind") != "clients") & (pl.col("amount_fen") <= settings.marketing_fen)
    chosen = paid.filter(~capped)
    clients = int(chosen.filter(pl.col("kind") == "clients")["amount_fen"].sum())
    amount, lenders = int(chosen["amount_fen"].sum()), chosen["lender"].n_unique()
    if amount < settings.minimum_coupon_fen or lenders < settings.minimum_lenders:
        return None
    lent = int(chosen.unique("lender")["lent_fen"].sum())
    common = chosen["amount_fen"].value_counts(sort=True).sort("count", descending=True)
    fixed = int(common.head(settings.bonus_sums)["count"].sum()) / chosen.height
    share = amount / max(lent, 1)
    if not clients and (fixed >= settings.bonus_fixed_share or share < settings.bonus_share):
        return None
    # The small ones of the same payers and the same money go by the same scale.
    sources = chosen.select("payer", "kind").unique()
    left_out = fen(paid.join(sources, on=["payer", "kind"], how="anti"))
    chosen = paid.join(sources, on=["payer", "kind"], how="semi")
    amount, lenders = fen(chosen), chosen["lender"].n_unique()
    share = amount / max(int(chosen.unique("lender")["lent_fen"].sum()), 1)
    from_clients = clients / max(amount, 1)
    lookalikes = (
        Lookalike(
            "marketing_cash",
            bool(clients) or fixed < settings.bonus_fixed_share / 2,
            f"小额补贴 {yuan(left_out)} 元未计入；所计款项中 {fixed:.0%} 为少数几种固定金额",
            f"small bonuses of {yuan(left_out)} yuan are left "
            f"out; {fixed:.0%} of what is counted are a few fixed sums",
        ),
        Lookalike(
            "withdrawals",
            True,
            "出借人此前存入同一账户而未用于出借的款项，其取回未计入",
            "what lenders had paid into the same account without lending it, and withdrew, is "
            "left out",
        ),
    )
    payers = chosen.filter(pl.col("payer") >= 0)["payer"].unique().sort()
    return BonusCase(
        amount,
        from_clients,
        settings.confidence_least
        + settings.confidence_share * from_clients
        + settings.confidence_lenders * min(lenders / settings.sure_lenders, 1),
        read_evidence(chosen),
        {
            "bonus_fen": Measure(amount, settings.minimum_coupon_fen, "fen"),
            "lenders": Measure(lenders, settings.minimum_lenders, "persons"),
            "bonus_share": Measure(round(share, 4), settings.bonus_share, "share"),
            "clients_share": Measure(round(from_clients, 4), settings.minimum_share, "share"),
        },
        lookalikes,
        (
            f"{lenders} 名出借人在标的本息之外收到 {yuan(amount)} 元（占其出借额的 {share:.1%}），"
            "其中 "
            f"{yuan(clients)} 元出自存放客户资金的账户",
            f"{lenders} lender(s) were paid {yuan(amount)} yuan beyond principal and interest of "
            "any "
            f"loan ({share:.1%} of what they had lent), {yuan(clients)} yuan of it out of accounts "
            "that hold clients' money",
        ),
        tuple((int(number), "shell") for number in payers),
    )
