"""Lenders who leave a loan before it falls due: with what money, and who took the claim over."""

from __future__ import annotations

import polars as pl

from data.legal_rules import legal_rules
from data.settings import MaturityMismatch
from detectors.context import Context
from detectors.loan_money import lay_loan_money

# A lender gets nearly all of what he had put into a loan, long before it falls due, while what the
# borrower has repaid does not cover what lenders of the loan were paid until then.
CREATE_EXIT = """
create or replace temp table early_exit as
with position as (
  select institution_id, loan_id, payer as lender, sum(amount_fen)::bigint as in_fen,
    min(booked_at) as first_at, min(business_date) as first_on
  from loan_money
  where flow = 'invest' or flow = 'assign' and not from_centre
  group by institution_id, loan_id, payer
), paid_out as (
  select distinct institution_id, loan_id from loan_money where flow = 'disburse'
), leaving as (
  select m.institution_id, m.loan_id, m.payee as lender, m.transfer_no, m.ref, m.booked_at,
    m.business_date, m.amount_fen, p.in_fen, p.first_on, m.business_date - p.first_on as held_days,
    b.due_on - b.published_on as term_days
  from loan_money m
  join position p
    on p.institution_id = m.institution_id and p.loan_id = m.loan_id and p.lender = m.payee
  join loan_book b on b.institution_id = m.institution_id and b.loan_id = m.loan_id
  left join paid_out d on d.institution_id = m.institution_id and d.loan_id = m.loan_id
  where m.flow in ('payout', 'assign') and m.booked_at > p.first_at
    and m.amount_fen >= $whole * p.in_fen
    and m.business_date - p.first_on <= $part * (b.due_on - b.published_on)
    and m.business_date < b.due_on - $early::integer and m.business_date >= $ban
    and (d.loan_id is not null or m.business_date - p.first_on > $refund)
), until_then as (
  select l.transfer_no, l.institution_id, l.loan_id,
    coalesce(sum(m.amount_fen) filter (m.flow in ('repay', 'compensate') and m.to_centre), 0)
      as repaid_fen,
    sum(m.amount_fen) filter (m.flow in ('payout', 'assign') and m.booked_at <= l.booked_at)
      as paid_fen
  from leaving l
  join loan_money m on m.institution_id = l.institution_id and m.loan_id = l.loan_id
    and m.business_date <= l.business_date + 1
  group by l.transfer_no, l.institution_id, l.loan_id
)
select l.*
from leaving l
join until_then u
  on u.transfer_no = l.transfer_no and u.institution_id = l.institution_id
  and u.loan_id = l.loan_id
where u.repaid_fen < $covered * u.paid_fen
"""
# New lenders' payments on the same loan, of the day before, of or after an exit.
CREATE_TAKER = """
create or replace temp table early_taker as
select distinct m.institution_id, m.loan_id, m.transfer_no, m.ref, m.booked_at, m.business_date,
  m.amount_fen
from loan_money m
join early_exit e on e.institution_id = m.institution_id and e.loan_id = m.loan_id
  and m.business_date between e.business_date - 1 and e.business_date + 1 and m.payer <> e.lender
  and m.booked_at > e.first_on
where m.flow = 'invest' or m.flow = 'assign' and not m.from_centre
"""
EXITS = """
with taken as (
  select e.institution_id, e.loan_id, e.business_date, sum(e.amount_fen)::bigint as out_fen,
    coalesce((
      select sum(t.amount_fen) from early_taker t
      where t.institution_id = e.institution_id and t.loan_id = e.loan_id
        and t.business_date between e.business_date - 1 and e.business_date + 1
    ), 0)::bigint as in_fen
  from early_exit e
  group by e.institution_id, e.loan_id, e.business_date
), flowing as (
  select institution_id, business_date,
    sum(amount_fen) filter (flow = 'invest') as in_fen,
    sum(amount_fen) filter (flow = 'disburse') as out_fen
  from loan_money group by institution_id, business_date
), leaving as (
  select institution_id, business_date, sum(amount_fen)::bigint as out_fen
  from early_exit group by institution_id, business_date
), spare as (
  select l.institution_id, l.business_date, l.out_fen,
    greatest(coalesce(sum(f.in_fen), 0) - coalesce(sum(f.out_fen), 0), 0)::bigint as spare_fen
  from leaving l
  left join flowing f on f.institution_id = l.institution_id
    and f.business_date between l.business_date - 1 and l.business_date
  group by l.institution_id, l.business_date, l.out_fen
), named as (
  select v.institution_id, v.loan_id, p.party_no as lender
  from loan_event v
  join party_dim p on p.party_id in (v.party_id, v.counterparty_id)
  where v.kind = 'assign' and v.counterparty_id is not null
    and v.counterparty_id <> v.party_id
  group by v.institution_id, v.loan_id, p.party_no
)
select e.institution_id, e.loan_id, e.lender, e.ref, e.booked_at, e.amount_fen, e.in_fen,
  e.held_days, e.term_days,
  round((e.amount_fen - e.in_fen) * 365.0 / e.in_fen / greatest(e.held_days, 1), 3) as rate,
  n.lender is not null as registered,
  least(1.0, t.in_fen / t.out_fen) as taken_share,
  least(1.0, s.spare_fen / s.out_fen) as spare_share
from early_exit e
join taken t on t.institution_id = e.institution_id and t.loan_id = e.loan_id
  and t.business_date = e.business_date
join spare s on s.institution_id = e.institution_id and s.business_date = e.business_date
left join named n on n.institution_id = e.institution_id and n.loan_id = e.loan_id
  and n.lender = e.lender
order by 1, 5, 4, 2
"""
TAKERS = """
select institution_id, ref, booked_at, amount_fen from early_taker order by 1, 3, 2
"""
SEEN = """
select institution_id, count(*) filter (flow = 'invest') as invested,
  count(*) filter (flow = 'payout') as paid
from loan_money group by institution_id order by 1
"""


def read_exits(
    context: Context, settings: MaturityMismatch
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, tuple[int, int]]]:
    """Early exits, the new lenders' payments beside them, and by institution how many payments of
    and to lenders were seen at all.

    An exit's `taken_share` is what new lenders of the same loan paid within a day, its
    `spare_share` what new lenders of all loans paid beyond payouts to borrowers, both per fen;
    `rate` is the simple yearly return, `registered` that an assignment names both sides.
    """
    db = context.db
    lay_loan_money(context)
    lines = {
        "whole": settings.whole_share,
        "part": settings.term_share,
        "early": settings.early_days,
        "refund": settings.refund_days,
        "covered": settings.covered_share,
        "ban": legal_rules().first_day("maturity_mismatch", "ban"),
    }
    db.execute("early exits", CREATE_EXIT, lines)
    db.execute("takers of claims", CREATE_TAKER)
    seen = {name: (invested, paid) for name, invested, paid in db.rows("seen", SEEN)}
    return db.frame("exits", EXITS), db.frame("takers", TAKERS), seen
