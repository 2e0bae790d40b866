"""E1 disguised debt: "equity" that pays like a loan, or that a platform raises for itself.

Pattern: holders of an equity product get the same fraction of what they paid again and again, or
are bought out with a fixed surplus; or the issuer belongs to the circle of the platform that sells
the product, or passes what was raised on to that circle.

Innocent look-alikes: true dividends (their rate varies with profit, and they come once or twice a
year); a platform's commission (a few per cent of what is raised); one investor who sells.

Blind spots: returns paid in cash or by a payment firm; circles that no register shows; equity that
was never registered as a product.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.legal_rules import legal_rules
from data.settings import DisguisedDebt
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.equity_issue import PLATFORMS, Issue, read_issue
from detectors.equity_money import read_equity_money
from detectors.evidence import fen, read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.fixed_returns import Returns

NAME = "disguised_debt"
CODE = "E1"
CLAUSE = "二(五)1"
SEVERITY = 4
LEAD_OFFICE = "ZJ+JR"
TITLE = ("自筹、明股实债", "disguised debt")
CHINESE = Description(
    pattern=(
        "股权产品的持有人反复收到投入额的同一比例，或以固定溢价被回购；或者发行人属于销售平台的关联圈"
        "，或把募集款转入该关联圈。"
    ),
    lookalikes=(
        "真实分红（比例随利润变动，一年一两次）；平台佣金（募集额的百分之几）；个别投资人转让退出。"
    ),
    blind_spots=("现金或经支付机构支付的回报；登记未能反映的关联关系；从未登记为产品的股权。"),
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per issuer whose equity is debt, or is raised for the platform itself."""
    settings = context.settings.detectors.disguised_debt
    money = read_equity_money(context, settings)
    if money.issues.is_empty():
        yield from (_no_equity(i) for i in context.institutions if i.kind == PLATFORMS[0])
        return
    for (issuer,), issues in money.issues.group_by("issuer", maintain_order=True):
        issue = read_issue(context, money, int(str(issuer)), issues)
        if issue.raised.is_empty():
            yield _unseen(context, issue, issues)
            continue
        finding = judge(context, settings, issue)
        if finding is not None:
            yield finding


def judge(context: Context, settings: DisguisedDebt, issue: Issue) -> Finding | None:
    """Hold one issuer against the lines: does its equity pay like debt, or is it the platform's?"""
    returns = issue.returns
    debt = (
        returns is not None
        and returns.persons >= settings.minimum_receivers
        and returns.persons >= settings.minimum_receivers_share * issue.investors
        and returns.plan_share >= settings.minimum_plan_share
        and returns.regular_share >= settings.minimum_regular_share
        and returns.yearly_rate >= settings.lowest_yearly_rate
        and _repeated_share(returns) >= settings.minimum_repeated_share
    )
    passed_on = issue.circle_share >= settings.minimum_circle_share
    own = issue.in_circle or passed_on
    if (
        not (debt or own)
        or issue.investors < settings.minimum_investors
        or issue.raised_fen < settings.minimum_fen
    ):
        return None
    on_record = (issue.raised, issue.unknown, issue.registered, issue.passed_on)
    shown = [rows.select("ref", "booked_at") for rows in on_record]
    if debt and returns is not None:
        shown.append(returns.paid.select("ref", "booked_at"))
    if own:
        shown.append(issue.to_circle.select("ref", "booked_at"))
    evidence = read_evidence(pl.concat(shown))
    subject, named = _parties(context, issue, debt=debt, own=own)
    lookalikes = _lookalikes(settings, issue, debt=debt, own=own)
    signs = debt + issue.in_circle + passed_on + (debt and issue.promised)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=context.party_ids[subject],
        institution_id=issue.platform.institution_id if issue.platform else None,
        severity=SEVERITY,
        confidence=doubted(
            min(
                settings.confidence_least + settings.confidence_sign * (signs - 1),
                settings.confidence_most,
            ),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=issue.seen_fen,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=_measures(context, settings, issue),
        lookalikes=lookalikes,
        not_established=(
            "未证明存在回购或保底协议，也未证明分派与利润无关",
            "it is not established that an agreement on repurchase or a floor exists, nor that "
            "what was paid had nothing to do with profit",
        ),
        text=_texts(issue, debt=debt, passed_on=passed_on),
        lead_office=LEAD_OFFICE,
        accomplices=named,
    )


def _parties(
    context: Context, issue: Issue, *, debt: bool, own: bool
) -> tuple[int, tuple[tuple[str, str], ...]]:
    """The subject and the others: the platform is it when it raises for itself, else the issuer."""
    roles: dict[int, str] = {}
    subject = issue.issuer
    if own and issue.platform is not None:
        subject = issue.platform.party_no
        roles[issue.issuer] = "organiser"
        roles.update((number, "beneficiary") for number in issue.to_circle["payee"])
    if debt:
        roles.update((number, "shell") for number in issue.paid["source"] if number != issue.issuer)
    roles.update((number, "pool") for number in issue.raised_by if number != issue.issuer)
    roles.pop(subject, None)
    named = [(context.party_ids[n], roles[n]) for n in sorted(roles) if n >= 0]
    return subject, tuple(named)


def _measures(context: Context, settings: DisguisedDebt, issue: Issue) -> dict[str, Measure]:
    returns = issue.returns
    most = legal_rules().whole("public_offering", "maximum_holders", context.business_date)
    receivers = returns.persons if returns else 0
    plan = round(returns.plan_share, 4) if returns else 0.0
    regular = round(returns.regular_share, 4) if returns else 0.0
    rate = round(returns.yearly_rate, 4) if returns else 0.0
    return {
        "equity_investors": Measure(issue.investors, most, "parties"),
        "equity_raised_fen": Measure(issue.raised_fen, settings.minimum_fen, "fen"),
        "plan_receivers": Measure(receivers, settings.minimum_receivers, "persons"),
        "plan_share": Measure(plan, settings.minimum_plan_share, "share"),
        "regular_share": Measure(regular, settings.minimum_regular_share, "share"),
        "yearly_rate": Measure(rate, settings.lowest_yearly_rate, "share"),
        "circle_share_of_raised": Measure(
            round(issue.circle_share, 4), settings.minimum_circle_share, "share"
        ),
    }


def _repeated_share(returns: Returns) -> float:
    """The part of what was paid that is principal with a surplus, or that came to its payee again.

    One dividend is the same fraction for everybody, whatever the profit was.
    """
    again = pl.col("whole") | (pl.len().over("person") > 1)
    return returns.paid.filter(again).height / max(returns.paid.height, 1)


def _lookalikes(
    settings: DisguisedDebt, issue: Issue, *, debt: bool, own: bool
) -> tuple[Lookalike, ...]:
    tests = []
    if debt and issue.returns is not None:
        days, whole = issue.returns.interval_days, issue.returns.ratio > 1
        tests.append(
            Lookalike(
                "true_dividend",
                whole or days <= settings.dividend_days,
                f"同一比例每 {days} 日重复支付（分红比例随利润变动，一年一两次）"
                if not whole
                else "以固定溢价收回本金（分红不退本金）",
                f"the same fraction is paid every {days} days (dividends vary with profit, and "
                "come once or twice a year)"
                if not whole
                else "the principal comes back with a fixed surplus; a dividend returns none",
            )
        )
    if own:
        tests.append(
            Lookalike(
                "platform_commission",
                issue.circle_share == 0 or issue.circle_share > settings.commission_share,
                f"募集款的 {issue.circle_share:.0%} 转入平台关联方（佣金不超过 "
                f"{settings.commission_share:.0%}）",
                f"{issue.circle_share:.0%} of what was raised reached the platform's circle "
                f"(commissions: up to {settings.commission_share:.0%})",
            )
        )
    return tuple(tests)


def _texts(issue: Issue, *, debt: bool, passed_on: bool) -> tuple[str, str]:
    raised = yuan(issue.raised_fen)
    zh = [f"以股权产品向 {issue.investors} 名投资人募集 {raised} 元"]
    en = [f"Raised {raised} yuan from {issue.investors} investors as equity"]
    if issue.unknown.height:
        more = yuan(fen(issue.unknown))
        zh.append(f"募集账户另收到持有人不明的账户付款 {more} 元")
        en.append(f"the raising account took {more} yuan from accounts of unknown holders")
    if debt and issue.returns is not None:
        back, rate = issue.returns, issue.returns.yearly_rate
        paid = yuan(back.paid_fen)
        if back.ratio > 1:
            zh.append(
                f"{back.interval_days} 日后以固定溢价向 {back.persons} 人回购，付出 {paid} 元"
                f"（折合年 {rate:.1%}）"
            )
            en.append(
                f"{back.persons} of them were bought out at a fixed surplus after "
                f"{back.interval_days} days, for {paid} yuan ({rate:.1%} a year)"
            )
        else:
            zh.append(
                f"每 {back.interval_days} 日按固定比例向 {back.persons} 人付出共 {paid} 元"
                f"（折合年 {rate:.1%}）"
            )
            en.append(
                f"{back.persons} of them get a fixed fraction every {back.interval_days} days, "
                f"{paid} yuan in all ({rate:.1%} a year)"
            )
    if issue.in_circle:
        zh.append("发行人属于销售平台的关联圈")
        en.append("the issuer belongs to the circle of the platform that sells it")
    if passed_on:
        zh.append(f"募集款的 {issue.circle_share:.0%} 转入平台关联方")
        en.append(f"{issue.circle_share:.0%} of the money reached the platform's circle")
    return "；".join(zh), "; ".join(en)


def _unseen(context: Context, issue: Issue, issues: pl.DataFrame) -> CannotConclude:
    missing = []
    for product, bank, account in issues.select(
        "product_id", "raise_bank_no", "raise_account_no"
    ).iter_rows():
        known = bank is not None and account is not None
        missing.append(f"account:{bank}:{account}" if known else f"raise_account of {product}")
        missing.append(f"holding of {product}")
    return CannotConclude(
        NAME,
        context.party_ids[issue.issuer],
        issue.platform.institution_id if issue.platform else None,
        tuple(missing),
        ("股权产品的募集账户流水和持有人均未报送，无法判断是否明股实债",
         "neither statements of the raising account nor holders of the equity were submitted; "
         "whether it is debt cannot be judged"),
    )  # fmt: skip


def _no_equity(platform: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        platform.party_id,
        platform.institution_id,
        ("product",),
        ("没有报送任何股权产品，无法判断该平台是否明股实债",
         "no equity product was submitted; whether this platform's equity is debt cannot be "
         "judged"),
    )  # fmt: skip
