"""I1 premium misuse: premiums stay with who collects them, or insurance pays like a deposit.

Pattern: a firm that collects premiums still holds, after it has settled with the insurer, premiums
that were due; or an insurer pays policyholders back, within months, all they paid with a fixed
surplus, or gives most premiums back within weeks and nearly whole; or an insurer's money goes to
firms of its circle that are no insurers. Collectors that pay so are held to the same line.

Innocent look-alikes: an agency's settlement cycle (each settlement clears what was due); its
commission (left out); claims (no fixed surplus, other sums than the premiums) and withdrawals of
new policies (the very premium); shared services (small sums).

Blind spots: premiums withheld up to the commission that agencies may keep; premiums in cash;
policies whose premium was paid before the records begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import polars as pl

from data.settings import PremiumMisuse
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import fen, read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.premium_money import read_moved_on, read_premiums
from detectors.premium_returns import returned_premiums
from detectors.premium_settlement import Settlement, settlement
from detectors.premium_yield import FixedYield, fixed_yield
from detectors.unknown_payers import unknown_as_persons, unknown_text

NAME = "premium_misuse"
CODE = "I1"
CLAUSE = "二(六)"
SEVERITY = 3
LEAD_OFFICE = "BJ"
TITLE = ("保费滞留、承诺收益", "premium misuse")
CHINESE = Description(
    pattern=(
        "代收保费的公司与保险公司结算之后，仍留有应交未交的保费；或者保险公司在数月之内以固定溢价向投"
        "保人退回全部保费，或者在数周之内把大部分保费近乎原额退回；或者保险公司的资金流向关联圈中的非保险公司。"
    ),
    lookalikes=(
        "代理机构的结算周期（每次结算都交清到期保费）；佣金（已扣除）；理赔（没有固定溢价，金额与保"
        "费无关）和犹豫期退保（原额退回）；共享服务（金额小）。"
    ),
    blind_spots="在佣金幅度以内截留的保费；现金保费；保费早于现有记录的保单。",
)

HOLDING_KINDS = ("bank", "payment_institution", "clearing_house", "securities_firm", "insurer")
NOT_ESTABLISHED = (
    "未证明保险合同的内容，也未证明资金的最终用途",
    "it is not established what the policies say, nor what the money was finally used for",
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per collector that keeps premiums, and per insurer that pays like a bank."""
    settings = context.settings.detectors.premium_misuse
    insurers = {i.institution_id: i for i in context.institutions if i.kind == "insurer"}
    if not insurers:
        return
    licensed = sorted(
        i.institution_id for i in context.institutions if i.licensed and i.kind in HOLDING_KINDS
    )
    numbers = {name: each.party_no for name, each in insurers.items()}
    flow = read_premiums(context, settings, numbers, licensed)
    by_party = {each.party_no: each for each in insurers.values()}
    for (number,), mine in flow.group_by("party_no", maintain_order=True):
        insurer = by_party.get(int(str(number)))
        mine = unknown_as_persons(mine, context.settings.detectors.unknown_like_share)
        judged = (
            judge_insurer(context, settings, insurer, mine)
            if insurer
            else judge_collector(context, settings, int(str(number)), mine)
        )
        if judged is not None:
            yield judged
    seen = set(flow["party_no"])
    for name in sorted(insurers):
        if insurers[name].party_no not in seen:
            yield _unseen(insurers[name])


def judge_collector(
    context: Context, settings: PremiumMisuse, party: int, flow: pl.DataFrame
) -> Finding | None:
    """Hold one collector against the lines: what was due at its settlements and stayed with it."""
    yields = fixed_yield(context.settings.fixed_returns, settings, flow)
    if yields.fires:
        return _yield_finding(context, settings, party, yields)
    found = settlement(settings, flow, context.business_date)
    if (
        found.payers < settings.minimum_payers
        or found.overdue_fen < settings.minimum_fen
        or found.overdue_fen < settings.minimum_overdue_share * found.premium_fen
    ):
        return None
    circle = _circle(context, party)
    premiums = flow.filter("incoming", pl.col("kind") == "person")
    spent = flow.filter(~pl.col("incoming"), pl.col("person").is_in(list(circle)))
    remitted = flow.filter(~pl.col("incoming"), "other_insurer")
    evidence = read_evidence(
        pl.concat([rows.select("ref", "booked_at") for rows in (premiums, remitted, spent)])
    )
    lookalikes = _collector_lookalikes(settings, found)
    mine = context.institution_of(context.party_ids[party])
    share = found.overdue_fen / max(found.premium_fen, 1)
    return _finding(
        context,
        party,
        mine.institution_id if mine else None,
        confidence=settings.confidence_least
        + settings.confidence_share * min(share / settings.sure_overdue_share, 1)
        + settings.confidence_circle * (not spent.is_empty()),
        amount_fen=max(found.kept_fen, found.overdue_fen),
        shown=(evidence.refs, evidence.first_at, evidence.last_at),
        measures={
            "premium_payers": Measure(found.payers, settings.minimum_payers, "persons"),
            "overdue_fen": Measure(found.overdue_fen, settings.minimum_fen, "fen"),
            "overdue_share": Measure(round(share, 4), settings.minimum_overdue_share, "share"),
            "aged_premium_fen": Measure(found.aged_fen, None, "fen"),
            "premium_fen": Measure(found.premium_fen, None, "fen"),
        },
        lookalikes=lookalikes,
        text=_collector_text(found, fen(spent), unknown_text(premiums)),
        accomplices=_named(context, spent["person"]),
    )


def _yield_finding(
    context: Context, settings: PremiumMisuse, party: int, found: FixedYield
) -> Finding:
    """A collector that pays its policyholders a fixed surplus."""
    evidence = read_evidence(found.shown)
    mine = context.institution_of(context.party_ids[party])
    return _finding(
        context,
        party,
        mine.institution_id if mine else None,
        confidence=settings.confidence_least
        + settings.confidence_share * (found.share >= settings.sure_surrender_share),
        amount_fen=found.taken_fen,
        shown=(evidence.refs, evidence.first_at, evidence.last_at),
        measures=found.measures(settings),
        lookalikes=(found.claims(settings),),
        text=found.text(),
        accomplices=(),
    )


def _named(context: Context, paid: Iterable[int]) -> tuple[tuple[str, str], ...]:
    """The known parties that were paid, as beneficiaries."""
    return tuple((context.party_ids[n], "beneficiary") for n in sorted(set(paid)) if n >= 0)


def _circle(context: Context, party: int) -> set[int]:
    """Who owns, controls, leads or is owned by a firm; its institution's circle where it is one."""
    for institution in context.institutions:
        if institution.party_no == party:
            return set(context.closure(institution)) - {party}
    tied = [*context.relations.into(party), *context.relations.out_of(party)]
    return {number for number, kind, _ in tied if kind != "merchant_of"} - {party}


def _collector_lookalikes(settings: PremiumMisuse, found: Settlement) -> tuple[Lookalike, ...]:
    return (
        Lookalike(
            "settlement_cycle",
            found.aged_fen >= settings.minimum_fen or found.gone_fen >= found.left_fen,
            f"其中 {yuan(found.aged_fen)} 元已超过 {settings.cycle_days} 日的结算周期；另有 "
            f"{yuan(found.gone_fen)} 元已付作他用",
            f"{yuan(found.aged_fen)} yuan are older than a settlement cycle of "
            f"{settings.cycle_days} days; {yuan(found.gone_fen)} yuan were spent on something else",
        ),
        Lookalike(
            "commission",
            found.overdue_fen > found.commission_fen,
            f"已扣除佣金 {yuan(found.commission_fen)} 元（保费的 {found.commission_share:.0%}）",
            f"{yuan(found.commission_fen)} yuan are left out as commission "
            f"({found.commission_share:.0%} of the premiums)",
        ),
    )


def _collector_text(found: Settlement, spent: int, unknown: tuple[str, str]) -> tuple[str, str]:
    zh = (
        f"从 {found.payers} 名自然人处代收保费 {yuan(found.premium_fen)} 元，扣除佣金后仍有 "
        f"{yuan(found.overdue_fen)} 元到期未交保险公司；连同佣金，到期或已付作他用的保费中共有 "
        f"{yuan(found.kept_fen)} 元未到保险公司"
    )
    en = (
        f"Collected premiums of {yuan(found.premium_fen)} yuan from {found.payers} natural "
        f"persons; less commission, {yuan(found.overdue_fen)} yuan of them were due and did "
        f"not reach an insurer; with commission, {yuan(found.kept_fen)} yuan of the premiums that "
        "were due or spent reached none"
    )
    if spent:
        zh += f"；其间向关联方付出 {yuan(spent)} 元"
        en += f"; meanwhile {yuan(spent)} yuan went to its circle"
    return zh + unknown[0], en + unknown[1]


def judge_insurer(
    context: Context, settings: PremiumMisuse, insurer: Institution, flow: pl.DataFrame
) -> Finding | None:
    """Hold one insurer against the lines: fixed surpluses on surrenders, money for its circle."""
    yields = fixed_yield(context.settings.fixed_returns, settings, flow)
    premiums, fixed = yields.premiums, yields.fires
    swaps = returned_premiums(settings, flow)
    swap_share = fen(swaps) / max(fen(premiums), 1)
    circle = set(context.closure(insurer)) - {insurer.party_no}
    firms = pl.col("person").is_in(list(circle)) & (pl.col("kind") == "organisation")
    inside = flow.filter(firms, ~pl.col("other_insurer"))
    fees = _service_fees(settings, inside)
    inside = inside.join(fees.select("ref"), on="ref", how="anti")
    net = fen(inside.filter(~pl.col("incoming"))) - fen(inside.filter("incoming"))
    circle_share = net / max(fen(flow.filter("incoming").filter(~firms)), net, 1)
    many = premiums["person"].n_unique() >= settings.minimum_payers
    least = settings.minimum_circle_fen if many else settings.large_circle_fen
    # What is paid once, by an insurer that takes next to nothing, is the dividend of the year.
    again = inside.filter(~pl.col("incoming"))["business_date"].n_unique() > 1
    leaked = net >= least and circle_share >= settings.minimum_circle_share and (many or again)
    swapped = (
        swaps["person"].n_unique() >= settings.minimum_surrenders
        and swap_share >= settings.minimum_returned_share
    )
    if not (fixed or leaked or swapped):
        return None
    rows = [yields.shown] if fixed else []
    moved = pl.DataFrame(schema={"payee": pl.Int64})
    if swapped:
        rows.append(swaps.select("ref", "booked_at"))
        rows.append(swaps.select(ref="back_ref", booked_at="back_at"))
        moved = read_moved_on(context, settings, swaps, sorted(circle))
        rows.append(moved.select("ref", "booked_at"))
    given = inside.filter(~pl.col("incoming"))
    if leaked:
        rows.append(given.select("ref", "booked_at"))
    evidence = read_evidence(pl.concat(rows))
    zh, en = [], []
    if fixed:
        zh.append(yields.text()[0])
        en.append(yields.text()[1])
    if swapped:
        zh.append(
            f"{swaps['person'].n_unique()} 名投保人的保费 {yuan(fen(swaps))} 元（占 "
            f"{swap_share:.0%}）在 {settings.cycle_days} 日内近乎原额退回"
        )
        en.append(
            f"premiums of {yuan(fen(swaps))} yuan ({swap_share:.0%}) of "
            f"{swaps['person'].n_unique()} policyholders came back nearly whole within "
            f"{settings.cycle_days} days"
        )
    if leaked:
        zh.append(f"净付给关联的非保险公司 {yuan(net)} 元，占收款的 {circle_share:.0%}")
        en.append(
            f"{yuan(net)} yuan net, {circle_share:.0%} of what came in, went to firms of the "
            "circle that are no insurers"
        )
    joined = "; ".join(en)
    return _finding(
        context,
        insurer.party_no,
        insurer.institution_id,
        confidence=settings.confidence_least
        + settings.confidence_share * (fixed and yields.share >= settings.sure_surrender_share)
        + settings.confidence_circle * leaked,
        amount_fen=max(yields.taken_fen * fixed, fen(swaps) * swapped) + net * leaked,
        shown=(evidence.refs, evidence.first_at, evidence.last_at),
        measures={
            **yields.measures(settings),
            "returned_premium_share": Measure(
                round(swap_share, 4), settings.minimum_returned_share, "share"
            ),
            "to_circle_fen": Measure(max(net, 0), settings.minimum_circle_fen, "fen"),
            "circle_share": Measure(
                round(max(circle_share, 0.0), 4), settings.minimum_circle_share, "share"
            ),
        },
        lookalikes=_insurer_lookalikes(settings, yields, circle_share, fen(fees), leaked),
        text=("；".join(zh), joined[:1].upper() + joined[1:]),
        accomplices=_named(context, [*(given["person"] if leaked else ()), *moved["payee"]]),
    )


def _service_fees(settings: PremiumMisuse, inside: pl.DataFrame) -> pl.DataFrame:
    """Payments of nearly one sum to one firm, again and again over weeks: fees for services."""
    paid = inside.filter(~pl.col("incoming")).with_columns(
        pl.col("amount_fen").median().over("person").alias("usual_fen")
    )
    like = paid.filter(
        (pl.col("amount_fen") - pl.col("usual_fen")).abs()
        <= settings.fee_variation * pl.col("usual_fen")
    )
    return like.filter(pl.col("business_date").n_unique().over("person") >= settings.fee_payments)


def _insurer_lookalikes(
    settings: PremiumMisuse, yields: FixedYield, circle: float, fees: int, leaked: bool
) -> tuple[Lookalike, ...]:
    tests = [yields.claims(settings)] if yields.fires else []
    if leaked:
        tests.append(
            Lookalike(
                "shared_services",
                circle >= 2 * settings.minimum_circle_share,
                f"关联方净得占收款的 {circle:.0%}，等额定期支付的服务费 {yuan(fees)} 元已扣除",
                f"the circle got {circle:.0%} of what came in; {yuan(fees)} yuan paid in equal "
                "sums again and again are left out as fees for services",
            )
        )
    return tuple(tests)


def _finding(
    context: Context,
    party: int,
    institution_id: str | None,
    *,
    confidence: float,
    amount_fen: int,
    shown: tuple[tuple[str, ...], datetime, datetime],
    measures: dict[str, Measure],
    lookalikes: tuple[Lookalike, ...],
    text: tuple[str, str],
    accomplices: tuple[tuple[str, str], ...],
) -> Finding:
    refs, first_at, last_at = shown
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=context.party_ids[party],
        institution_id=institution_id,
        severity=SEVERITY,
        confidence=doubted(confidence, lookalikes, context.settings.detectors.open_lookalike),
        amount_fen=amount_fen,
        first_at=first_at,
        last_at=last_at,
        transfers=refs,
        measures=measures,
        lookalikes=lookalikes,
        not_established=NOT_ESTABLISHED,
        text=text,
        lead_office=LEAD_OFFICE,
        accomplices=tuple(each for each in accomplices if each[0] != context.party_ids[party]),
    )


def _unseen(insurer: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        insurer.party_id,
        insurer.institution_id,
        ("account", "entry"),
        ("未报送该保险公司的账户流水，无法判断保费是否到账",
         "no statement of this insurer's accounts was submitted; whether premiums reach it cannot "
         "be judged"),
    )  # fmt: skip
