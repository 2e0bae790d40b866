"""Money of equity products: what investors paid their issuers, and what comes back to investors."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import DisguisedDebt
from detectors.context import Context

ISSUES = """
select x.product_id, i.party_no as issuer, m.party_no as manager, a.account_id as account,
  nullif(a.party_no, -1) as raised_by, a.institution_id as served, x.promised_rate,
  x.raise_bank_no, x.raise_account_no
from product x
join party_dim i on i.party_id = x.issuer_party_id
left join party_dim m on m.party_id = x.manager_party_id
left join account_dim a on a.bank_no = x.raise_bank_no and a.account_no = x.raise_account_no
where x.offering = 'equity'
order by x.product_id
"""
# Who invested with an issuer: by transfers into the accounts it raises money on, of natural persons
# and of holders on record (of everybody, where no holder is), and for those of whom no transfer is
# seen, by the first day of their holding.
CREATE_INVESTED = """
create or replace temp table equity_invested as
with raising as (
  select distinct issuer, account from equity_issue where account is not null
), holder as (
  select distinct e.issuer, p.party_no
  from equity_issue e
  join holding h on h.product_id = e.product_id and h.holder_kind = 'party'
  join party_dim p on p.party_id = h.holder_id
  where h.as_of <= $last
), known as (
  select distinct issuer from holder
), came as materialized (
  select t.ref, t.booked_at, t.amount_fen, t.payer_account, t.payee_account
  from transfer t
  where t.status = 'settled' and t.business_date between $first and $last
    and t.payee_account in (select account from raising)
), paid as (
  select r.issuer, a.party_no as holder, t.ref, t.booked_at, t.amount_fen
  from came t
  join raising r on r.account = t.payee_account
  join account_dim a on a.account_id = t.payer_account
  join party_dim q on q.party_no = a.party_no
  left join holder h on h.issuer = r.issuer and h.party_no = a.party_no
  left join known k on k.issuer = r.issuer
  where a.party_no <> r.issuer
    and (q.kind = 'person' or h.party_no is not null or k.issuer is null)
), held as (
  select e.issuer, p.party_no as holder, h.product_id, h.holder_id,
    min(h.as_of) as as_of, arg_min(h.cost_fen, h.as_of) as amount_fen
  from equity_issue e
  join holding h on h.product_id = e.product_id and h.holder_kind = 'party'
  join party_dim p on p.party_id = h.holder_id
  where h.as_of <= $last and p.party_no <> e.issuer and h.cost_fen > 0
  group by e.issuer, p.party_no, h.product_id, h.holder_id
)
select issuer, holder, ref, booked_at, amount_fen from paid
union all
select h.issuer, h.holder, 'holding:' || h.holder_id || ':' || h.product_id || ':' || h.as_of,
  h.as_of::timestamp, h.amount_fen
from held h anti join paid p on p.issuer = h.issuer and p.holder = h.holder
"""
# Who pays an issuer's investors: the issuer, and whoever pays many of them and few others.
CREATE_SOURCE = """
create or replace temp table equity_source as
with investor as (
  select distinct issuer, holder from equity_invested
), paying as (
  select a.account_id, coalesce(nullif(a.party_no, -1), -2 - a.account_id) as source
  from account_dim a
  where a.role not in ('client_custody', 'client_reserve')
), reached as (
  select i.issuer, p.source, count(distinct i.holder) as holders
  from investor i
  join account_dim b on b.party_no = i.holder
  join transfer t on t.payee_account = b.account_id
  join paying p on p.account_id = t.payer_account
  where t.status = 'settled' and t.business_date between $first and $last
  group by i.issuer, p.source
), many as (
  select * from reached where source = issuer or holders >= $persons
), everyone as (
  select p.source, count(distinct b.party_no) as persons
  from paying p
  semi join many m on m.source = p.source
  join transfer t on t.payer_account = p.account_id
  join account_dim b on b.account_id = t.payee_account
  where t.status = 'settled' and b.party_no >= 0 and t.business_date between $first and $last
  group by p.source
)
select m.issuer, m.source
from many m join everyone e on e.source = m.source
where m.source = m.issuer or m.holders >= $covered * e.persons
"""
FLOW = """
select issuer, true as incoming, holder as person, -1::bigint as source, ref, booked_at, amount_fen
from equity_invested
union all
select s.issuer, false, i.holder, s.source, t.ref, t.booked_at, t.amount_fen
from equity_source s
join account_dim a on coalesce(nullif(a.party_no, -1), -2 - a.account_id) = s.source
join transfer t on t.payer_account = a.account_id
join account_dim b on b.account_id = t.payee_account
join (select distinct issuer, holder from equity_invested) i
  on i.issuer = s.issuer and i.holder = b.party_no
where t.status = 'settled' and t.business_date between $first and $last
order by 1, 6, 5, 3, 2
"""
# The products themselves, and who holds them.
REGISTERED = """
select distinct issuer, 'product:' || product_id as ref, $last::timestamp as booked_at
from equity_issue
union all
select e.issuer, 'holding:' || h.holder_id || ':' || h.product_id || ':' || min(h.as_of),
  min(h.as_of)::timestamp
from (select distinct issuer, product_id from equity_issue) e
join holding h on h.product_id = e.product_id and h.holder_kind = 'party'
where h.as_of <= $last
group by e.issuer, h.holder_id, h.product_id
order by 1, 3, 2
"""
# What else the accounts that money is raised on took: from accounts of unknown holders, and from
# others who invested nothing.
REST = """
select r.issuer, t.ref, t.booked_at, t.amount_fen, a.party_no < 0 as unknown
from (select distinct issuer, account from equity_issue where account is not null) r
join transfer t on t.payee_account = r.account
join account_dim a on a.account_id = t.payer_account
anti join equity_invested i on i.issuer = r.issuer and i.ref = t.ref
where t.status = 'settled' and a.party_no <> r.issuer and t.business_date between $first and $last
order by r.issuer, t.booked_at, t.ref
"""
# What the accounts that money is raised on pay out, to anyone.
SPENT = """
select r.issuer, t.ref, t.booked_at, t.amount_fen, b.party_no as payee
from (select distinct issuer, account from equity_issue where account is not null) r
join transfer t on t.payer_account = r.account
join account_dim b on b.account_id = t.payee_account
where t.status = 'settled' and t.business_date between $first and $last
order by r.issuer, t.booked_at, t.ref, b.party_no
"""


@dataclass(frozen=True)
class EquityMoney:
    """Equity products and the money around them, over the days that records are kept.

    `issues` has product_id, issuer, manager, account, raised_by (its holder), served (the
    institution that the raising account serves), promised_rate and the raising account's bank and
    number; `flow` a row per payment of or to an investor: issuer, incoming, person, source, ref (of
    a transfer, or "holding:holder:product:day" where only the holding is known), booked_at and
    amount_fen;
    `rest` what else raising accounts took: issuer, ref, booked_at, amount_fen and unknown (whether
    nobody knows from whom); `spent` what they paid: issuer, ref, booked_at, amount_fen and payee;
    `registered` the keys of products and holdings: issuer, ref, booked_at.
    """

    issues: pl.DataFrame
    flow: pl.DataFrame
    rest: pl.DataFrame
    spent: pl.DataFrame
    registered: pl.DataFrame


def read_equity_money(context: Context, settings: DisguisedDebt) -> EquityMoney:
    """Read all equity products with what investors paid and were paid."""
    db = context.db
    window = {
        "first": context.first_date(context.settings.load.window_days),
        "last": context.business_date,
    }
    issues = db.frame("equity products", ISSUES)
    empty = pl.DataFrame()
    if issues.is_empty():
        return EquityMoney(issues, empty, empty, empty, empty)
    db.register("equity_issue", issues.to_arrow())
    db.execute("investors of equity", CREATE_INVESTED, window)
    source = {"persons": settings.source_persons, "covered": settings.source_covered_share}
    db.execute("sources of payments", CREATE_SOURCE, {**window, **source})
    flow = db.frame("flow of equity", FLOW, {"first": window["first"], "last": window["last"]})
    rest = db.frame("rest of takings", REST, window)
    spent = db.frame("spent of equity", SPENT, window)
    registered = db.frame("equity on record", REGISTERED, {"last": window["last"]})
    db.unregister("equity_issue")
    return EquityMoney(issues, flow, rest, spent, registered)
