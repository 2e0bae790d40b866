"""What a finding of a fund pool says, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from detectors.detours import Detour
from detectors.evidence import yuan
from detectors.pool_measures import Measured, total
from detectors.pool_money import PoolMoney


@dataclass(frozen=True)
class Shown:
    """The evidence of one pool over all records: its parts, and the day of the first transfer."""

    from_persons: pl.DataFrame
    unknown: pl.DataFrame
    outgoing: pl.DataFrame
    inner: pl.DataFrame
    since: date


def texts(
    found: Measured,
    accounts: int,
    days: int,
    shown: Shown,
    money: PoolMoney,
    detour: Detour | None,
) -> tuple[str, str]:
    """What a finding of a pool says: in the window, in all records, and where the money went."""
    public, paid, returned = map(yuan, (found.public_fen, found.paid_fen, found.returned_fen))
    zh, en = (
        beyond + followed
        for beyond, followed in zip(_beyond(found, shown), _followed(money, detour), strict=True)
    )
    return (
        f"最近 {days} 日内，{accounts} 个未登记存管的账户从 {found.payers} 名自然人处归集 {public} "
        f"元，向 {found.payees} 个对手方付出 {paid} 元；其中 {found.back} 名付款人又从中收到 "
        f"{returned} 元，且进账未与借款一一对应{zh}",
        f"Within the last {days} days {accounts} account(s) not registered for custody took "
        f"{public} yuan from {found.payers} natural persons and paid {paid} yuan to {found.payees} "
        f"counterparties; {found.back} of the payers were paid {returned} yuan out of it again, "
        f"and the credits match no loans one to one{en}",
    )


def _beyond(found: Measured, shown: Shown) -> tuple[str, str]:
    """What the evidence holds beyond the window and the pool's dealings with others."""
    zh, en = "", ""
    if shown.inner.height:
        moved = yuan(total(shown.inner))
        zh += f"；账户之间另有 {moved} 元互转"
        en += f"; {moved} yuan moved between these accounts"
    if total(shown.from_persons) != found.public_fen or total(shown.outgoing) != found.paid_fen:
        taken, paid = yuan(total(shown.from_persons)), yuan(total(shown.outgoing))
        payers = shown.from_persons["other"].n_unique()
        zh += (
            f"；自 {shown.since} 起的全部记录中，共从 {payers} 名自然人处归集 {taken} 元，"
            f"付出 {paid} 元"
        )
        en += (
            f"; in all records since {shown.since} they took {taken} yuan from {payers} natural "
            f"persons and paid {paid} yuan"
        )
    if shown.unknown.height:
        more = yuan(total(shown.unknown))
        zh += f"；另有 {more} 元来自持有人不明的账户，已知付款人几乎全为自然人，故一并计入"
        en += (
            f"; {more} yuan more came from accounts of unknown holders, counted with the rest as "
            "nearly all known payers are natural persons"
        )
    return zh, en


def _followed(money: PoolMoney, detour: Detour | None) -> tuple[str, str]:
    """What following the persons' money through all accounts says."""
    zh, en = "", ""
    if money.others_fen:
        back, others = yuan(money.returned_fen), yuan(money.others_fen)
        share = f"{money.others_fen / money.returned_fen:.1%}"
        zh += (
            f"；全部记录中付回先前付款人的 {back} 元里，至少 {others} 元（{share}）"
            "出自他人投入的本金"
        )
        en += (
            f"; of {back} yuan paid back to earlier payers in all records at least {others} yuan "
            f"({share}) came out of what others had paid in"
        )
    if detour is not None:
        over, parties = yuan(detour.amount_fen), len(detour.passed)
        zh += f"；另有 {over} 元经 {parties} 个其他主体到达关联圈"
        en += f"; {over} yuan reached the circle over {parties} other(s)"
    return zh, en
