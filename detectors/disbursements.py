"""Which transfers pay loans out: disbursements to borrowers, and what went to the circle straight.

A loan's events name them, or the loan's number, or else the sum and the day. Both self-financing
and the look-through build on them.
"""

from __future__ import annotations

from data.settings import SelfFinancing
from detectors.context import Context

# Transfers that a loan's events name.
CREATE_NAMED = """
create or replace temp table loan_entry as
with event as (
  select institution_id, loan_id, kind, bank_no || ':' || account_no || ':' || entry_no as entry
  from loan_event
  where entry_no is not null and bank_no is not null and account_no is not null
)
select e.institution_id, e.loan_id, e.kind, t.transfer_no
from event e join transfer t on t.out_entry = e.entry
union
select e.institution_id, e.loan_id, e.kind, t.transfer_no
from event e join transfer t on t.in_entry = e.entry
"""
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
), by_event as (
  select institution_id, loan_id, transfer_no from loan_entry where kind = 'disburse'
), linked as (
  select * from by_number union select * from by_event
), paying as (
  select c.institution_id, a.account_id as account
  from circle_party c join account_dim a on a.party_no = c.party_no
  where c.own
  union
  select institution_id, account_id from account_dim
  where institution_id is not null and role in ('client_custody', 'own_funds')
), fitting as (
  select l.institution_id, l.loan_id, t.transfer_no, t.booked_at
  from loan l
  join party_dim p on p.party_id = l.borrower_party_id
  join account_dim a on a.party_no = p.party_no
  join paying y on y.institution_id = l.institution_id
  join transfer t on t.payee_account = a.account_id and t.payer_account = y.account
  anti join linked k on k.institution_id = l.institution_id and k.loan_id = l.loan_id
  where t.status = 'settled' and t.loan_id is null
    and t.amount_fen between l.principal_fen * $unnamed and l.principal_fen
    and t.business_date between l.published_on and l.published_on + $days::integer
  -- One transfer pays one loan out: the first the first, the second the second.
  qualify row_number() over (
      partition by l.institution_id, l.loan_id order by t.booked_at, t.transfer_no)
    = row_number() over (
      partition by l.institution_id, t.transfer_no order by l.published_on, l.loan_id)
), by_amount as (
  select institution_id, loan_id, arg_min(transfer_no, (booked_at, transfer_no))
  from fitting
  group by institution_id, loan_id
), known as (
  select * from linked union select * from by_amount
)
select k.institution_id, k.loan_id, b.principal_fen, b.party_no as borrower, t.transfer_no, t.ref,
  t.booked_at, t.amount_fen, t.payer_account, t.payee_account
from known k
join borrower b on b.institution_id = k.institution_id and b.loan_id = k.loan_id
join transfer t on t.transfer_no = k.transfer_no
where t.status = 'settled' and t.business_date between $first and $last
  and t.amount_fen <= b.principal_fen * $most and t.amount_fen >= b.principal_fen * $least
"""
# What lenders, or custody, paid on a loan straight to an account of the closure, when no borrower
# got the loan. An account that pays loans out collects for the borrowers; whoever paid in on the
# loan gets his own money back.
ADD_STRAIGHT = """
insert into disbursement
with unpaid as (
  select l.institution_id, l.loan_id, l.principal_fen, l.published_on, p.party_no as borrower
  from loan l
  join party_dim p on p.party_id = l.borrower_party_id
  anti join disbursement d on d.institution_id = l.institution_id and d.loan_id = l.loan_id
), taking as (
  select c.institution_id, a.account_id as account, c.party_no
  from circle_party c
  join account_dim a on a.party_no = c.party_no
  where not c.own and a.role not in ('client_custody', 'client_reserve')
    and not exists (
      select 1 from disbursement d
      where d.institution_id = c.institution_id and d.payer_account = a.account_id
    )
), placed as (
  select u.institution_id, u.loan_id, t.transfer_no
  from unpaid u join transfer t on t.loan_id = u.loan_id
  union
  select institution_id, loan_id, transfer_no from loan_entry where kind in ('invest', 'disburse')
), other as (
  select institution_id, transfer_no from loan_entry where kind not in ('invest', 'disburse')
), lender as (
  select distinct x.institution_id, x.loan_id, a.party_no
  from placed x
  join transfer t on t.transfer_no = x.transfer_no
  join account_dim a on a.account_id = t.payer_account
  where a.role <> 'client_custody'
)
select u.institution_id, u.loan_id, u.principal_fen, u.borrower, t.transfer_no, t.ref, t.booked_at,
  t.amount_fen, t.payer_account, t.payee_account
from placed x
join unpaid u on u.institution_id = x.institution_id and u.loan_id = x.loan_id
join transfer t on t.transfer_no = x.transfer_no
join taking k on k.institution_id = x.institution_id and k.account = t.payee_account
join account_dim a on a.account_id = t.payer_account
anti join other o on o.institution_id = x.institution_id and o.transfer_no = x.transfer_no
anti join lender n on n.institution_id = x.institution_id and n.loan_id = x.loan_id
  and n.party_no = k.party_no
where t.status = 'settled' and t.business_date between $first and $last
  and t.business_date between u.published_on and u.published_on + $days::integer
  and a.party_no <> u.borrower
  and (a.role = 'client_custody' or not exists (
    select 1 from circle_party c
    where c.institution_id = x.institution_id and c.party_no = a.party_no
  ))
"""


def lay_disbursements(context: Context, settings: SelfFinancing) -> None:
    """Create loan_entry (transfers that loan events name) and disbursement.

    The table circle_party must hold the closures of the institutions that are looked at.
    """
    db, days = context.db, context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    lines = {
        "unnamed": settings.unnamed_disbursed_share,
        "days": settings.disbursed_days,
        "least": settings.least_disbursed_share,
        "most": settings.most_disbursed_share,
    }
    db.execute("entries of loans", CREATE_NAMED)
    db.execute("disbursements", CREATE_DISBURSEMENT, {**window, **lines})
    db.execute("straight to the circle", ADD_STRAIGHT, {**window, "days": settings.straight_days})
