"""Loans that somebody paid out with own money before any lender paid, and sold on to lenders."""

from __future__ import annotations

import polars as pl

from data.legal_rules import legal_rules
from data.settings import OwnLending
from detectors.context import Context
from detectors.loan_money import lay_loan_money

# Who may have paid a loan out: the circle, and whoever lenders of the loan pay. What they paid its
# borrower near the principal's sum around the publication counts where no payment names the loan.
CREATE_PAID = """
create or replace temp table prefunded as
with named as (
  select m.institution_id, m.loan_id, m.transfer_no, m.ref, m.booked_at, m.business_date,
    m.amount_fen, m.payer, m.payer_account
  from loan_money m where m.flow = 'disburse'
), paying as (
  select c.institution_id, b.loan_id, a.account_id as account
  from platform_circle c
  join account_dim a on a.party_no = c.party_no
  join loan_book b on b.institution_id = c.institution_id
  anti join named n on n.institution_id = b.institution_id and n.loan_id = b.loan_id
  union
  select m.institution_id, m.loan_id, a.account_id
  from (
    select distinct institution_id, loan_id, payee from loan_money
    where flow in ('invest', 'assign') and payee >= 0
  ) m
  join account_dim a on a.party_no = m.payee
  anti join named n on n.institution_id = m.institution_id and n.loan_id = m.loan_id
), unnamed as (
  select b.institution_id, b.loan_id, t.transfer_no, t.ref, t.booked_at, t.business_date,
    t.amount_fen, p.party_no as payer, t.payer_account
  from loan_book b
  join account_dim q on q.party_no = b.borrower
  join transfer t on t.payee_account = q.account_id
  join paying y on y.institution_id = b.institution_id and y.loan_id = b.loan_id
    and y.account = t.payer_account
  join account_dim p on p.account_id = t.payer_account
  anti join loan_linked k on k.transfer_no = t.transfer_no
  where b.borrower >= 0 and t.status = 'settled' and p.party_no <> b.borrower
    and t.amount_fen between b.principal_fen * $unnamed and b.principal_fen
    and t.business_date between b.published_on - $days::integer and b.published_on + $days::integer
  qualify row_number() over (
    partition by b.institution_id, b.loan_id order by t.booked_at, t.transfer_no) = 1
    and row_number() over (
    partition by t.transfer_no order by b.published_on, b.loan_id) = 1
)
select p.*
from (select * from named union all select * from unnamed) p
join account_dim a on a.account_id = p.payer_account
where a.role not in ('client_custody', 'client_reserve') and p.business_date >= $ban
qualify row_number() over (
  partition by p.institution_id, p.loan_id order by p.booked_at, p.transfer_no) = 1
"""
# Lenders' payments on such a loan after it was paid out, by others than who paid it out.
CREATE_SOLD = """
create or replace temp table prefunded_sold as
select p.institution_id, p.loan_id, m.transfer_no, m.ref, m.booked_at, m.amount_fen,
  m.payer as lender
from prefunded p
join loan_money m on m.institution_id = p.institution_id and m.loan_id = p.loan_id
  and m.booked_at > p.booked_at and m.business_date <= p.business_date + $days::integer
where (m.flow = 'invest' or m.flow = 'assign' and not m.from_centre) and m.payer <> p.payer
"""
# Payments out of custody, or by lenders, that bring the one who paid out his money back.
CREATE_BACK = """
create or replace temp table prefunded_back as
with got as materialized (
  select a.party_no as payer, t.transfer_no, t.ref, t.booked_at, t.business_date, t.amount_fen,
    t.payer_account
  from (select distinct payer from prefunded where payer >= 0) l
  join account_dim a on a.party_no = l.payer
  join transfer t on t.payee_account = a.account_id
  where t.status = 'settled'
)
select distinct p.institution_id, p.payer, t.transfer_no, t.ref, t.booked_at, t.amount_fen
from prefunded p
semi join prefunded_sold s on s.institution_id = p.institution_id and s.loan_id = p.loan_id
join got t on t.payer = p.payer
join account_dim c on c.account_id = t.payer_account
left join prefunded_sold n on n.transfer_no = t.transfer_no
where t.booked_at > p.booked_at and t.business_date <= p.business_date + $days::integer
  and (n.transfer_no is not null
    or c.role = 'client_custody' and c.institution_id = p.institution_id)
"""
LOANS = """
with before as (
  select p.institution_id, p.loan_id, sum(m.amount_fen)::bigint as before_fen
  from prefunded p
  join loan_money m on m.institution_id = p.institution_id and m.loan_id = p.loan_id
    and m.booked_at <= p.booked_at and m.flow = 'invest' and m.payer <> p.payer
  group by p.institution_id, p.loan_id
), sold as (
  select institution_id, loan_id, sum(amount_fen)::bigint as sold_fen,
    count(distinct lender) as lenders
  from prefunded_sold group by institution_id, loan_id
), assigned as (
  select p.institution_id, p.loan_id, count(distinct case
      when v.party_id is distinct from d.party_id then v.party_id else v.counterparty_id end)
      as lenders, sum(v.amount_fen)::bigint as sold_fen
  from prefunded p
  join loan_event v on v.institution_id = p.institution_id and v.loan_id = p.loan_id
    and v.kind = 'assign' and v.happened_at > p.booked_at
    and v.happened_at <= p.booked_at + to_days($days::integer)
  left join party_dim d on d.party_no = p.payer
  group by p.institution_id, p.loan_id
)
select p.institution_id, p.loan_id, p.ref, p.booked_at, p.amount_fen, p.payer,
  coalesce(f.before_fen, 0) as before_fen,
  greatest(coalesce(s.sold_fen, 0), coalesce(v.sold_fen, 0)) as sold_fen,
  greatest(coalesce(s.lenders, 0), coalesce(v.lenders, 0)) as lenders,
  c.party_no is not null as inside, coalesce(c.own, false) as own,
  coalesce(i.kind in ('small_loan_company', 'bank') and i.licence_no is not null
    and i.status = 'active' and (i.licence_from is null or i.licence_from <= p.business_date)
    and (i.licence_to is null or i.licence_to >= p.business_date), false) as licensed
from prefunded p
left join before f on f.institution_id = p.institution_id and f.loan_id = p.loan_id
left join sold s on s.institution_id = p.institution_id and s.loan_id = p.loan_id
left join assigned v on v.institution_id = p.institution_id and v.loan_id = p.loan_id
left join platform_circle c on c.institution_id = p.institution_id and c.party_no = p.payer
left join party_dim d on d.party_no = p.payer
left join institution i on i.institution_id = d.institution_id
order by p.institution_id, p.loan_id
"""
SHOWN = """
select institution_id, loan_id, null::bigint as payer, ref, booked_at, amount_fen
from prefunded_sold
union all
select institution_id, null, payer, ref, booked_at, amount_fen from prefunded_back
order by 1, 5, 4, 2, 3
"""


def read_prefunded(context: Context, settings: OwnLending) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Loans paid out by other accounts than custody, and the payments that sold them and came back.

    A loan's row says what lenders had paid before and after, how many they are, and who paid it
    out: `inside` the platform's circle, the platform's `own` party, or `licensed` to lend.
    """
    db = context.db
    lay_loan_money(context)
    days = {"days": settings.assigned_days}
    paid = {
        "unnamed": context.settings.lending.unnamed_disbursed_share,
        "ban": legal_rules().first_day("own_lending", "ban"),
    }
    db.execute("paid out before", CREATE_PAID, {**days, **paid})
    db.execute("sold to lenders", CREATE_SOLD, days)
    db.execute("money back", CREATE_BACK, days)
    return db.frame("loans paid out before", LOANS, days), db.frame("sales", SHOWN)
