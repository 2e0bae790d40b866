"""Who pays a platform's lenders in the borrowers' place when loans fall due."""

from __future__ import annotations

import polars as pl

from data.legal_rules import legal_rules
from data.settings import SelfGuarantee
from detectors.context import Context
from detectors.loan_money import lay_loan_money

# Days on which lenders of a loan were paid principal that was due, or interest, and the borrower's
# money neither came in the days before nor is left over from earlier.
CREATE_UNPAID = """
create or replace temp table stand_in_day as
with paid as (
  select m.institution_id, m.loan_id, m.business_date, sum(m.amount_fen)::bigint as paid_fen,
    count(distinct m.payee) as lenders
  from loan_money m
  join loan_book b on b.institution_id = m.institution_id and b.loan_id = m.loan_id
  where m.flow in ('payout', 'compensate') and not m.to_centre and m.business_date >= $ban
    and (m.business_date >= b.due_on - $due_days::integer or m.interest_fen > 0)
  group by m.institution_id, m.loan_id, m.business_date
), came as (
  select p.institution_id, p.loan_id, p.business_date,
    coalesce(sum(m.amount_fen) filter (m.flow = 'repay'), 0) as repaid_fen,
    coalesce(sum(m.amount_fen) filter (m.flow = 'repay'
      and m.business_date >= p.business_date - $before::integer), 0) as just_fen,
    coalesce(sum(m.amount_fen) filter (m.flow in ('payout', 'compensate') and not m.to_centre
      and m.business_date < p.business_date), 0) as earlier_fen
  from paid p
  join loan_money m on m.institution_id = p.institution_id and m.loan_id = p.loan_id
    and m.business_date <= p.business_date
  group by p.institution_id, p.loan_id, p.business_date
)
select p.*
from paid p
join came c on c.institution_id = p.institution_id and c.loan_id = p.loan_id
  and c.business_date = p.business_date
where c.just_fen < $borrower * p.paid_fen
  and c.repaid_fen - c.earlier_fen < $borrower * p.paid_fen
"""
# What others paid in for such a loan around that day, or paid its lenders straight; and what the
# circle put into custody under no loan's number in the days before, as far as it is missing.
CREATE_PAID = """
create or replace temp table stand_in_paid as
with named as (
  select d.institution_id, d.loan_id, m.transfer_no, m.ref, m.booked_at, m.business_date,
    m.amount_fen, m.payer, m.payer_account, m.to_centre
  from stand_in_day d
  join loan_money m on m.institution_id = d.institution_id and m.loan_id = d.loan_id
    and m.business_date between d.business_date - $before::integer
      and d.business_date + m.to_centre::integer
  join account_dim a on a.account_id = m.payer_account
  where a.role not in ('client_custody', 'client_reserve')
    and (m.flow in ('compensate', 'inner')
      or m.flow = 'payout' and m.business_date = d.business_date)
), missing as (
  select d.institution_id, d.business_date, sum(d.paid_fen)::bigint as paid_fen
  from stand_in_day d
  anti join named n on n.institution_id = d.institution_id and n.loan_id = d.loan_id
  group by d.institution_id, d.business_date
), topped as (
  select distinct x.institution_id, t.transfer_no, t.ref, t.booked_at, t.business_date,
    t.amount_fen,
    case when a.party_no >= 0 then a.party_no else -2 - a.account_id end as payer,
    t.payer_account, true as to_centre
  from missing x
  join account_dim k on k.role = 'client_custody' and k.institution_id = x.institution_id
  join transfer t on t.payee_account = k.account_id
    and t.business_date between x.business_date - $before::integer and x.business_date
  join account_dim a on a.account_id = t.payer_account
  semi join platform_circle c
    on c.institution_id = x.institution_id and c.party_no = a.party_no
  anti join loan_linked l on l.transfer_no = t.transfer_no
  where t.status = 'settled' and a.role not in ('client_custody', 'client_reserve')
    and t.amount_fen between x.paid_fen * $alike and x.paid_fen / $alike
)
select distinct institution_id, loan_id, transfer_no, ref, booked_at, business_date, amount_fen,
  payer, payer_account, to_centre
from named
union all
select institution_id, null, transfer_no, ref, booked_at, business_date, amount_fen, payer,
  payer_account, to_centre
from topped
"""
# Per payer: what it paid in all, what the circle paid it in the days before (its own money comes
# from there), and what borrowers of these loans paid it afterwards.
PAYERS = """
with whole as (
  select institution_id, payer, sum(amount_fen)::bigint as paid_fen,
    count(distinct loan_id) as loans, min(business_date) as first_on, max(business_date) as last_on
  from stand_in_paid group by institution_id, payer
), fed as (
  select w.institution_id, w.payer, sum(f.amount_fen)::bigint as fed_fen
  from whole w
  join lateral (
    select distinct t.transfer_no, t.amount_fen
    from transfer t
    join account_dim p on p.account_id = t.payee_account and p.party_no = w.payer
    join account_dim q on q.account_id = t.payer_account and q.party_no <> w.payer
    semi join platform_circle c
      on c.institution_id = w.institution_id and c.party_no = q.party_no
    where t.status = 'settled'
      and t.business_date between w.first_on - $fed_days::integer and w.last_on
  ) f on true
  group by w.institution_id, w.payer
), repaid as materialized (
  select q.party_no as borrower, p.party_no as payee, t.transfer_no, t.booked_at, t.amount_fen
  from (
    select distinct b.borrower
    from stand_in_paid s
    join loan_book b on b.institution_id = s.institution_id and b.loan_id = s.loan_id
  ) d
  join account_dim q on q.party_no = d.borrower
  join transfer t on t.payer_account = q.account_id
  join account_dim p on p.account_id = t.payee_account
  where t.status = 'settled'
), recovered as (
  select institution_id, payer, sum(amount_fen)::bigint as recovered_fen
  from (
    select distinct s.institution_id, s.payer, t.transfer_no, t.amount_fen
    from stand_in_paid s
    join loan_book b on b.institution_id = s.institution_id and b.loan_id = s.loan_id
    join repaid t on t.borrower = b.borrower and t.payee = s.payer
    where t.booked_at > s.booked_at
  )
  group by institution_id, payer
)
select w.institution_id, w.payer, w.paid_fen, w.loans, coalesce(f.fed_fen, 0) as fed_fen,
  coalesce(r.recovered_fen, 0) as recovered_fen, coalesce(p.institution_kind, '') as kind,
  coalesce(i.status = 'active' and i.licence_no is not null, false) as licensed
from whole w
left join fed f on f.institution_id = w.institution_id and f.payer = w.payer
left join recovered r on r.institution_id = w.institution_id and r.payer = w.payer
left join party_dim p on p.party_no = w.payer
left join institution i on i.institution_id = p.institution_id
order by w.institution_id, w.payer
"""
SHOWN = """
select s.institution_id, s.payer, s.loan_id, s.ref, s.booked_at, s.amount_fen, s.to_centre,
  true as stands_in
from stand_in_paid s
union all
select d.institution_id, null, m.loan_id, m.ref, m.booked_at, m.amount_fen, false,
  false
from stand_in_day d
semi join stand_in_paid s on s.institution_id = d.institution_id and s.loan_id = d.loan_id
join loan_money m on m.institution_id = d.institution_id and m.loan_id = d.loan_id
  and m.business_date = d.business_date and m.flow in ('payout', 'compensate')
  and not m.to_centre
order by 1, 5, 4, 2
"""
SEEN = """
select institution_id, count(*) filter (flow = 'payout') as paid,
  count(*) filter (flow = 'repay') as repaid
from loan_money group by institution_id order by 1
"""


def read_stand_ins(
    context: Context, settings: SelfGuarantee
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, tuple[int, int]]]:
    """Payers in the borrowers' place by institution, the transfers that show it, and how many
    payments to lenders and by borrowers were seen at all."""
    db = context.db
    lay_loan_money(context)
    lines = {
        "due_days": context.settings.lending.due_days,
        "before": settings.before_days,
        "borrower": settings.borrower_share,
        "ban": legal_rules().first_day("self_guarantee", "ban"),
    }
    db.execute("days without a borrower", CREATE_UNPAID, lines)
    paid = {"before": settings.before_days, "alike": settings.alike_share}
    db.execute("paid in the borrowers' place", CREATE_PAID, paid)
    payers = db.frame("payers in their place", PAYERS, {"fed_days": settings.fed_days})
    seen = {name: (paid, repaid) for name, paid, repaid in db.rows("seen", SEEN)}
    return payers, db.frame("transfers in their place", SHOWN), seen
