"""Lenders who leave a loan before it falls due: with what money, and who took the claim over."""

from __future__ import annotations

import polars as pl

from data.legal_rules import legal_rules
from data.settings import MaturityMismatch
from detectors.context import Context
from detectors.loan_money import lay_loan_money

# A lender gets a stake back long before the loan falls due, while what the borrower has repaid does
# not cover what lenders of the loan were paid until then. His stake is the last payment of his, or
# all of them together, that comes back nearly whole; where he paid before the records begin, the
# loan's events say that it is principal, and how long he held it is unknown.
CREATE_EXIT = """
create or replace temp table early_exit as
with staked as (
  select institution_id, loan_id, payer as lender, booked_at, business_date, amount_fen,
    sum(amount_fen) over (
      partition by institution_id, loan_id, payer order by booked_at, transfer_no)::bigint
      as whole_fen
  from loan_money
  where flow = 'invest' or flow = 'assign' and not from_centre
), paid_out as (
  select institution_id, loan_id, min(booked_at) as paid_at from loan_money
  where flow = 'disburse' group by institution_id, loan_id
), back as (
  select m.institution_id, m.loan_id, m.payee as lender, m.transfer_no, m.ref, m.booked_at,
    m.business_date, m.amount_fen, m.interest_fen, b.due_on, b.published_on
  from loan_money m
  join loan_book b on b.institution_id = m.institution_id and b.loan_id = m.loan_id
  where m.flow in ('payout', 'assign') and not m.to_centre
    and m.business_date < b.due_on - $early::integer and m.business_date >= $ban
), matched as (
  select k.institution_id, k.loan_id, k.transfer_no,
    arg_max(case when k.amount_fen between $whole * s.amount_fen and $most * s.amount_fen
      then s.amount_fen else s.whole_fen end, (s.booked_at, s.amount_fen)) as in_fen,
    arg_max(s.business_date, (s.booked_at, s.amount_fen)) as first_on
  from back k
  join staked s on s.institution_id = k.institution_id and s.loan_id = k.loan_id
    and s.lender = k.lender and s.booked_at < k.booked_at
  where k.amount_fen between $whole * s.amount_fen and $most * s.amount_fen
    or k.amount_fen between $whole * s.whole_fen and $most * s.whole_fen
  group by k.institution_id, k.loan_id, k.transfer_no
), leaving as (
  select k.institution_id, k.loan_id, k.lender, k.transfer_no, k.ref, k.booked_at, k.business_date,
    k.amount_fen, k.interest_fen, c.in_fen, k.business_date - c.first_on as held_days,
    k.due_on - k.published_on as term_days
  from back k
  left join matched c
    on c.institution_id = k.institution_id and c.loan_id = k.loan_id
    and c.transfer_no = k.transfer_no
  left join paid_out d on d.institution_id = k.institution_id and d.loan_id = k.loan_id
  where case
    when c.in_fen is not null
      then k.business_date - c.first_on <= $part * (k.due_on - k.published_on)
        and (d.paid_at < k.booked_at or d.paid_at is null
          and (k.published_on < $first or k.business_date - c.first_on > $refund))
    else k.interest_fen > 0 and k.amount_fen >= $principal * k.interest_fen end
), until_then as (
  select l.transfer_no, l.institution_id, l.loan_id,
    coalesce(sum(m.amount_fen) filter (m.flow in ('repay', 'compensate') and m.to_centre), 0)
      as repaid_fen,
    sum(m.amount_fen) filter (m.flow in ('payout', 'assign') and not m.to_centre
      and m.booked_at <= l.booked_at) as paid_fen
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
    sum(amount_fen) filter (flow = 'invest' or flow = 'assign' and not from_centre) as in_fen,
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
  (e.amount_fen - e.in_fen) * 365.0 / e.in_fen / greatest(e.held_days, 1) as rate,
  n.lender is not null as registered, e.interest_fen > 0 as redeemed,
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
    `rate` is the simple yearly return (it, `in_fen` and `held_days` are null where the stake is
    from before the records), `registered` that an assignment names both sides, `redeemed` that the
    loan's events call it repayment and interest, although the borrower paid neither.
    """
    db = context.db
    lay_loan_money(context)
    [(first,)] = db.rows("first day", "select min(business_date) from loan_money")
    lines = {
        "whole": settings.whole_share,
        "most": settings.most_ratio,
        "principal": settings.principal_ratio,
        "part": settings.term_share,
        "early": settings.early_days,
        "refund": settings.refund_days,
        "covered": settings.covered_share,
        "first": first,
        "ban": legal_rules().first_day("maturity_mismatch", "ban"),
    }
    db.execute("early exits", CREATE_EXIT, lines)
    db.execute("takers of claims", CREATE_TAKER)
    seen = {name: (invested, paid) for name, invested, paid in db.rows("seen", SEEN)}
    return db.frame("exits", EXITS), db.frame("takers", TAKERS), seen
