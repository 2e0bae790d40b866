"""What a fundraising scheme pays back: by what rule, to whom, and how a finding says so."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import IllegalFundraising
from detectors.evidence import fen, yuan
from detectors.fixed_returns import Returns
from detectors.lot_returns import LotReturns
from detectors.raised_money import Raised
from detectors.raising import Scheme
from detectors.unknown_payers import unknown_text

# Rates that a finding's sentence names.
MOST_NAMED = 4


@dataclass(frozen=True)
class Promise:
    """What a scheme pays back: plans that payers' own lots follow, or rates on the usual lots."""

    plans: Returns | None
    rated: LotReturns

    @property
    def persons(self) -> int:
        """Who is paid so."""
        return self.plans.persons if self.plans else self.rated.persons

    @property
    def share(self) -> float:
        """The share of the payments to persons that is such a return."""
        return self.plans.plan_share if self.plans else self.rated.share

    def least_share(self, settings: IllegalFundraising) -> float:
        """The line for that share."""
        return settings.minimum_plan_share if self.plans else settings.minimum_rated_share

    def paid_fen(self, scheme: Scheme) -> int:
        """What is paid so, in fen."""
        return self.plans.paid_fen if self.plans else fen(scheme.paid_out.filter(self.rated.fits))


def promise_texts(raised: Raised, promise: Promise, scheme: Scheme) -> tuple[str, str]:
    """What a scheme took and pays back, in Chinese and English."""
    unknown = raised.incoming.with_columns((pl.col("person") < -1).alias("unknown"))
    zh, en = _said(raised, promise, scheme)
    more_zh, more_en = unknown_text(unknown)
    cash_zh, cash_en = _cash_text(scheme)
    return zh + more_zh + cash_zh, en + more_en + cash_en


def _cash_text(scheme: Scheme) -> tuple[str, str]:
    """What a text adds of lots in cash; nothing where there are none."""
    if scheme.cash.is_empty():
        return "", ""
    more = yuan(fen(scheme.cash))
    return (
        f"；收款卡另有无法识别缴款人的整额现金存入 {more} 元",
        f"; {more} yuan more were lots in cash that nobody known paid in on the collectors' cards",
    )


def _said(raised: Raised, promise: Promise, scheme: Scheme) -> tuple[str, str]:
    taken, paid = yuan(fen(raised.incoming)), yuan(promise.paid_fen(scheme))
    if promise.plans is None:
        rates = [f"{100 * (rate - (rate > 1)):.2f}%" for rate in promise.rated.rates[:MOST_NAMED]]
        return (
            f"从 {raised.payers} 名以整额付款的自然人处收取 {taken} 元，并向 {promise.persons} 名"
            f"自然人付款 {paid} 元，金额均为整额的少数几档比例（{'、'.join(rates)}），其中多数人的"
            "本金早于现有记录",
            f"Took {taken} yuan from {raised.payers} natural persons who paid in round lots, and "
            f"paid {promise.persons} persons {paid} yuan in sums that are one of a few rates on "
            f"such lots ({', '.join(rates)}); most of their own lots are older than the records",
        )
    plans = promise.plans
    whole = plans.ratio > 1
    percent = f"{100 * (plans.ratio - whole):.2f}%"
    zh = f"最常见为每 {plans.interval_days} 日付本金的 {percent}"
    en = f"most often {percent} of the principal every {plans.interval_days} days"
    if whole:
        zh = f"最常见为 {plans.interval_days} 日后连本带 {percent} 的收益付还"
        en = f"most often the principal with {percent} on top after {plans.interval_days} days"
    return (
        f"从 {raised.payers} 名以整额付款的自然人处收取 {taken} 元，并按固定比例向其中 "
        f"{promise.persons} 人付还 {paid} 元，{zh}（折合年 {plans.yearly_rate:.1%}）",
        f"Took {taken} yuan from {raised.payers} natural persons who paid in round lots, and paid "
        f"{promise.persons} of them {paid} yuan in fixed parts of what they had paid, {en} "
        f"({plans.yearly_rate:.1%} a year)",
    )
