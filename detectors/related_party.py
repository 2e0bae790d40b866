"""M4 related party: money inside a group goes from one licensed firm to another beyond limits.

Pattern: a licensed firm pays another licensed firm of its own group, straight or by way of one or
two third parties that pass the same sum on within three days each, so that what is outstanding
between the two exceeds a part of the payer's capital.

Innocent look-alikes: dividends (a few payments to an owner); shared services (flat sums, one way);
what is paid back in time (only what stays outstanding counts).

Blind spots: detours over more third parties; assets moved instead of money; groups that the
registers do not show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from data.settings import RelatedParty
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import fen, read_evidence, record_key, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted

NAME = "related_party"
CODE = "M4"
CLAUSE = "二(二)4, 二(六)"
SEVERITY = 3
LEAD_OFFICE = "JR"
TITLE = ("违规关联交易", "related party")
CHINESE = Description(
    pattern="持牌机构向同一集团内的另一持牌机构付款，直接支付，或经一至两个第三方各在三日内原额转付，"
    "使双方之间的未偿余额超过付款机构资本的一定比例。",
    lookalikes="分红（向股东的少数几笔付款）；共享服务（单向、定额）；按期归还的款项（只计未偿余额）。",
    blind_spots="经三个以上第三方的迂回；以资产代替资金的转移；登记簿未反映的集团关系。",
)

# Kinds that are no business of the plan's, or whose accounts hold everyone's money.
OTHER_KINDS = ("bank", "clearing_house", "other", "property_developer", "property_agent")

# Payments between firms of a group, straight, and by way of one or two that are no such firms.
FLOW = """
with firm as (
  select a.account_id, a.party_no as party
  from account_dim a join (select distinct payer as party_no from group_pair) g using (party_no)
  where a.role in ('own_funds', 'ordinary', 'guarantor', 'securities_transfer')
), leg as (
  select t.ref, t.booked_at, t.amount_fen, a.party_no as payer, b.party_no as payee,
    f.party is not null as from_firm, g.party is not null as to_firm
  from transfer t
  join account_dim a on a.account_id = t.payer_account
  join account_dim b on b.account_id = t.payee_account
  left join firm f on f.account_id = t.payer_account
  left join firm g on g.account_id = t.payee_account
  where t.status = 'settled' and t.loan_id is null and a.party_no <> b.party_no
    and t.amount_fen >= $least and t.business_date between $first and $last
    and (f.party is not null or g.party is not null)
), straight as (
  select p.payer, p.payee, l.ref, null::varchar as second_ref, l.booked_at,
    l.booked_at as second_at, l.amount_fen, null::integer as via, null::varchar as middle_ref,
    null::timestamp as middle_at, null::integer as via_next
  from leg l join group_pair p on p.payer = l.payer and p.payee = l.payee
  where l.from_firm and l.to_firm
), between as (
  select party_no as party from party_dim
  where coalesce(institution_kind, '') not in ('bank', 'clearing_house', 'payment_institution')
    and party_no not in (select payer from group_pair)
), third as (
  select o.payer, i.payee, o.ref, i.ref as second_ref, o.booked_at, i.booked_at as second_at,
    i.amount_fen, o.payee as via, null::varchar as middle_ref, null::timestamp as middle_at,
    null::integer as via_next
  from leg o
  join leg i on i.payer = o.payee and i.booked_at > o.booked_at
    and i.booked_at <= o.booked_at + to_hours($hours)
    and i.amount_fen between $passed * o.amount_fen and o.amount_fen
  join group_pair p on p.payer = o.payer and p.payee = i.payee
  semi join between v on v.party = o.payee
  where o.from_firm and i.to_firm
  qualify row_number() over (partition by i.ref order by o.booked_at desc, o.ref) = 1
    and row_number() over (partition by o.ref order by i.booked_at, i.ref) = 1
), hand as (
  select a.party_no as payer, b.party_no as payee, t.ref, t.booked_at, t.amount_fen
  from transfer t
  join account_dim a on a.account_id = t.payer_account
  join account_dim b on b.account_id = t.payee_account
  where t.status = 'settled' and t.loan_id is null and a.party_no <> b.party_no
    and t.amount_fen >= $least and t.business_date between $first and $last
    and a.party_no in (select payee from leg where from_firm)
    and b.party_no in (select payer from leg where to_firm)
    and a.party_no in (select party from between) and b.party_no in (select party from between)
), fourth as (
  select o.payer, i.payee, o.ref, i.ref as second_ref, o.booked_at, i.booked_at as second_at,
    i.amount_fen, o.payee as via, h.ref as middle_ref, h.booked_at as middle_at,
    h.payee as via_next
  from leg o
  join hand h on h.payer = o.payee and h.booked_at > o.booked_at
    and h.booked_at <= o.booked_at + to_hours($hours)
    and h.amount_fen between $passed * o.amount_fen and o.amount_fen
  join leg i on i.payer = h.payee and i.booked_at > h.booked_at
    and i.booked_at <= h.booked_at + to_hours($hours)
    and i.amount_fen between $passed * h.amount_fen and h.amount_fen
  join group_pair p on p.payer = o.payer and p.payee = i.payee
  where o.from_firm and i.to_firm
    and o.ref not in (select ref from third) and i.ref not in (select second_ref from third)
  qualify row_number() over (partition by i.ref order by h.booked_at desc, o.booked_at desc, o.ref)
      = 1
    and row_number() over (partition by o.ref order by h.booked_at, i.booked_at, i.ref) = 1
    and row_number() over (partition by h.ref order by o.booked_at desc, i.booked_at, i.ref) = 1
)
select * from straight union all select * from third union all select * from fourth
order by payer, payee, booked_at, ref
"""
CAPITAL = """
select p.party_no, r.registered_capital_fen
from party r join party_dim p on p.party_id = r.party_id
where r.registered_capital_fen > 0
"""
OWNERS = """
select a.party_no as owner, b.party_no as owned
from relation r
join party_dim a on a.party_id = r.from_party
join party_dim b on b.party_id = r.to_party
where r.kind in ('shareholder', 'controls') and r.valid_from <= $day
  and (r.valid_to is null or r.valid_to >= $day)
"""


@dataclass(frozen=True)
class Exposure:
    """What one firm's payments to another of its group come to, look-alikes left out.

    `rows` are the payments that count, both ways (`outgoing`); `outstanding_fen` the most that was
    paid and not yet back; `dividends_fen` and `services_fen` were left out.
    """

    payer: Institution
    payee: Institution
    rows: pl.DataFrame
    outstanding_fen: int
    dividends_fen: int
    services_fen: int


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per pair of a group that goes too far, or whose capital is unknown."""
    settings = context.settings.detectors.related_party
    firms = {
        i.party_no: i for i in context.institutions if i.licensed and i.kind not in OTHER_KINDS
    }
    pairs = sorted(
        {
            pair
            for firm in firms.values()
            for other in context.closure(firm).keys() & firms.keys()
            if other != firm.party_no
            for pair in ((firm.party_no, other), (other, firm.party_no))
        }
    )
    if not pairs:
        return
    capital = dict(context.db.rows("capital", CAPITAL))
    for exposure in read_exposures(context, settings, firms, pairs):
        held = capital.get(exposure.payer.party_no)
        if held is None:
            yield _unknown(exposure)
        elif exposure.outstanding_fen >= settings.limit_capital_share * held:
            yield _finding(context, settings, exposure, int(held))


def read_exposures(
    context: Context,
    settings: RelatedParty,
    firms: dict[int, Institution],
    pairs: list[tuple[int, int]],
) -> Iterator[Exposure]:
    """Each pair of a group whose outstanding sum is worth a look."""
    payers, payees = zip(*pairs, strict=True)
    context.db.register(
        "group_pair", pa.table({"payer": pa.array(payers), "payee": pa.array(payees)})
    )
    flow = context.db.frame(
        "payments within groups",
        FLOW,
        {
            "least": settings.least_payment_fen,
            "hours": settings.detour_hours,
            "passed": settings.detour_passed_share,
            "first": context.first_date(settings.window_days),
            "last": context.business_date,
        },
    )
    context.db.unregister("group_pair")
    owners = set(context.db.rows("owners", OWNERS, {"day": context.business_date}))
    for payer, payee in pairs:
        out = flow.filter(pl.col("payer") == payer, pl.col("payee") == payee)
        back = flow.filter(pl.col("payer") == payee, pl.col("payee") == payer)
        if out.is_empty():
            continue
        straight = out.filter(pl.col("via").is_null())
        dividends, services = straight.clear(), straight.clear()
        if (payee, payer) in owners and straight.height <= settings.most_dividends:
            dividends = straight
        elif back.is_empty() and _flat(settings, straight):
            services = straight
        counted = out.join(pl.concat([dividends, services]), on="ref", how="anti")
        rows = pl.concat(
            [
                counted.with_columns(pl.lit(value=True).alias("outgoing")),
                back.with_columns(pl.lit(value=False).alias("outgoing")),
            ]
        ).sort("second_at", "ref")
        signed = pl.when("outgoing").then(pl.col("amount_fen")).otherwise(-pl.col("amount_fen"))
        most = int(rows.select(signed.cum_sum())["amount_fen"].to_numpy().max(initial=0))
        if counted.height and most >= settings.minimum_fen:
            yield Exposure(firms[payer], firms[payee], rows, most, fen(dividends), fen(services))


def _flat(settings: RelatedParty, straight: pl.DataFrame) -> bool:
    """Whether sums are as good as equal, as a fee for services is; one payment shows nothing."""
    sums = straight["amount_fen"].to_numpy()
    if len(sums) < settings.service_payments:
        return False
    return bool(sums.std() <= settings.service_variation_share * sums.mean())


def _finding(context: Context, settings: RelatedParty, exposure: Exposure, capital: int) -> Finding:
    rows = exposure.rows
    legs = [rows.select("ref", "booked_at")]
    for name in ("middle", "second"):
        there = rows.filter(pl.col(f"{name}_ref").is_not_null())
        legs.append(
            there.select(
                pl.col(f"{name}_ref").alias("ref"), pl.col(f"{name}_at").alias("booked_at")
            )
        )
    shown = pl.concat(legs)
    evidence = read_evidence(shown)
    share = exposure.outstanding_fen / capital
    out = rows.filter("outgoing")
    detoured = fen(out.filter(pl.col("via").is_not_null()))
    lookalikes = (
        Lookalike(
            "dividends",
            exposure.dividends_fen == 0,
            f"作为分红扣除 {yuan(exposure.dividends_fen)} 元",
            f"{yuan(exposure.dividends_fen)} yuan are left out as dividends",
        ),
        Lookalike(
            "shared_services",
            exposure.services_fen == 0,
            f"作为定额服务费扣除 {yuan(exposure.services_fen)} 元",
            f"{yuan(exposure.services_fen)} yuan are left out as flat fees for services",
        ),
    )
    insurer = "insurer" in (exposure.payer.kind, exposure.payee.kind)
    over = min(share / settings.limit_capital_share - 1, 1.0)
    third = sorted({*out["via"].drop_nulls(), *out["via_next"].drop_nulls()})
    via = (
        (
            f"，其中 {yuan(detoured)} 元经第三方转付",
            f", {yuan(detoured)} of it through third parties",
        )
        if detoured
        else ("", "")
    )
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=exposure.payer.party_id,
        institution_id=exposure.payer.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_over * over
            + settings.confidence_detour * (detoured > 0),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=exposure.outstanding_fen,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "outstanding_fen": Measure(exposure.outstanding_fen, settings.minimum_fen, "fen"),
            "capital_share": Measure(round(share, 4), settings.limit_capital_share, "share"),
            "detoured_fen": Measure(detoured, None, "fen"),
            "group_payments": Measure(out.height, None, "transfers"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明超过双方已申报的限额（未报送），也未证明交易价格不公允",
            "it is not established that limits the firms declared were exceeded (none were "
            "submitted), nor that the terms were unfair",
        ),
        text=(
            f"向同一集团的持牌机构 {exposure.payee.party_id} 付出 {yuan(fen(out))} 元{via[0]}，"
            f"未偿余额最高 {yuan(exposure.outstanding_fen)} 元，相当于注册资本的 {share:.0%}",
            f"It paid {yuan(fen(out))} yuan to {exposure.payee.party_id}, a licensed firm of its "
            f"group{via[1]}; up to {yuan(exposure.outstanding_fen)} yuan was outstanding, "
            f"{share:.0%} of its registered capital",
        ),
        lead_office="BJ" if insurer else LEAD_OFFICE,
        accomplices=(
            (exposure.payee.party_id, "beneficiary"),
            *((context.party_ids[number], "shell") for number in third),
        ),
    )


def _unknown(exposure: Exposure) -> CannotConclude:
    party, most = exposure.payer.party_id, yuan(exposure.outstanding_fen)
    return CannotConclude(
        NAME,
        party,
        exposure.payer.institution_id,
        (record_key("party", party) + " (registered_capital_fen)",),
        (
            f"对集团内 {exposure.payee.party_id} 的未偿余额最高 {most} 元，但注册资本未报送",
            f"up to {most} yuan was outstanding from {exposure.payee.party_id} of its "
            "group, but its registered capital was not submitted",
        ),
    )
