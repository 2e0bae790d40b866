"""Y1 excess return: lenders are paid what no borrower paid, out of other people's principal.

Pattern: on a platform's loans lenders are paid more than borrowers, guarantors and lenders who
took claims over have paid in; or an institution pays persons who had paid in before, with a
return, while hardly anything but other payers' principal comes in: old investors are paid with new
money. Realised yearly returns above nearly all positions elsewhere are a further sign, and beside
payments that borrowers' interest does not cover they suffice. Or a platform pays round sums with
one of few rates on them under no loan's number, while borrowers' money does not come in. Or many
lenders are paid bonuses under no loan's number, out of clients' money, or in proportion to what
they lent.

Innocent look-alikes: capped marketing cash (small sums from the firm's own account); claims handed
from lender to lender, failed raisings and refunds (the lenders' own money of the same loan covers
them); wealth managers whose investments earn the return (what comes in from others covers it).

Blind spots: money that borrowers pay in under no loan's number at an account outside of the circle;
records that begin after investors had paid in; returns in kind and points.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.legal_rules import legal_rules
from data.settings import ExcessReturn
from detectors.bonus_payments import read_bonuses
from detectors.bonus_returns import BonusCase, judge_bonuses
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.return_tables import read_paid
from detectors.unbacked_payments import (
    Held,
    ahead,
    at_rates,
    by_loan,
    coupons,
    fires,
    is_high,
    overall,
)

NAME = "excess_return"
CODE = "Y1"
CLAUSE = "三(四)"
SEVERITY = 5
MILD_SEVERITY = 3
LEAD_OFFICE = "JR"
TITLE = ("超高回报、借新还旧", "excess return")
CHINESE = Description(
    pattern=(
        "平台就某些标的付给出借人的，多于借款人、担保人和受让人为之付入的；或者机构向先前付款的自"
        "然人"
        "连本带息支付，而流入的几乎只有其他付款人的本金，即借新还旧。已实现的年化收益高于其他机构"
        "几乎"
        "全部投资的，是进一步的迹象；与借款人利息不能覆盖的支付同时出现，即可成立。或者许多出借人"
        "在标的之外收到补贴，出自客户资金，或与出借额成比例。"
    ),
    lookalikes=(
        "有上限的营销补贴（小额、出自自有账户）；出借人之间的债权转让、募集失败和退款（由同一标的"
        "出借人"
        "自己的资金覆盖）；投资取得收益的资产管理机构（由其他来源的流入覆盖）。"
    ),
    blind_spots=(
        "借款人不写标的编号、付入关联圈之外账户的资金；记录开始之前已付入的投资；实物和积分回报。"
    ),
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per institution that pays lenders or investors with others' principal."""
    settings = context.settings.detectors.excess_return
    paid = read_paid(context, settings)
    bonuses = read_bonuses(context, settings)
    own = {
        row[0]
        for row in context.db.rows(
            "own accounts", "select account_id from account_dim where role = 'own_funds' order by 1"
        )
    }
    lending = set(paid.loans["institution_id"])
    for institution in context.institutions:
        on_loans = by_loan(settings, institution, paid, own)
        bonus = on_loans is not None and on_loans.small_share >= settings.marketing_share
        held = on_loans if fires(settings, on_loans) else overall(settings, institution, paid)
        if not fires(settings, held) or bonus:
            held = coupons(settings, institution, paid, own)
            held = held or ahead(settings, institution, paid)
            held = held or at_rates(settings, institution, paid)
        if held is not None and fires(settings, held):
            yield _finding(context, settings, institution, held)
            continue
        extra = bonuses.filter(pl.col("institution_id") == institution.institution_id)
        case = judge_bonuses(settings, extra)
        if case is not None:
            yield _bonus_finding(context, settings, institution, case)
        elif institution.kind == "p2p_platform" and institution.institution_id not in lending:
            yield _unseen(institution)


def _finding(
    context: Context, settings: ExcessReturn, institution: Institution, held: Held
) -> Finding:
    evidence = read_evidence(held.shown)
    share = held.uncovered_fen / max(held.paid_fen, 1)
    lookalikes = _lookalikes(held)
    grave = share >= settings.minimum_share
    protected = legal_rules().value("private_lending", "protected_rate", context.business_date)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=institution.party_id,
        institution_id=institution.institution_id,
        severity=SEVERITY if grave else MILD_SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_share * min(share / settings.sure_share, 1)
            + settings.confidence_lenders * min(held.returned / settings.sure_lenders, 1)
            + settings.confidence_rate * is_high(settings, held),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=held.amount_fen,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "uncovered_fen": Measure(held.uncovered_fen, held.line_fen, "fen"),
            "uncovered_share": Measure(round(share, 4), settings.minimum_share, "share"),
            "lenders": Measure(held.returned, settings.minimum_lenders, "persons"),
            **_rates(held, None if protected is None else float(protected)),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明经营者知道资金来源，也未证明尚有多少本金无法兑付",
            "it is not established that the operators knew where the money came from, nor how "
            "much principal can no longer be paid back",
        ),
        text=_texts(held, share),
        lead_office=LEAD_OFFICE,
        accomplices=(),
    )


def _bonus_finding(
    context: Context, settings: ExcessReturn, institution: Institution, case: BonusCase
) -> Finding:
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=institution.party_id,
        institution_id=institution.institution_id,
        severity=SEVERITY if case.from_clients >= settings.minimum_share else MILD_SEVERITY,
        confidence=doubted(
            case.certainty, case.lookalikes, context.settings.detectors.open_lookalike
        ),
        amount_fen=case.amount_fen,
        first_at=case.evidence.first_at,
        last_at=case.evidence.last_at,
        transfers=case.evidence.refs,
        measures=case.measures,
        lookalikes=case.lookalikes,
        not_established=(
            "未证明这些款项是事先承诺的回报，也未证明其他出借人因此受损",
            "it is not established that these sums were promised as a return, nor that other "
            "lenders lost by them",
        ),
        text=case.text,
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (context.party_ids[number], role)
            for number, role in case.roles
            if number != institution.party_no
        ),
    )


def _rates(held: Held, protected: float | None) -> dict[str, Measure]:
    """The realised rate beside what is usual, and beside the line for borrowers, as a reference."""
    if held.rate is None:
        return {}
    return {
        "realised_rate": Measure(
            round(held.rate, 4), None if held.usual is None else round(held.usual, 4), "share"
        ),
        "positions": Measure(held.positions, None, "positions"),
        "protected_rate": Measure(round(held.rate, 4), protected, "share"),
    }


def _lookalikes(held: Held) -> tuple[Lookalike, ...]:
    own = held.own_fen / max(held.paid_fen, 1)
    return (
        Lookalike(
            "marketing_cash",
            held.own_fen < held.uncovered_fen / 2,
            f"付款中 {own:.0%} 出自自有账户，其中小额补贴占缺口的 {held.small_share:.0%}",
            f"{own:.0%} of the payments came from own accounts, and small bonuses make "
            f"{held.small_share:.0%} of what is not covered",
        ),
        Lookalike(
            "claims_handed_over",
            True,
            f"借款人、受让人等其他来源付入 {yuan(held.covered_fen)} 元，已全部计为偿付来源",
            f"{yuan(held.covered_fen)} yuan that borrowers, takers of claims or others paid in "
            "are counted in full as what lenders were paid from",
        ),
    )


def _texts(held: Held, share: float) -> tuple[str, str]:
    paid, covered, bare = map(yuan, (held.paid_fen, held.covered_fen, held.uncovered_fen))
    if held.by_loan:
        zh = (
            f"出借人就标的共收到 {paid} 元，借款人和受让人等付入的只覆盖 {covered} 元；"
            f"{held.loans} 笔标的的 {bare} 元（{share:.0%}）没有对应的还款，"
            f"付给 {held.returned} 名出借人"
        )
        en = (
            f"Lenders were paid {paid} yuan on loans, of which borrowers and takers of claims "
            f"cover {covered} yuan; {bare} yuan ({share:.0%}) on {held.loans} loan(s) with "
            f"{held.returned} lender(s) have no repayment behind them"
        )
    elif held.lay_there_fen is not None:
        before = yuan(held.lay_there_fen)
        zh = (
            f"向 {held.returned} 人在标的之外支付整额本金加少数几种固定利率的款项共 {paid} 元，"
            f"其他来源只覆盖 {covered} 元，其余 {bare} 元（{share:.0%}）只能出自其他客户投入的本金"
            f"或记录开始之前的余额 {before} 元"
        )
        en = (
            f"{held.returned} person(s) were paid {paid} yuan under no loan's number, round sums "
            f"with one of few rates on them; other sources cover {covered} yuan, and {bare} yuan "
            f"({share:.0%}) can only be what other clients had paid in, or the {before} yuan that "
            "lay there before the records"
        )
    else:
        zh = (
            f"{held.returned} 名先付款的自然人连本带息得到付款；付给投资人的 {paid} 元中，"
            f"其他来源只覆盖 {covered} 元，其余 {bare} 元（{share:.0%}）出自其他投资人的本金"
        )
        en = (
            f"{held.returned} persons who had paid in were paid with a return; of {paid} yuan paid "
            f"to investors other sources cover {covered} yuan, and {bare} yuan ({share:.0%}) came "
            "from other investors' principal"
        )
    if held.rate is not None and held.usual is not None:
        zh += f"；已实现年化收益中位数 {held.rate:.1%}，其他机构绝大多数投资低于 {held.usual:.1%}"
        en += (
            f"; the median realised return is {held.rate:.1%} a year, where nearly all positions "
            f"elsewhere lie below {held.usual:.1%}"
        )
    return zh, en


def _unseen(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("loan_event", "entry"),
        ("没有付给该平台出借人的可辨认付款，无法判断回报由何而来",
         "no payments to this platform's lenders can be told; where returns come from cannot be "
         "judged"),
    )  # fmt: skip
