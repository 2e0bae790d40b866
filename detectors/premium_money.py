"""Premiums: who collects them for insurers, what insurers take and pay, day by day."""

from __future__ import annotations

import polars as pl

from data.settings import PremiumMisuse
from detectors.context import Context
from detectors.name_words import NEGATED

# Firms that pass persons' money on to insurers, whose account serves an insurer, or whose industry
# is insurance, of which agency and brokerage are a part (GB/T 4754: 68, 685), or whose scope or
# licence says so; none that is licensed to hold others' money.
CREATE_COLLECTOR = """
create or replace temp table premium_collector as
with passed as (
  select a.party_no, sum(t.amount_fen) as amount_fen
  from insurer i
  join account_dim b on b.party_no = i.party_no
  join transfer t on t.payee_account = b.account_id
  join account_dim a on a.account_id = t.payer_account
  join party_dim p on p.party_no = a.party_no and p.kind = 'organisation'
  where t.status = 'settled' and t.business_date between $first and $last
  group by a.party_no
  having count(*) >= $transfers
), serving as (
  select distinct a.party_no
  from insurer i join account_dim a on a.institution_id = i.institution_id
  anti join insurer o on o.party_no = a.party_no
  where a.party_no >= 0 and a.role not in ('client_custody', 'client_reserve')
  union
  select party_no from party_dim where regexp_matches(industry, '^[A-Z]?(685|68$)')
  union
  select d.party_no from party_dim d
  left join party p on p.party_id = d.party_id
  left join institution i on i.institution_id = d.institution_id
  where regexp_matches(
    regexp_replace(concat(p.business_scope, ';', i.licence_scope), $negated, '', 'g'), $agency)
), near as (
  select party_no, amount_fen, false as surely from passed
  anti join serving s on s.party_no = passed.party_no
  union all
  select party_no, null, true from serving
), taken as (
  select b.party_no, sum(t.amount_fen) as amount_fen, count(distinct a.party_no) as persons
  from near n
  join account_dim b on b.party_no = n.party_no
  join transfer t on t.payee_account = b.account_id
  join account_dim a on a.account_id = t.payer_account
  join party_dim p on p.party_no = a.party_no and p.kind = 'person'
  where t.status = 'settled' and t.business_date between $first and $last
  group by b.party_no
)
select n.party_no
from near n
join taken k on k.party_no = n.party_no
join party_dim p on p.party_no = n.party_no
where k.persons >= $payers and (n.surely or n.amount_fen >= $share * k.amount_fen)
  and not coalesce(list_contains($licensed, p.institution_id), false)
  and p.kind = 'organisation'
"""
AGENCY = "保险(产品)?(兼业)?(代理|经纪|中介)|代理?(销售|收取|收)保险|代收保(险)?费"
# A row per transfer of each party that is judged, on its side.
FLOW = """
with judged as (
  select party_no, false as insurer from premium_collector
  union
  select party_no, true from insurer
), side as (
  select j.party_no, j.insurer, true as incoming, t.transfer_no, t.payer_account as other
  from judged j
  join account_dim a on a.party_no = j.party_no
  join transfer t on t.payee_account = a.account_id
  where t.status = 'settled' and t.business_date between $first and $last
  union all
  select j.party_no, j.insurer, false, t.transfer_no, t.payee_account
  from judged j
  join account_dim a on a.party_no = j.party_no
  join transfer t on t.payer_account = a.account_id
  where t.status = 'settled' and t.business_date between $first and $last
)
select s.party_no, s.insurer, s.incoming, t.ref, t.booked_at, t.business_date, t.amount_fen,
  case when a.party_no >= 0 then a.party_no else -2 - s.other end as person,
  coalesce(p.kind, '') as kind, i.party_no is not null as other_insurer
from side s
join transfer t on t.transfer_no = s.transfer_no
join account_dim a on a.account_id = s.other
left join party_dim p on p.party_no = a.party_no
left join insurer i on i.party_no = a.party_no
where s.party_no <> a.party_no
order by s.party_no, t.booked_at, t.ref, s.incoming
"""

# What persons who got their premium back then paid firms of the insurer's circle.
MOVED_ON = """
with paid as materialized (
  select a.party_no as person, b.party_no as payee, t.ref, t.booked_at, t.amount_fen
  from premium_circle c
  join account_dim b on b.party_no = c.party_no
  join transfer t on t.payee_account = b.account_id
  join account_dim a on a.account_id = t.payer_account
  where t.status = 'settled'
)
select t.ref, t.booked_at, t.amount_fen, t.payee
from premium_back k
join paid t on t.person = k.person
where t.booked_at between k.back_at and k.back_at + to_days($days::integer)
  and t.amount_fen between (1 - $part) * k.back_fen and (1 + $part) * k.back_fen
group by all
order by t.booked_at, t.ref
"""


def read_moved_on(
    context: Context, settings: PremiumMisuse, swaps: pl.DataFrame, circle: list[int]
) -> pl.DataFrame:
    """What holders paid firms of a circle out of premiums given back: ref, booked_at, payee.

    `swaps` is as ``returned_premiums`` gives it.
    """
    db = context.db
    db.register("premium_back", swaps.select("person", "back_at", "back_fen").to_arrow())
    db.register("premium_circle", pl.DataFrame({"party_no": circle}).to_arrow())
    limits = {"days": settings.swap_days, "part": settings.returned_part}
    rows = db.frame("premiums moved on", MOVED_ON, limits)
    db.unregister("premium_back")
    db.unregister("premium_circle")
    return rows


def read_premiums(
    context: Context, settings: PremiumMisuse, insurers: dict[str, int], licensed: list[str]
) -> pl.DataFrame:
    """Read the transfers of insurers and of those who collect premiums for them.

    A row per transfer and judged party: party_no, insurer, incoming, ref, booked_at,
    business_date, amount_fen, person (the other party; an unknown one is another for each
    account), kind and other_insurer.
    """
    db = context.db
    window = {
        "first": context.first_date(context.settings.load.window_days),
        "last": context.business_date,
    }
    table = pl.DataFrame(
        sorted(insurers.items()),
        schema={"institution_id": pl.String, "party_no": pl.Int64},
        orient="row",
    )
    db.register("insurer", table.to_arrow())
    bounds = {
        "transfers": settings.collector_transfers,
        "payers": settings.minimum_payers,
        "share": settings.collector_share,
        "licensed": licensed,
        "agency": AGENCY,
        "negated": NEGATED.pattern,
    }
    db.execute("collectors of premiums", CREATE_COLLECTOR, {**window, **bounds})
    flow = db.frame("flow of premiums", FLOW, window)
    db.unregister("insurer")
    return flow
