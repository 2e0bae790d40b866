"""G1 paid promotion: a firm without a licence pays for advertising of what needs one.

Pattern: an unlicensed financial firm, or one with a restricted name, pays advertisers, media or
internet platforms several times, straight or by way of an agency that passes its money on to them.

Innocent look-alikes: licensed advertisers (left out); job offers and notices (few and small sums);
media that are customers of the firm (they pay it too).

Blind spots: promoters who are natural persons (their commissions are another pattern's); media
whose industry the registers do not state.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import PaidPromotion
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import read_evidence, record_key, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.name_words import restricted_words

NAME = "paid_promotion"
CODE = "G1"
CLAUSE = "二(四)"
SEVERITY = 1
LEAD_OFFICE = "GS"
TITLE = ("违规广告推广", "paid promotion")
CHINESE = Description(
    pattern="无牌照的金融机构或名称含限制字样的单位多次向广告公司、媒体或互联网平台付款，"
    "或经代理公司转付。",
    lookalikes="有牌照的广告主（已剔除）；招聘、公告（次数少、金额小）；媒体是其客户的（双方互有收付）。",
    blind_spots="自然人推广者（其佣金属于另一类型）；登记簿未载明行业的媒体。",
)

# Kinds of institutions whose business is financial.
FINANCIAL = (
    "p2p_platform", "crowdfunding_platform", "asset_manager", "investment_firm", "exchange",
    "exchange_member", "guarantor", "small_loan_company", "payment_institution", "insurer",
)  # fmt: skip
# Classes of GB/T 4754 that carry advertising: 724/725 advertising (of 2011 and 2017), 85 press, 86
# broadcasting and film, 642 internet information, 643 internet platforms.
MEDIA = r"^[A-Z]?(724|725|642|643|85|86)"
ORGANISATIONS = """
select p.party_id, p.name from party p join party_dim d on d.party_id = p.party_id
where p.kind = 'organisation' order by p.party_id
"""
# What the firms pay media, and agencies that pay media as good as the same sum within some days.
FLOW = """
with side as (
  select a.account_id, a.party_no as party, p.party_id,
    p.party_id in (select unnest($payers)) as promoted,
    coalesce(regexp_matches(p.industry, $media), false) as media,
    coalesce(p.kind = 'organisation', false) and p.institution_id is null as agency
  from account_dim a join party_dim p on p.party_no = a.party_no
), paid as (
  select t.ref, t.booked_at, t.amount_fen, a.party_id as payer, a.promoted, a.party as payer_no,
    b.party_id as payee, b.party as payee_no, b.media as to_media, b.agency as to_agency
  from transfer t
  join side a on a.account_id = t.payer_account
  join side b on b.account_id = t.payee_account
  where t.status = 'settled' and t.business_date between $first and $last and a.party <> b.party
    and t.loan_id is null and (b.media or a.promoted and b.agency)
), by_agency as (
  select o.payer, o.ref, o.booked_at, o.amount_fen, i.payee as media, i.ref as second_ref,
    i.booked_at as second_at, o.payee as agency
  from paid o
  join paid i on i.payer_no = o.payee_no and i.to_media and not i.promoted
    and i.booked_at between o.booked_at and o.booked_at + to_days($days)
    and i.amount_fen between $passed * o.amount_fen and o.amount_fen
  where o.promoted and o.to_agency and not o.to_media
  qualify row_number() over (partition by o.ref order by i.booked_at, i.ref) = 1
    and row_number() over (partition by i.ref order by o.booked_at desc, o.ref) = 1
)
select payer, ref, booked_at, amount_fen, payee as media, null::varchar as second_ref,
  null::timestamp as second_at, null::varchar as agency
from paid where promoted and to_media
union all
select payer, ref, booked_at, amount_fen, media, second_ref, second_at, agency from by_agency
order by payer, booked_at, ref
"""
# What the firms pay in all, and what media pay them.
TURNOVER = """
select p.party_id,
  (select coalesce(sum(t.amount_fen), 0) from transfer t
    join account_dim a on a.account_id = t.payer_account
    where a.party_no = p.party_no and t.status = 'settled'
      and t.business_date between $first and $last)::bigint as paid_fen,
  (select coalesce(sum(t.amount_fen), 0) from transfer t
    join account_dim b on b.account_id = t.payee_account
    join account_dim a on a.account_id = t.payer_account
    join party_dim m on m.party_no = a.party_no and regexp_matches(m.industry, $media)
    where b.party_no = p.party_no and t.status = 'settled'
      and t.business_date between $first and $last)::bigint as from_media_fen
from party_dim p where p.party_id in (select unnest($payers))
order by p.party_id
"""
# Whether the registers state any industry at all.
INDUSTRIES = "select count(industry) from party_dim"


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per unlicensed firm that pays for promotion."""
    settings = context.settings.detectors.paid_promotion
    if not context.institutions:
        return
    payers = promoted_parties(context)
    [(industries,)] = context.db.rows("industries", INDUSTRIES)
    if payers and not industries:
        yield _no_industries(len(payers))
        return
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    flow = context.db.frame(
        "payments for promotion",
        FLOW,
        {
            **window,
            "payers": sorted(payers),
            "media": MEDIA,
            "days": settings.agency_days,
            "passed": settings.agency_passed_share,
        },
    )
    found = {
        str(key[0]): mine
        for key, mine in flow.group_by("payer", maintain_order=True)
        if mine.height >= settings.minimum_payments
        and int(mine["amount_fen"].sum()) >= settings.minimum_fen
    }
    sums = context.db.rows(
        "turnover of promoters", TURNOVER, {**window, "payers": sorted(found), "media": MEDIA}
    )
    for party, paid, from_media in sums:
        yield _finding(context, settings, found[party], paid, from_media, payers[party])


def promoted_parties(context: Context) -> dict[str, bool]:
    """Who may not promote: by party, whether as a registered financial firm or by its name."""
    licensed = {i.party_id for i in context.institutions if i.licensed}
    firms = {
        i.party_id: True for i in context.institutions if not i.licensed and i.kind in FINANCIAL
    }
    known = {i.party_id for i in context.institutions}
    named = {
        party: False
        for party, name in context.db.rows("organisations", ORGANISATIONS)
        if party not in known and restricted_words(name).plain
    }
    return {party: how for party, how in {**named, **firms}.items() if party not in licensed}


def _finding(
    context: Context,
    settings: PaidPromotion,
    rows: pl.DataFrame,
    paid_fen: int,
    from_media_fen: int,
    registered: bool,
) -> Finding:
    amount = int(rows["amount_fen"].sum())
    second = rows.filter(pl.col("second_ref").is_not_null())
    evidence = read_evidence(
        pl.concat(
            [
                rows.select("ref", "booked_at"),
                second.select(
                    pl.col("second_ref").alias("ref"), pl.col("second_at").alias("booked_at")
                ),
            ]
        )
    )
    share, media = amount / max(paid_fen, 1), rows["media"].n_unique()
    by_agency = int(second["amount_fen"].sum())
    lookalikes = (
        Lookalike(
            "job_offers",
            amount >= settings.sure_fen or share >= settings.sure_share,
            f"推广付款 {yuan(amount)} 元，占其全部付款的 {share:.1%}",
            f"{yuan(amount)} yuan went to media, {share:.1%} of all it paid",
        ),
        Lookalike(
            "media_as_customers",
            from_media_fen < amount * settings.customer_share,
            f"媒体向其付款 {yuan(from_media_fen)} 元",
            f"media paid it {yuan(from_media_fen)} yuan",
        ),
    )
    party = str(rows["payer"][0])
    institution = next((i for i in context.institutions if i.party_id == party), None)
    zh_who, en_who = (
        ("登记的金融机构无牌照", "A registered financial firm without a licence")
        if registered
        else ("名称含限制字样且无牌照", "A firm with a restricted name and no licence")
    )
    through = (
        (f"，其中 {yuan(by_agency)} 元经代理公司转付", f", {yuan(by_agency)} of it by agencies")
        if by_agency
        else ("", "")
    )
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=party,
        institution_id=institution.institution_id if institution else None,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_registered * registered
            + settings.confidence_payments * min(rows.height / settings.sure_payments, 1.0),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=amount,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "promotions": Measure(rows.height, settings.minimum_payments, "transfers"),
            "promotion_fen": Measure(amount, settings.minimum_fen, "fen"),
            "media": Measure(media, None, "parties"),
            "promotion_share": Measure(round(share, 4), None, "share"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明广告的内容，也未证明其推广的是金融业务",
            "it is not established what was advertised, nor that it was a financial business",
        ),
        text=(
            f"{zh_who}，{rows.height} 次向 {media} 家广告、媒体或互联网平台付款共 {yuan(amount)} 元"
            f"{through[0]}",
            f"{en_who} paid {media} advertiser(s), media or internet platform(s) {rows.height} "
            f"times, {yuan(amount)} yuan{through[1]}",
        ),
        lead_office=LEAD_OFFICE,
        accomplices=(),
    )


def _no_industries(payers: int) -> CannotConclude:
    return CannotConclude(
        NAME,
        None,
        None,
        (record_key("party", "industry"),),
        (
            f"{payers} 个单位无牌照，但主体登记未载明行业，不知何者为广告、媒体",
            f"{payers} firm(s) have no licence, but the register of parties states no industry; "
            "who is an advertiser is unknown",
        ),
    )
