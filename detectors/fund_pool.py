"""P1 fund pool: the public's money gathers in accounts that nobody registered to hold it.

Pattern: accounts that are no registered custody or reserve accounts take money from many natural
persons and pay many, about as much as came in; part of the payers is paid back out of it, and the
credits match no loans. One pool may use several accounts: of the firm, of its circle, of strangers
whose cards pay the same people back or pass their takings on to one centre.

Innocent look-alikes: registered custody and reserve accounts; payroll agents (firms pay in);
property fees, rents, shops (payers are not paid back beyond chance); group treasuries (firms pay
in); licensed insurers and banks; lenders' money that loans account for.

Blind spots: cash; pools whose investors are paid only after the window; payers at banks that do
not submit, whose kind is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from data.settings import FundPool
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.pool_measures import Measured, Pool, measure, read_pools, total

NAME = "fund_pool"
CODE = "P1"
CLAUSE = "二(一)1"
SEVERITY = 5
LEAD_OFFICE = "JR+YJ"
TITLE = ("资金池", "fund pool")
CHINESE = Description(
    pattern=(
        "没有登记为存管户或备付金户的账户，向众多自然人收款，又向众多对象付款，付出与收进大致相当"
        "；部分付款人又从中得到付款，而进账与借款标的对不上。同一资金池可以用多个账户：本公司的、"
        "关联圈的，也可以是他人的银行卡，只要付款回到同一批人，或把所收款项转往同一中心。"
    ),
    lookalikes=(
        "已登记的存管户、备付金户；代发工资（付款的是单位）；物业费、房租、商户收款（付款人再得到"
        "付款不超出巧合）；集团资金归集（付款的是单位）；持牌的保险公司和银行；能与借款标的对应的"
        "出借资金。"
    ),
    blind_spots=(
        "现金；投资人在观察期之后才得到付款的资金池；付款人的开户行未报送数据，因而不知其是否自然"
        "人。"
    ),
)


@dataclass(frozen=True)
class Shown:
    """The evidence of one pool over all records: its parts, and the day of the first transfer."""

    from_persons: pl.DataFrame
    outgoing: pl.DataFrame
    inner: pl.DataFrame
    since: date


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding for each pool, by the firm behind it or the holder of its main account.

    An account counts for one pool: for the circle that holds most of what was taken.
    """
    settings = context.settings.detectors.fund_pool
    judged = []
    for pool in read_pools(context, settings):
        measured = measure(settings, pool)
        if measured is not None:
            behind = institution_behind(context, settings, pool, measured)
            judged.append((behind, pool, measured))
    judged.sort(key=lambda each: (-each[0][0], -each[2].public_fen, each[1].accounts))
    taken: set[int] = set()
    for (_, institution), pool, measured in judged:
        if not taken & set(pool.accounts):
            taken |= set(pool.accounts)
            yield from report(context, settings, pool, measured, institution)


def report(
    context: Context,
    settings: FundPool,
    pool: Pool,
    found: Measured,
    behind: Institution | None,
) -> Iterator[Finding]:
    """Yield the finding of one pool; none when nobody known holds its accounts."""
    circle = context.closure(behind) if behind else {}
    holders = [number for number in pool.owners["party_no"].unique().sort() if number >= 0]
    outer = pool.flow.filter(~pl.col("inner_transfer"))
    incoming, outgoing = (outer.filter(pl.col("incoming") == side) for side in (True, False))
    from_persons = incoming.filter("person")
    main = _main_holder(pool, from_persons)
    subject = behind.party_no if behind else main
    if subject is None:
        return
    taken_out = outgoing.filter(
        pl.col("other").is_in(list(circle)) & ~pl.col("other").is_in(holders)
    )
    inner = pool.flow.filter("inner_transfer", "incoming")
    evidence = read_evidence(pl.concat([from_persons, inner, outgoing]))
    named = [(context.party_ids[number], "pool") for number in holders if number != subject]
    reached = [number for number in taken_out["other"].unique().sort() if number != subject]
    named += [(context.party_ids[number], "beneficiary") for number in reached]
    shown = Shown(from_persons, outgoing, inner, evidence.first_at.date())
    lookalikes = _lookalikes(settings, pool, found)
    doubt = context.settings.detectors.open_lookalike
    yield Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=context.party_ids[subject],
        institution_id=behind.institution_id if behind else None,
        severity=SEVERITY,
        confidence=doubted(_confidence(settings, found, behind is not None), lookalikes, doubt),
        amount_fen=total(from_persons),
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=_measures(settings, pool, found),
        lookalikes=lookalikes,
        not_established=(
            "未证明投资人被许诺保本或收益，也未证明资金去向的最终用途",
            "it is not established that principal or return was promised, nor what the money was "
            "finally used for",
        ),
        text=_texts(found, pool.owners.height, settings.window_days, shown),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(named),
    )


def institution_behind(
    context: Context, settings: FundPool, pool: Pool, found: Measured
) -> tuple[float, Institution | None]:
    """The institution whose circle holds the pool, or that its takings leave for, and how surely.

    The share of what was taken that accounts of the circle took, or if none did, half the share of
    what was paid that the circle got.
    """
    taken = found.incoming.group_by("account").agg(pl.col("amount_fen").sum())
    held = pool.owners.join(taken, on="account", how="left").fill_null(0)
    best: tuple[float, Institution | None] = (0.0, None)
    for institution in context.institutions:
        circle = context.closure(institution)
        mine = (
            pl.col("party_no").is_in(list(circle))
            | (pl.col("institution_id") == institution.institution_id).fill_null(False)
        )  # fmt: skip
        inside = held.filter(mine)
        share = total(inside) / max(found.taken_fen, 1)
        if inside.height and not share:
            share = 0.5
        reached = total(found.outgoing.filter(pl.col("other").is_in(list(circle))))
        got = reached / max(found.paid_fen, 1)
        known = institution.institution_id == pool.institution_id
        surely = share + (0.5 * got if got >= settings.minimum_reached_share else 0.0)
        if known or surely:
            # Where several institutions share a circle, the one that it is nearest to.
            ties = [circle[number] for number in inside["party_no"] if number in circle]
            near = sum(1 / (1 + len(tie.chain)) for tie in ties) / max(len(ties), 1)
            surely += 0.25 * known + 0.5 * near
            best = max(best, (surely, institution), key=lambda each: each[0])
    return best


def _main_holder(pool: Pool, from_persons: pl.DataFrame) -> int | None:
    by_account = from_persons.group_by("account").agg(pl.col("amount_fen").sum())
    joined = by_account.join(pool.owners, on="account").filter(pl.col("party_no") >= 0)
    ordered = joined.sort("amount_fen", "party_no", descending=[True, False])
    return int(ordered["party_no"][0]) if ordered.height else None


def _measures(settings: FundPool, pool: Pool, found: Measured) -> dict[str, Measure]:
    public = max(found.public_fen, 1)
    ratio, returned = found.paid_fen / public, found.returned_fen / public
    return {
        "payers": Measure(found.payers, settings.minimum_payers, "persons"),
        "payees": Measure(found.payees, settings.minimum_payees, "parties"),
        "out_in_ratio": Measure(round(ratio, 4), settings.lowest_out_in_ratio, "ratio"),
        "paid_back": Measure(found.back, settings.minimum_paid_back, "persons"),
        "returned_share": Measure(round(returned, 4), settings.minimum_returned_share, "share"),
        "matched_share": Measure(
            round(found.matched_share, 4), settings.maximum_matched_share, "share"
        ),
        "principal_back": Measure(
            round(found.principal_back, 4), settings.minimum_principal_back, "ratio"
        ),
        "paid_first_share": Measure(
            round(found.paid_first_share, 4), settings.minimum_paid_first_share, "share"
        ),
        "fixed_ratio_share": Measure(
            round(found.fixed_ratio_share, 4), settings.maximum_fixed_ratio_share, "share"
        ),
        "accounts": Measure(pool.owners.height, None, "accounts"),
    }


def _confidence(settings: FundPool, found: Measured, behind: bool) -> float:
    size = min(found.payers / settings.sure_payers, 1.0)
    back = min(found.back / max(found.payers, 1) / settings.sure_paid_back_share, 1.0)
    return (
        settings.confidence_least
        + settings.confidence_size * size
        + settings.confidence_paid_back * back
        + settings.confidence_behind * behind
    )


def _lookalikes(settings: FundPool, pool: Pool, found: Measured) -> tuple[Lookalike, ...]:
    accounts, known = pool.owners.height, int(pool.owners["registered"].sum())
    public = found.public_fen / max(found.taken_fen, 1)
    return (
        Lookalike(
            "custody_omnibus",
            known == accounts,
            f"{accounts} 个账户中 {known} 个的开户行报送了账户性质，均非存管或备付金账户",
            f"the banks of {known} of {accounts} account(s) say what these are, and none is a "
            "custody or reserve account",
        ),
        Lookalike(
            "fees_and_rents",
            found.back >= settings.minimum_lift * found.chance,
            f"{found.payers} 名付款人中有 {found.back} 人又从中收款，"
            f"按巧合应为 {found.chance:.1f} 人",
            f"{found.back} of {found.payers} payers are paid out of it again; chance would give "
            f"{found.chance:.1f}",
        ),
        Lookalike(
            "payroll_and_treasury",
            public >= settings.treasury_public_share,
            f"{public:.0%} 的资金来自自然人，其余来自单位",
            f"{public:.0%} of the money comes from natural persons, the rest from firms",
        ),
        Lookalike(
            "marketplace",
            found.fixed_ratio_share <= settings.maximum_fixed_ratio_share,
            f"向自然人的付款中 {found.fixed_ratio_share:.0%} 按固定比例转付他人的付款",
            f"{found.fixed_ratio_share:.0%} of the payments to persons pass another's payment on "
            "at a fixed ratio",
        ),
    )


def _texts(found: Measured, accounts: int, days: int, shown: Shown) -> tuple[str, str]:
    public, paid, returned = map(yuan, (found.public_fen, found.paid_fen, found.returned_fen))
    zh, en = _beyond(found, shown)
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
    return zh, en
