"""What lenders and investors of an institution were paid, and what came in to pay them with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from data.settings import ExcessReturn
from detectors.context import Context
from detectors.loan_money import lay_loan_money
from detectors.opening_balances import read_opening_fen
from detectors.realised_returns import yearly_returns

# Institutions whose business is to hold or move other people's money by licence.
CUSTODIANS = (
    "bank", "clearing_house", "payment_institution", "securities_firm", "insurer", "exchange",
    "exchange_member",
)  # fmt: skip

# Accounts that hold clients' money of a platform's loans: custody, and whatever lenders pay.
CREATE_TILL = """
create or replace temp table loan_till as
select institution_id, payee_account as account from loan_money
where flow in ('invest', 'assign') and to_centre
union
select institution_id, account_id from account_dim
where role = 'client_custody' and institution_id is not null
"""
# By loan: what lenders were paid out of clients' money beyond all money that came in for the loan.
# What lenders pay in once the borrower is paid, or beyond what he was paid, is theirs to get back,
# or the price of a claim handed over. What the circle pays of its own is no client's principal.
LOANS = """
with paid_out as (
  select institution_id, loan_id, max(booked_at) as last_at, sum(amount_fen) as out_fen
  from loan_money where flow = 'disburse' group by institution_id, loan_id
), summed as (
  select m.institution_id, m.loan_id,
    coalesce(sum(m.amount_fen) filter (m.flow in ('payout', 'subsidy', 'assign')
      and not m.to_centre and t.account is not null), 0) as paid_fen,
    coalesce(sum(m.amount_fen) filter (m.flow in ('repay', 'compensate', 'inner')
      and m.to_centre and (m.flow <> 'inner' or t.account is null)), 0) as repaid_fen,
    coalesce(sum(m.amount_fen) filter (m.flow in ('invest', 'assign') and m.to_centre
      and (d.last_at is null or m.booked_at > d.last_at)), 0) as late_fen,
    coalesce(sum(m.amount_fen) filter (m.flow in ('invest', 'assign') and m.to_centre
      and m.booked_at <= d.last_at), 0) as early_fen,
    coalesce(sum(m.amount_fen) filter (m.flow = 'refund'), 0) as refund_fen,
    coalesce(sum(m.amount_fen) filter (m.flow in ('payout', 'subsidy') and not m.to_centre), 0)
      as got_fen,
    coalesce(any_value(d.out_fen), 0) as out_fen
  from loan_money m
  left join paid_out d on d.institution_id = m.institution_id and d.loan_id = m.loan_id
  left join loan_till t
    on t.institution_id = m.institution_id and t.account = m.payer_account
  group by m.institution_id, m.loan_id
), spare as (
  select *, late_fen + greatest(early_fen - out_fen - refund_fen, 0) as spare_fen from summed
)
select s.institution_id, s.loan_id, s.paid_fen::bigint as paid_fen,
  (s.repaid_fen + s.spare_fen)::bigint as covered_fen,
  greatest(s.paid_fen - s.repaid_fen - s.spare_fen, 0)::bigint as uncovered_fen,
  s.repaid_fen::bigint as repaid_fen, s.got_fen::bigint as got_fen,
  greatest(s.got_fen - s.repaid_fen - s.spare_fen, 0)::bigint as beyond_fen, b.principal_fen
from spare s
join loan_book b on b.institution_id = s.institution_id and b.loan_id = s.loan_id
where s.paid_fen > 0 or s.got_fen > 0
order by s.institution_id, s.loan_id
"""
# Each lender's money on each loan, for positions of which all was got back.
POSITIONS = """
with flow as (
  select institution_id, loan_id, payer as lender, business_date, -amount_fen as amount_fen
  from loan_money where flow = 'invest'
  union all
  select institution_id, loan_id, payee, business_date, amount_fen
  from loan_money where flow in ('payout', 'subsidy') and not to_centre
), whole as (
  select institution_id, loan_id, lender from flow
  group by institution_id, loan_id, lender
  having sum(amount_fen) >= 0 and min(amount_fen) < 0
)
select institution_id, loan_id || ' ' || lender as position,
  business_date - date '2000-01-01' as day, amount_fen
from flow semi join whole using (institution_id, loan_id, lender)
order by 1, 2, 3, 4
"""
PAID_LOANS = """
select m.institution_id, m.loan_id, m.ref, m.booked_at, m.amount_fen, m.payee as lender,
  m.payer_account, t.account is not null as from_clients, m.flow = 'subsidy' as subsidy,
  m.flow = 'assign' as assigned
from loan_money m
left join loan_till t on t.institution_id = m.institution_id and t.account = m.payer_account
where m.flow in ('payout', 'subsidy', 'assign') and not m.to_centre
  and (t.account is not null or m.flow = 'subsidy')
order by 1, 4, 3, 2
"""
# Accounts through which an institution's clients pay and are paid: its circle's, its custody's,
# and those that collect for its loans.
CREATE_CENTRE = """
create or replace temp table return_centre as
select c.institution_id, a.account_id as account
from return_circle c join account_dim a on a.party_no = c.party_no
union
select w.institution_id, a.account_id
from (select distinct institution_id from return_circle) w
join account_dim a on a.institution_id = w.institution_id and a.role = 'client_custody'
union
select l.institution_id, l.account
from loan_collecting l
semi join return_circle w on w.institution_id = l.institution_id
"""
CREATE_FLOW = """
create or replace temp table return_flow as
with touching as (
  select c.institution_id, c.account, t.transfer_no, true as incoming, t.payer_account as other
  from return_centre c join transfer t on t.payee_account = c.account
  where t.status = 'settled' and t.business_date between $first and $last
  union all
  select c.institution_id, c.account, t.transfer_no, false, t.payee_account
  from return_centre c join transfer t on t.payer_account = c.account
  where t.status = 'settled' and t.business_date between $first and $last
)
select x.institution_id, x.account, x.incoming, t.ref, t.booked_at, t.business_date, t.amount_fen,
  a.party_no as other,
  coalesce(p.kind = 'person', false) and b.borrower is null as client,
  m.flow is not null as of_loan
from touching x
join transfer t on t.transfer_no = x.transfer_no
join account_dim a on a.account_id = x.other
left join party_dim p on p.party_no = a.party_no
left join (select distinct institution_id, borrower from loan_book where borrower >= 0) b
  on b.institution_id = x.institution_id and b.borrower = a.party_no
left join (select distinct institution_id, transfer_no, 'loan' as flow from loan_money) m
  on m.institution_id = x.institution_id and m.transfer_no = x.transfer_no
anti join return_centre i on i.institution_id = x.institution_id and i.account = x.other
"""
# Under no loan's number (those are judged by loan): persons who paid in before they were paid, and
# those of them who got a payment back with a return on it, or the same small part twice and more.
CREATE_CLIENT = """
create or replace temp table return_client as
with came as (
  select institution_id, other, min(booked_at) as first_at, sum(amount_fen)::bigint as in_fen,
    count(*) as times
  from return_flow where incoming and client and not of_loan and other >= 0
  group by institution_id, other
), went as (
  select f.institution_id, f.other, f.booked_at, f.amount_fen, c.first_at
  from return_flow f
  join came c on c.institution_id = f.institution_id and c.other = f.other
  where not f.incoming and not f.of_loan and f.booked_at > c.first_at and c.times <= $times
), repeated as (
  select institution_id, other, amount_fen, count(*) as times
  from went group by institution_id, other, amount_fen
), returned as (
  select distinct w.institution_id, w.other
  from went w
  join return_flow f on f.institution_id = w.institution_id and f.other = w.other
    and f.incoming and not f.of_loan and f.booked_at < w.booked_at
  join repeated r on r.institution_id = w.institution_id and r.other = w.other
    and r.amount_fen = w.amount_fen
  where w.amount_fen between f.amount_fen * (1 + $least) and f.amount_fen * (1 + $most)
    or r.times > 1 and w.amount_fen between f.amount_fen * $least and f.amount_fen * $most
)
select c.institution_id, c.other, c.in_fen, sum(w.amount_fen)::bigint as out_fen,
  r.other is not null as returned
from came c
join went w on w.institution_id = c.institution_id and w.other = c.other
left join returned r on r.institution_id = c.institution_id and r.other = c.other
group by all
"""
# Accounts of the centre that take a good part of what clients pay under no loan's number, or pay
# a good part of what those get back; who is only paid has wages.
CREATE_TILLS = """
create or replace temp table return_till as
with payer as (
  select distinct institution_id, other from return_flow where incoming and client and not of_loan
), part as (
  select f.institution_id, f.account, coalesce(sum(f.amount_fen) filter (f.incoming), 0) as in_fen,
    coalesce(sum(f.amount_fen) filter (not f.incoming and p.other is not null), 0) as out_fen
  from return_flow f
  left join payer p on p.institution_id = f.institution_id and p.other = f.other
  where f.client and not f.of_loan
  group by f.institution_id, f.account
)
select institution_id, account from part
qualify in_fen > $part * sum(in_fen) over (partition by institution_id)
  or out_fen > $part * sum(out_fen) over (partition by institution_id)
"""
# What came into each account of the centre from others of it.
CREATE_INNER = """
create or replace temp table return_inner as
select c.institution_id, c.account, i.account as sender, sum(t.amount_fen) as amount_fen
from return_centre c
join transfer t on t.payee_account = c.account
join return_centre i on i.institution_id = c.institution_id and i.account = t.payer_account
where t.status = 'settled' and t.business_date between $first and $last
group by c.institution_id, c.account, i.account
"""
# What others brought to these accounts, less what lenders were paid on loans, and what came from
# accounts of the centre that clients have nothing to do with, is there to pay these persons with;
# and what lay there before, of which what lay in custody is clients' own.
COVER = """
with other as (
  select f.institution_id, greatest(coalesce(sum(f.amount_fen) filter (f.incoming and not f.client),
      0) - coalesce(sum(f.amount_fen) filter (not f.incoming and f.client and f.of_loan), 0), 0)
    as fen
  from return_flow f
  join return_till w on w.institution_id = f.institution_id and w.account = f.account
  group by f.institution_id
), inner_money as (
  select n.institution_id, sum(n.amount_fen) as fen
  from return_inner n
  join return_till w on w.institution_id = n.institution_id and w.account = n.account
  anti join return_till o on o.institution_id = n.institution_id and o.account = n.sender
  group by n.institution_id
), held as (
  select w.institution_id, sum(h.held_fen) as fen,
    sum(h.held_fen) filter (a.role = 'client_custody') as custody_fen
  from return_till w
  join return_held h on h.account = w.account
  join account_dim a on a.account_id = w.account
  group by w.institution_id
), taken as (
  select institution_id, sum(amount_fen) as fen
  from return_flow where incoming and client and not of_loan group by institution_id
)
select t.institution_id, t.fen::bigint as taken_fen,
  (coalesce(o.fen, 0) + coalesce(n.fen, 0))::bigint as covered_fen,
  coalesce(h.fen, 0)::bigint as held_fen, coalesce(h.custody_fen, 0)::bigint as custody_fen
from taken t
left join other o on o.institution_id = t.institution_id
left join inner_money n on n.institution_id = t.institution_id
left join held h on h.institution_id = t.institution_id
order by 1
"""
TOTALS = """
select institution_id, count(*) as clients, count(*) filter (returned) as returned,
  sum(out_fen)::bigint as paid_fen
from return_client group by institution_id order by institution_id
"""
# By account: persons who got more than they had paid in there, and anywhere with the institution,
# and what of it neither others nor the balance of before can have paid, so that it was the other
# payers' principal.
AHEAD = """
with person as (
  select institution_id, account, other,
    coalesce(sum(amount_fen) filter (incoming), 0) as in_fen,
    coalesce(sum(amount_fen) filter (not incoming), 0) as out_fen
  from return_flow where client and not of_loan and other >= 0
  group by institution_id, account, other
), whole as (
  select *, least(out_fen - in_fen,
    sum(out_fen - in_fen) over (partition by institution_id, other)) as more_fen
  from person
), ahead as (
  select institution_id, account, sum(out_fen) as paid_fen, sum(in_fen) as taken_fen,
    count(*) filter (more_fen > 0) as persons,
    sum(greatest(more_fen, 0)) filter (in_fen > 0) as ahead_fen
  from whole group by institution_id, account
), cover as (
  select institution_id, account,
    greatest(coalesce(sum(amount_fen) filter (incoming and not client), 0)
      - coalesce(sum(amount_fen) filter (not incoming and client and of_loan), 0), 0) as fen
  from return_flow group by institution_id, account
), came as (
  select institution_id, account, sum(amount_fen) as fen from return_inner group by all
), covered as (
  select a.institution_id, a.account, a.persons, a.paid_fen, a.taken_fen, a.ahead_fen,
    c.fen + coalesce(n.fen, 0) + coalesce(h.held_fen, 0) as covered_fen
  from ahead a
  join cover c on c.institution_id = a.institution_id and c.account = a.account
  left join came n on n.institution_id = a.institution_id and n.account = a.account
  left join return_held h on h.account = a.account
)
select institution_id, account, persons, paid_fen::bigint as paid_fen,
  taken_fen::bigint as taken_fen, covered_fen::bigint as covered_fen,
  (ahead_fen - covered_fen)::bigint as uncovered_fen
from covered
where ahead_fen > covered_fen
order by 1, 2
"""
CLIENT_POSITIONS = """
select f.institution_id, f.other::varchar as position,
  f.business_date - date '2000-01-01' as day,
  case when f.incoming then -f.amount_fen else f.amount_fen end as amount_fen
from return_flow f
join return_client c on c.institution_id = f.institution_id and c.other = f.other
where c.returned and c.out_fen >= c.in_fen and not f.of_loan
order by 1, 2, 3, 4
"""
PAID_CLIENTS = """
select f.institution_id, f.account, f.incoming, f.other, f.ref, f.booked_at, f.amount_fen,
  w.account is not null as till
from return_flow f
left join return_till w on w.institution_id = f.institution_id and w.account = f.account
where f.client and not f.of_loan
order by 1, 6, 5, 2
"""


@dataclass(frozen=True)
class Paid:
    """What clients were paid: by loan, over all of an institution's accounts, and at what rates.

    `loans` has a row per loan with paid_fen, covered_fen, uncovered_fen, and whoever paid it, what
    lenders got (got_fen) and what of it lies beyond all that came in (beyond_fen), `totals` a row
    per institution with clients, returned, paid_fen, `cover` one with taken_fen, covered_fen (what
    came in otherwise), held_fen (what lay there before the records) and custody_fen (of it in
    custody), `ahead` a row per
    account whose payers got more than they had paid in, where its sources do not cover that;
    `rates` institution_id and rate of positions of which all was got back; `loan_transfers` and
    `client_transfers` are what shows it.
    """

    loans: pl.DataFrame
    totals: pl.DataFrame
    cover: pl.DataFrame
    ahead: pl.DataFrame
    rates: pl.DataFrame
    loan_transfers: pl.DataFrame
    client_transfers: pl.DataFrame


def read_paid(context: Context, settings: ExcessReturn) -> Paid:
    """Read payments to lenders and investors of every institution that is no licensed custodian."""
    db, days = context.db, context.settings.load.window_days
    lay_loan_money(context)
    window = {"first": context.first_date(days), "last": context.business_date}
    chosen = {
        i.institution_id for i in context.institutions if not (i.kind in CUSTODIANS and i.licensed)
    }
    context.register_closures("return_circle", chosen, institutions=False)
    db.execute("accounts of lenders' money", CREATE_TILL)
    db.execute("accounts of clients' money", CREATE_CENTRE)
    db.execute("clients' payments", CREATE_FLOW, window)
    db.unregister("return_circle")
    lines = {
        "least": settings.least_return,
        "most": settings.most_return,
        "times": settings.most_payments,
    }
    db.execute("clients paid back", CREATE_CLIENT, lines)
    [(accounts,)] = db.rows("accounts", "select coalesce(max(account_id) + 1, 0) from account_dim")
    held = read_opening_fen(db, int(accounts), context.business_date)
    db.register(
        "return_held", pl.DataFrame({"account": range(len(held)), "held_fen": held}).to_arrow()
    )
    db.execute("accounts that clients deal with", CREATE_TILLS, {"part": settings.till_share})
    db.execute("moved within the centre", CREATE_INNER, window)
    ahead, cover = db.frame("payers ahead", AHEAD), db.frame("cover of payments", COVER)
    db.unregister("return_held")
    positions = [db.frame("positions", POSITIONS), db.frame("investors", CLIENT_POSITIONS)]
    return Paid(
        db.frame("loans paid back", LOANS),
        db.frame("totals of clients", TOTALS),
        cover,
        ahead,
        pl.concat([_rates(each) for each in positions]),
        db.frame("payments to lenders", PAID_LOANS),
        db.frame("payments to investors", PAID_CLIENTS),
    )


def _rates(positions: pl.DataFrame) -> pl.DataFrame:
    """The yearly rate of each position, by institution."""
    numbered = positions.with_columns(
        (pl.struct("institution_id", "position").rank("dense") - 1).cast(pl.Int64).alias("number")
    )
    rates = yearly_returns(
        numbered["number"].to_numpy(),
        numbered["day"].cast(pl.Int64).to_numpy(),
        numbered["amount_fen"].cast(pl.Int64).to_numpy(),
    )
    named = numbered.unique("number").sort("number").select("institution_id")
    return named.with_columns(pl.Series("rate", rates)).filter(np.isfinite(rates))
