"""What lenders of a platform are paid under no loan's number: bonuses, and by whom."""

from __future__ import annotations

import polars as pl

from data.settings import ExcessReturn
from detectors.context import Context
from detectors.loan_money import lay_loan_money

CREATE_LENDER = """
create or replace temp table bonus_lender as
select m.institution_id, m.payer as lender, sum(m.amount_fen)::bigint as lent_fen
from loan_money m
join party_dim p on p.party_no = m.payer
anti join platform_circle c on c.institution_id = m.institution_id and c.party_no = m.payer
where m.flow in ('invest', 'assign') and m.to_centre and p.kind = 'person'
group by m.institution_id, m.payer
"""
# Every payment to persons under no loan's number by accounts that pay several lenders, where most
# of whom they pay so are lenders; with how each payer stands to the institution.
CREATE_PAID = """
create or replace temp table bonus_paid as
with unnamed as (
  select t.transfer_no, t.ref, t.booked_at, t.amount_fen, t.payer_account, a.party_no as payee
  from transfer t
  join account_dim a on a.account_id = t.payee_account
  join party_dim p on p.party_no = a.party_no
  semi join (
    select distinct x.payer_account
    from transfer x
    join account_dim b on b.account_id = x.payee_account
    semi join bonus_lender l on l.lender = b.party_no
    where x.status = 'settled' and x.business_date between $first and $last
    group by x.payer_account having count(distinct b.party_no) >= $lenders
  ) w on w.payer_account = t.payer_account
  anti join loan_linked k on k.transfer_no = t.transfer_no
  where t.status = 'settled' and p.kind = 'person' and t.business_date between $first and $last
), payees as (
  select payer_account, count(distinct payee) as payees from unnamed group by payer_account
), chosen as (
  select l.institution_id, u.payer_account
  from unnamed u
  join bonus_lender l on l.lender = u.payee
  join payees n on n.payer_account = u.payer_account
  group by l.institution_id, u.payer_account, n.payees
  having count(distinct u.payee) >= $lenders and count(distinct u.payee) >= $among * n.payees
)
select c.institution_id, u.transfer_no, u.ref, u.booked_at, u.amount_fen, u.payer_account,
  a.party_no as payer, u.payee as lender, l.lent_fen,
  case when t.account is not null then 'clients' when o.party_no is not null then 'own'
    else 'other' end as kind
from chosen c
join unnamed u on u.payer_account = c.payer_account
join bonus_lender l on l.institution_id = c.institution_id and l.lender = u.payee
join account_dim a on a.account_id = c.payer_account
left join loan_till t on t.institution_id = c.institution_id and t.account = c.payer_account
left join platform_circle o on o.institution_id = c.institution_id and o.party_no = a.party_no
"""
# Less what lenders had paid the same accounts under no loan's number: then they only withdraw. A
# payer outside the circle counts when the circle or clients' money gives it most of what it pays.
BONUSES = """
with deposited as (
  select b.institution_id, b.payer_account, b.lender, sum(x.amount_fen)::bigint as in_fen
  from (select distinct institution_id, payer_account, lender from bonus_paid) b
  join account_dim a on a.party_no = b.lender
  join transfer x on x.payer_account = a.account_id and x.payee_account = b.payer_account
  anti join loan_linked k on k.transfer_no = x.transfer_no
  where x.status = 'settled'
  group by b.institution_id, b.payer_account, b.lender
), whole as (
  select institution_id, payer, sum(amount_fen)::bigint as out_fen
  from bonus_paid where kind = 'other' and payer >= 0 group by institution_id, payer
), fed as (
  select w.institution_id, w.payer
  from whole w
  join account_dim a on a.party_no = w.payer
  join transfer x on x.payee_account = a.account_id
  join account_dim q on q.account_id = x.payer_account
  left join platform_circle c on c.institution_id = w.institution_id and c.party_no = q.party_no
  left join loan_till t on t.institution_id = w.institution_id and t.account = x.payer_account
  where x.status = 'settled' and (c.party_no is not null or t.account is not null)
  group by w.institution_id, w.payer, w.out_fen
  having sum(x.amount_fen) >= $fed * w.out_fen
)
select b.institution_id, b.payer, b.kind, b.lender, b.lent_fen, b.ref, b.booked_at, b.amount_fen
from bonus_paid b
left join deposited d on d.institution_id = b.institution_id
  and d.payer_account = b.payer_account and d.lender = b.lender
left join fed f on f.institution_id = b.institution_id and f.payer = b.payer
where coalesce(d.in_fen, 0) < b.amount_fen and (b.kind <> 'other' or f.payer is not null)
order by b.institution_id, b.booked_at, b.ref
"""


def read_bonuses(context: Context, settings: ExcessReturn) -> pl.DataFrame:
    """Payments to a platform's lenders under no loan's number: a row each, with the payer's `kind`:
    out of `clients` money, the circle's `own`, or an `other` that these feed.

    Needs loan_till (``read_paid`` lays it).
    """
    db, days = context.db, context.settings.load.window_days
    lay_loan_money(context)
    window = {"first": context.first_date(days), "last": context.business_date}
    db.execute("lenders", CREATE_LENDER)
    paid = {"lenders": settings.minimum_lenders, "among": settings.bonus_among}
    db.execute("paid to lenders", CREATE_PAID, {**window, **paid})
    return db.frame("bonuses", BONUSES, {"fed": settings.bonus_fed_share})
