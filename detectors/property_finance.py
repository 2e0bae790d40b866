"""P12 property finance: loans that pay the deposit on a home.

Pattern: within a month a good part of what borrowers were paid reaches a developer or an agent,
straight or over another person, and this holds for many of a platform's loans, whatever purpose
they state.

Innocent look-alikes: renovation and building materials (the payee's industry is another); rent and
instalments (the borrower pays the same payee outside of the month too); firms that trade with a
developer (the developer pays them as well). Rent paid to an agent at once stays open.

Blind spots: developers whose industry nobody registered; sellers who are persons; money that waits
longer than a month.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.legal_rules import legal_rules
from data.settings import PropertyFinance
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import loan_keys, read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.proceeds_reach import by_loan, read_payouts, read_reached

NAME = "property_finance"
CODE = "P12"
CLAUSE = "二(一)3, 二(五)3"
SEVERITY = 3
LEAD_OFFICE = "JR+YJ"
TITLE = ("房地产金融、首付贷", "property finance")
CHINESE = Description(
    pattern=(
        "放款后一个月内，借款的相当部分直接或经他人账户到达房地产开发企业或中介机构，且平台的许多"
        "标的都是"
        "如此，无论所写用途为何。"
    ),
    lookalikes=(
        "装修、建材（收款方属于其他行业）；房租、分期房款（借款人在此期间之外也向同一收款方付"
        "款）；与开发"
        "企业有往来的企业（对方也向其付款）。一次性付给中介的房租存疑。"
    ),
    blind_spots="行业未登记的开发企业；卖方为自然人的二手房；停留一个月以上的资金。",
)

# Developers and agents by their kind as institutions or by industry (GB/T 4754: K701 development,
# K703 agency); not management of premises (K702) nor letting of own ones (K704).
CREATE_TARGET = """
create or replace temp table reach_target as
select a.account_id as account, p.party_no,
  case when p.institution_kind = 'property_developer'
      or coalesce(regexp_matches(p.industry, '^K?701'), false)
    then 'developer' else 'agent' end as kind
from party_dim p
join account_dim a on a.party_no = p.party_no
where p.institution_kind in ('property_developer', 'property_agent')
  or coalesce(regexp_matches(p.industry, '^K?70[13]'), false)
"""
ESCROW = """
select g.account from reach_target g join account_dim a on a.account_id = g.account
where a.role = 'client_custody' order by 1
"""
# What developers and agents paid parties: those trade with them.
PAID_BY = """
select g.party_no as target, q.party_no as party, sum(t.amount_fen)::bigint as amount_fen
from transfer t
join reach_target g on g.account = t.payer_account
join account_dim q on q.account_id = t.payee_account
where t.status = 'settled' and q.party_no >= 0 and t.business_date between $first and $last
group by g.party_no, q.party_no
order by 1, 2
"""
TARGETS = "select count(*) from reach_target"


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per platform whose loans pay deposits on homes."""
    settings, db = context.settings.detectors.property_finance, context.db
    db.execute("developers and agents", CREATE_TARGET)
    since = legal_rules().first_day("property_finance", "ban")
    reached, loans = read_reached(
        context, since, settings.window_days, settings.handed_share, settings.least_share
    )
    payouts = read_payouts(context)
    days = context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    trade = db.frame("paid by developers", PAID_BY, window)
    escrow = {row[0] for row in db.rows("escrow accounts", ESCROW)}
    [(targets,)] = db.rows("targets", TARGETS)
    if loans and not targets:
        yield _unknown_payees()
    reached = reached.join(
        trade, left_on=["target", "borrower"], right_on=["target", "party"], how="left",
        suffix="_back",
    ).with_columns(
        (
            (pl.col("custom_times") >= settings.custom_times)
            | (pl.col("amount_fen_back").fill_null(0) >= settings.trade_share * pl.col("paid_fen"))
        ).alias("custom"),
        pl.col("account").is_in(list(escrow)).alias("escrow"),
    )  # fmt: skip
    for institution in context.institutions:
        name = institution.institution_id
        if institution.kind == "p2p_platform" and name not in loans:
            yield _no_loans(institution)
            continue
        mine = reached.filter(pl.col("institution_id") == name)
        finding = mine.height and _judge(context, settings, institution, mine, payouts, loans[name])
        if finding:
            yield finding


def _judge(
    context: Context,
    settings: PropertyFinance,
    institution: Institution,
    reached: pl.DataFrame,
    payouts: pl.DataFrame,
    loans: int,
) -> Finding | None:
    """Hold one platform's loans that reached developers and agents against the thresholds."""
    left_out = by_loan(reached.filter("custom"), settings.least_share).height
    counted = reached.filter(~pl.col("custom"))
    chosen = by_loan(counted, settings.least_share)
    spent = int(chosen["part_fen"].sum())
    if (
        chosen.height < settings.minimum_loans
        or chosen.height < settings.minimum_loan_share * loans
        or spent < settings.minimum_fen
    ):
        return None
    shown = counted.join(chosen.select("loan_id"), on="loan_id", how="semi")
    paid_out = payouts.filter(pl.col("institution_id") == institution.institution_id).join(
        chosen.select("loan_id"), on="loan_id", how="semi"
    )
    evidence = read_evidence(
        pl.concat(
            [
                paid_out.select("ref", "booked_at"),
                shown.select(pl.col("step_ref").alias("ref"), pl.col("step_at").alias("booked_at")),
                shown.select(pl.col("last_ref").alias("ref"), pl.col("last_at").alias("booked_at")),
            ]
        )
    )
    total = max(int(shown["amount_fen"].sum()), 1)
    developers, escrow = (
        int(shown.filter(test)["amount_fen"].sum()) / total
        for test in (pl.col("kind") == "developer", pl.col("escrow"))
    )
    share = spent / max(int(chosen["paid_fen"].sum()), 1)
    lookalikes = (
        Lookalike(
            "rent",
            developers >= settings.developer_share,
            f"{developers:.0%} 的金额付给开发企业，其余付给中介机构，可能是房租；{escrow:.0%} 进入"
            "预售"
            "资金监管账户",
            f"{developers:.0%} of the money went to developers, the rest to agents, where it may "
            f"be rent; {escrow:.0%} entered presale escrow accounts",
        ),
        Lookalike(
            "lasting_trade",
            left_out <= chosen.height,
            f"另有 {left_out} 笔借款因借款人与收款方长期往来而未计入",
            f"{left_out} further loan(s) are left out, as borrower and payee deal with each other "
            "otherwise too",
        ),
    )
    targets = shown.group_by("target").agg(pl.col("loan_id").n_unique().alias("loans"))
    often = targets.filter(pl.col("loans") >= settings.target_loans)["target"].sort()
    over = chosen.filter("over_another").height
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=institution.party_id,
        institution_id=institution.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_loans * min(chosen.height / settings.sure_loans, 1)
            + settings.confidence_share * min(share, 1),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=spent,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs + loan_keys(institution.institution_id, chosen["loan_id"]),
        measures={
            "loans": Measure(chosen.height, settings.minimum_loans, "loans"),
            "share_of_loans": Measure(
                round(chosen.height / loans, 4), settings.minimum_loan_share, "share"
            ),
            "spent_share": Measure(round(share, 4), settings.least_share, "share"),
            "over_another": Measure(over, None, "loans"),
            "property_payees": Measure(targets.height, None, "parties"),
            "escrow_share": Measure(round(escrow, 4), None, "share"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明所付为购房首付款，也未证明平台知道借款的实际用途",
            "it is not established that what was paid is a deposit on a home, nor that the "
            "platform knew what the loans were for",
        ),
        text=(
            f"{chosen.height} 笔借款放款后 {settings.window_days} 日内有 {yuan(spent)} 元（占放款"
            "的 "
            f"{share:.0%}）到达 {targets.height} 家房地产开发企业或中介机构，其中 {over} 笔经他人"
            "账户",
            f"Within {settings.window_days} days of the payout {yuan(spent)} yuan of "
            f"{chosen.height} loan(s) ({share:.0%} of the proceeds) reached {targets.height} "
            f"developer(s) or agent(s), {over} of the loans over another person's account",
        ),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (context.party_ids[number], "beneficiary")
            for number in often
            if number != institution.party_no
        ),
    )


def _unknown_payees() -> CannotConclude:
    return CannotConclude(
        NAME,
        None,
        None,
        ("institution", "party"),
        ("没有登记任何房地产开发企业或中介机构，也没有行业代码，无法判断借款是否用于购房",
         "no developers or agents, nor industries, are registered; whether loans pay for homes "
         "cannot be judged"),
    )  # fmt: skip


def _no_loans(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("loan", "loan_event", "entry"),
        ("看不到该平台的放款，无法判断借款是否用于购房",
         "no payouts of this platform's loans are seen; whether they pay for homes cannot be "
         "judged"),
    )  # fmt: skip
