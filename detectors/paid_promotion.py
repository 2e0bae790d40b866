"""G1 paid promotion: a firm without a licence pays for advertising of what needs one.

Pattern: an unlicensed financial firm, or one with a restricted name, pays advertisers, media or
internet platforms several times, straight or by way of an agency that spends its money on them; or
pays natural persons, who are neither clients nor staff of it, small sums by the piece.

Innocent look-alikes: licensed advertisers (left out); job offers and notices (few and small sums);
media that are customers of the firm (they pay it too); wages, allowances and interest (of no
common piece, or paid to staff or clients).

Blind spots: promoters paid in kind, or as clients; media whose industry the registers do not
state.
"""

from __future__ import annotations

from collections.abc import Iterator

from data.settings import PaidPromotion
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import read_evidence, record_key, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.name_words import restricted_words
from detectors.promotion_money import MEDIA, Promotion, read_promotion

NAME = "paid_promotion"
CODE = "G1"
CLAUSE = "二(四)"
SEVERITY = 1
LEAD_OFFICE = "GS"
TITLE = ("违规广告推广", "paid promotion")
CHINESE = Description(
    pattern="无牌照的金融机构或名称含限制字样的单位多次向广告公司、媒体或互联网平台付款，"
    "或经代理公司转付；或按件向并非客户、也非员工的自然人支付小额款项。",
    lookalikes="有牌照的广告主（已剔除）；招聘、公告（次数少、金额小）；媒体是其客户的（双方互有收付）；"
    "工资、补贴、利息（没有统一单价，或付给员工、客户）。",
    blind_spots="以实物或以客户身份获酬的推广者；登记簿未载明行业的媒体。",
)

# Kinds of institutions whose business is financial.
FINANCIAL = (
    "p2p_platform", "crowdfunding_platform", "asset_manager", "investment_firm", "exchange",
    "exchange_member", "guarantor", "small_loan_company", "payment_institution", "insurer",
)  # fmt: skip
ORGANISATIONS = """
select p.party_id, p.name from party p join party_dim d on d.party_id = p.party_id
where p.kind = 'organisation' order by p.party_id
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
    found = read_promotion(context, settings, sorted(payers))
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
    promotion: Promotion,
    paid_fen: int,
    from_media_fen: int,
    registered: bool,
) -> Finding:
    amount, rows = promotion.amount_fen, promotion.rows
    reached, agencies = promotion.of("media", "spent"), promotion.of("agency")
    promoters = promotion.of("person", "unknown")["other"].n_unique()
    evidence = read_evidence(rows)
    share, media = amount / max(paid_fen, 1), reached["other"].n_unique()
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
    institution = context.institution_of(party)
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
            + settings.confidence_payments * min(reached.height / settings.sure_payments, 1.0),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=amount,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "promotions": Measure(reached.height, settings.minimum_payments, "transfers"),
            "promoters": Measure(promoters, settings.minimum_promoters, "persons"),
            "promotion_fen": Measure(amount, settings.minimum_fen, "fen"),
            "media": Measure(media, None, "parties"),
            "promotion_share": Measure(round(share, 4), None, "share"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明广告的内容，也未证明其推广的是金融业务",
            "it is not established what was advertised, nor that it was a financial business",
        ),
        text=_texts(promotion, registered=registered),
        lead_office=LEAD_OFFICE,
        accomplices=tuple((each, "shell") for each in agencies["other"].unique().sort()),
    )


def _texts(promotion: Promotion, *, registered: bool) -> tuple[str, str]:
    zh, en = (
        ("登记的金融机构无牌照", "A registered financial firm without a licence")
        if registered
        else ("名称含限制字样且无牌照", "A firm with a restricted name and no licence")
    )
    reached, agencies = promotion.of("media", "spent"), promotion.of("agency")
    promoters, done = promotion.of("person", "unknown"), []
    if reached.height:
        paid = yuan(int(promotion.of("media", "agency")["amount_fen"].sum()))
        media = reached["other"].n_unique()
        zh += f"，{reached.height} 次向 {media} 家广告、媒体或互联网平台付款共 {paid} 元"
        done.append(
            f"paid {media} advertiser(s), media or internet platform(s) {reached.height} times, "
            f"{paid} yuan"
        )
    if agencies.height:
        through = yuan(int(agencies["amount_fen"].sum()))
        zh += f"，其中 {through} 元经代理公司转付"
        done.append(f"{through} of it by agencies")
    if promoters.height:
        persons, paid = promoters["other"].n_unique(), yuan(int(promoters["amount_fen"].sum()))
        piece = yuan(promotion.piece_fen)
        zh += f"，按每件 {piece} 元向 {persons} 名推广者付款共 {paid} 元"
        done.append(f"paid {persons} promoters {paid} yuan at {piece} yuan a piece")
    return zh, f"{en} {', '.join(done)}"


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
