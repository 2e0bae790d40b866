"""The tables that proceeds are followed in: disbursements, and the accounts where they may end."""

from __future__ import annotations

from data.settings import SelfFinancing
from detectors.context import Context

# A loan's disbursements: by the loan's event where it names an entry, by the loan's number, or for
# loans that have neither, what the institution's side paid the borrower near the principal's sum.
CREATE_DISBURSEMENT = """
create or replace temp table disbursement as
with borrower as (
  select l.institution_id, l.loan_id, l.principal_fen, p.party_no
  from loan l
  join party_dim p on p.party_id = l.borrower_party_id
), by_number as (
  select b.institution_id, b.loan_id, t.transfer_no
  from transfer t
  join account_dim a on a.account_id = t.payee_account
  join borrower b on b.loan_id = t.loan_id and b.party_no = a.party_no
  where t.status = 'settled'
), named as (
  select e.institution_id, e.loan_id, e.bank_no || ':' || e.account_no || ':' || e.entry_no as entry
  from loan_event e
  where e.kind = 'disburse' and e.entry_no is not null and e.bank_no is not null
), by_event as (
  select n.institution_id, n.loan_id, t.transfer_no
  from named n join transfer t on t.out_entry = n.entry
  union
  select n.institution_id, n.loan_id, t.transfer_no
  from named n join transfer t on t.in_entry = n.entry
), linked as (
  select * from by_number union select * from by_event
), paying as (
  select c.institution_id, a.account_id as account
  from circle_party c join account_dim a on a.party_no = c.party_no
  where c.own
  union
  select institution_id, account_id from account_dim
  where institution_id is not null and role in ('client_custody', 'own_funds')
), by_amount as (
  select l.institution_id, l.loan_id, arg_min(t.transfer_no, (t.booked_at, t.transfer_no))
  from loan l
  join party_dim p on p.party_id = l.borrower_party_id
  join account_dim a on a.party_no = p.party_no
  join paying y on y.institution_id = l.institution_id
  join transfer t on t.payee_account = a.account_id and t.payer_account = y.account
  anti join linked k on k.institution_id = l.institution_id and k.loan_id = l.loan_id
  where t.status = 'settled' and t.loan_id is null
    and t.amount_fen between l.principal_fen * 0.85 and l.principal_fen
    and t.business_date between l.published_on and l.published_on + 15
  group by l.institution_id, l.loan_id
), known as (
  select * from linked union select * from by_amount
)
select k.institution_id, k.loan_id, b.principal_fen, b.party_no as borrower, t.transfer_no, t.ref,
  t.booked_at, t.amount_fen, t.payer_account, t.payee_account
from known k
join borrower b on b.institution_id = k.institution_id and b.loan_id = k.loan_id
join transfer t on t.transfer_no = k.transfer_no
where t.status = 'settled' and t.business_date between $first and $last
  and t.amount_fen <= b.principal_fen * 1.01 and t.amount_fen >= b.principal_fen * 0.1
"""
LENDING = """
select distinct institution_id from loan where published_on between $first and $last
"""
LOANS = """
select l.institution_id, count(distinct l.loan_id) as loans,
  count(distinct d.loan_id) as paid_out,
  count(distinct d.loan_id) filter (a.registered) as visible
from loan l
left join disbursement d on d.institution_id = l.institution_id and d.loan_id = l.loan_id
left join account_dim a on a.account_id = d.payee_account
where l.published_on between $first and $last
group by l.institution_id
order by l.institution_id
"""
# Accounts of the closure, but those that hold clients' money: money returned there is a repayment.
CREATE_END = """
create or replace temp table circle_end as
select c.institution_id, a.account_id as account, c.party_no, c.own
from circle_party c
join account_dim a on a.party_no = c.party_no
where a.role not in ('client_custody', 'client_reserve')
  and not exists (
    select 1 from disbursement d
    where d.institution_id = c.institution_id and d.payer_account = a.account_id
  )
  and not exists (
    select 1 from disbursement d
    where d.institution_id = c.institution_id and d.payee_account = a.account_id and not c.own
  )
"""
# Accounts that no bank registers, and that take hardly anything but proceeds of several borrowers
# of one platform, directly or through accounts that take mostly such: whose they are is unknown.
CREATE_SINK = """
create or replace temp table sink as
with span as (
  select institution_id, min(booked_at) as begins, max(booked_at) + to_hours($hours) as ends
  from disbursement group by institution_id
), borrower as (
  select distinct institution_id, payee_account as account, payer_account as platform_account
  from disbursement
), near as (
  select distinct b.institution_id, t.payee_account as account
  from transfer t
  join borrower b on b.account = t.payer_account
  join span s on s.institution_id = b.institution_id and t.booked_at between s.begins and s.ends
  where t.status = 'settled' and t.payee_account >= 0
), into_near as (
  select n.institution_id, n.account, sum(t.amount_fen) as taken,
    coalesce(sum(t.amount_fen) filter (b.account is not null), 0) as lent,
    count(distinct b.account) as borrowers
  from near n
  join transfer t on t.payee_account = n.account
  join span s on s.institution_id = n.institution_id and t.booked_at between s.begins and s.ends
  left join (select distinct institution_id, account from borrower) b
    on b.institution_id = n.institution_id and b.account = t.payer_account
  where t.status = 'settled'
  group by n.institution_id, n.account
), shell as (
  select institution_id, account from into_near
  where lent >= $shell * taken and borrowers >= 2
    and account not in (select account from borrower)
), source as (
  select distinct institution_id, account, true as lent from borrower
  union all
  select institution_id, account, false from shell
), reached as (
  select distinct s.institution_id, t.payee_account as account
  from transfer t
  join source s on s.account = t.payer_account
  join account_dim a on a.account_id = t.payee_account and not a.registered
  where t.status = 'settled'
)
select r.institution_id, r.account
from reached r
join transfer t on t.payee_account = r.account
join span s on s.institution_id = r.institution_id and t.booked_at between s.begins and s.ends
left join source o on o.institution_id = r.institution_id and o.account = t.payer_account
where t.status = 'settled' and r.account not in (select account from borrower)
group by r.institution_id, r.account
having sum(t.amount_fen) filter (o.account is not null) >= $sink * sum(t.amount_fen)
  and sum(t.amount_fen) >= $least and count(*) >= 3
"""
ADD_SINK = """
insert into circle_end
select s.institution_id, s.account, -1, false from sink s
anti join circle_end e on e.institution_id = s.institution_id and e.account = s.account
"""


def lay_tables(context: Context, settings: SelfFinancing) -> None:
    """Create disbursement and circle_end; register circle_party, the platforms' closures."""
    db, days = context.db, context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    platforms = {row[0] for row in db.rows("lending", LENDING, window)}
    context.register_closures("circle_party", only=platforms)
    db.execute("disbursements", CREATE_DISBURSEMENT, window)
    db.execute("ends", CREATE_END)
    db.execute(
        "sinks",
        CREATE_SINK,
        {
            "hours": settings.window_hours,
            "shell": settings.shell_share,
            "sink": settings.sink_share,
            "least": settings.minimum_fen,
        },
    )
    db.execute("unknown ends", ADD_SINK)
