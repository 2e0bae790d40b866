"""Where loans' proceeds are spent: borrowers' payments, or one other's, to some accounts.

The targets are a table ``reach_target`` (account, party_no, kind) that the caller lays: developers,
securities accounts. What a borrower pays a target outside of the window too is no proceeds but
custom, and is told apart.
"""

from __future__ import annotations

import polars as pl

from detectors.context import Context
from detectors.loan_money import lay_loan_money
from detectors.payment_sides import lay_payment_sides

# Borrowers are followed as parties, or by the account that the loan was paid to where nobody
# submitted whose it is (``payment_side``), and no other borrower was paid there.
CREATE_PAID = """
create or replace temp table reach_paid as
with taking as (
  select m.institution_id, m.loan_id, b.borrower, m.payee as taker, m.booked_at, m.business_date,
    m.amount_fen
  from loan_money m
  join loan_book b on b.institution_id = m.institution_id and b.loan_id = m.loan_id
  where m.flow = 'disburse' and b.borrower >= 0 and (m.payee = b.borrower or m.payee < -1)
), shared as (
  select taker from taking group by taker having count(distinct borrower) > 1
)
select k.institution_id, k.loan_id, k.borrower, k.taker, min(k.booked_at) as paid_at,
  min(k.business_date) as paid_on,
  sum(sum(k.amount_fen)) over (partition by k.institution_id, k.loan_id)::bigint as paid_fen
from taking k
anti join shared s on s.taker = k.taker and k.taker <> k.borrower
group by k.institution_id, k.loan_id, k.borrower, k.taker
having min(k.business_date) >= $since
"""
# Every payment into a target by somebody else than a target, in the records.
CREATE_INTO = """
create or replace temp table reach_into as
select t.transfer_no, t.ref, t.booked_at, t.business_date, t.amount_fen, a.party as payer,
  a.person or not a.known as person, g.account, g.party_no as target, g.kind
from transfer t
join reach_target g on g.account = t.payee_account
join payment_side a on a.account_id = t.payer_account
anti join reach_target f on f.account = t.payer_account
where t.status = 'settled' and t.business_date between $first and $last
"""
# Straight from the borrower, and over one other person whom the borrower gave a good part of it.
CREATE_REACHED = """
create or replace temp table reached as
with straight as (
  select p.institution_id, p.loan_id, p.taker, i.transfer_no as step, i.transfer_no as last,
    i.amount_fen, i.target, i.account, i.kind, i.payer
  from reach_paid p
  join reach_into i on i.payer = p.taker
    and i.booked_at > p.paid_at and i.business_date <= p.paid_on + $days::integer
), given as materialized (
  -- Few transfers; joined with the loans at once, both ends would be paired with one another first.
  select t.transfer_no, t.booked_at, t.business_date, t.amount_fen, f.party as giver,
    q.party as holder
  from transfer t
  join payment_side q on q.account_id = t.payee_account
  join payment_side f on f.account_id = t.payer_account
  semi join (select payer from reach_into where person) n on n.payer = q.party
  semi join reach_paid b on b.taker = f.party
  where t.status = 'settled' and q.party <> f.party
), handed as (
  select p.institution_id, p.loan_id, p.taker, p.paid_fen, p.paid_on, g.transfer_no, g.booked_at,
    g.amount_fen, g.holder
  from given g
  join reach_paid p on p.taker = g.giver
    and g.booked_at > p.paid_at and g.business_date <= p.paid_on + $days::integer
  where g.amount_fen >= $part * p.paid_fen
), over_one as (
  select h.institution_id, h.loan_id, h.taker, h.transfer_no as step, i.transfer_no as last,
    least(i.amount_fen, h.amount_fen) as amount_fen, i.target, i.account, i.kind, h.holder
  from handed h
  join reach_into i on i.payer = h.holder and i.booked_at > h.booked_at
    and i.business_date <= h.paid_on + $days::integer
  window parts as (partition by h.institution_id, h.loan_id, h.transfer_no
    order by i.booked_at, i.transfer_no)
  -- Payments in parts, until they make up what was handed over; or the first, with other money.
  qualify sum(i.amount_fen) over parts <= h.amount_fen or row_number() over parts = 1
)
select *, false as over_another from straight
union all
select *, true from over_one
"""
REACHED = """
with custom as (
  select r.institution_id, r.loan_id, r.target, count(distinct i.transfer_no) as times
  from (select distinct institution_id, loan_id, taker, target from reached) r
  join reach_paid p
    on p.institution_id = r.institution_id and p.loan_id = r.loan_id and p.taker = r.taker
  join reach_into i on i.payer = p.taker and i.target = r.target
    and (i.booked_at <= p.paid_at or i.business_date > p.paid_on + $days::integer)
  group by r.institution_id, r.loan_id, r.target
)
select r.institution_id, r.loan_id, p.borrower, p.paid_on, p.paid_fen, r.step, r.last,
  s.ref as step_ref, s.booked_at as step_at, l.ref as last_ref, l.booked_at as last_at,
  r.amount_fen, r.target, r.account, r.kind, r.payer, r.over_another,
  coalesce(c.times, 0) as custom_times
from reached r
join reach_paid p
  on p.institution_id = r.institution_id and p.loan_id = r.loan_id and p.taker = r.taker
join transfer s on s.transfer_no = r.step
join transfer l on l.transfer_no = r.last
left join custom c
  on c.institution_id = r.institution_id and c.loan_id = r.loan_id and c.target = r.target
order by r.institution_id, r.loan_id, l.booked_at, r.last, r.step
"""
PAYOUTS = """
select p.institution_id, p.loan_id, m.ref, m.booked_at
from reach_paid p
join loan_money m on m.institution_id = p.institution_id and m.loan_id = p.loan_id
  and m.flow = 'disburse' and m.payee = p.taker
order by 1, 2, 4, 3
"""
LOANS = """
select institution_id, count(distinct loan_id) as loans
from reach_paid group by institution_id order by 1
"""


def read_reached(
    context: Context, since: object, days: int, part: float, least_share: float
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Payments that brought proceeds to a target within some days, and loans paid out by platform.

    `since` is the first day on which a loan's payout counts, `part` the share of a loan that must
    go over another person to be followed there, `least_share` the share that must be spent so; from
    half of it on, more than the rest is the borrower's own. `custom_times` counts what the borrower
    paid the same target outside of the window.
    """
    db, window_days = context.db, context.settings.load.window_days
    lay_loan_money(context)
    lay_payment_sides(context)
    window = {"first": context.first_date(window_days), "last": context.business_date}
    db.execute("loans paid out", CREATE_PAID, {"since": since})
    db.execute("payments into targets", CREATE_INTO, window)
    db.execute("proceeds at targets", CREATE_REACHED, {"days": days, "part": part})
    reached = db.frame("reached", REACHED, {"days": days})
    return _of_proceeds(reached, least_share), dict(db.rows("loans", LOANS))


def _of_proceeds(reached: pl.DataFrame, least_share: float) -> pl.DataFrame:
    """Leave out payments that exceed what is left of the loan, once half of the share that tells is
    spent: they are of the borrower's own. Before that, savings may have gone with it.
    """
    left: dict[tuple[str, str], int] = {}
    seen: dict[tuple[str, str], set[int]] = {}
    kept = []
    columns = ("institution_id", "loan_id", "last", "paid_fen", "amount_fen")
    for name, loan, last, paid_fen, amount_fen in reached.select(columns).iter_rows():
        rest = left.setdefault((name, loan), paid_fen)
        counted = seen.setdefault((name, loan), set())
        little = 2 * (paid_fen - rest) < least_share * paid_fen
        fits = last in counted or little or amount_fen <= rest
        if fits and last not in counted:
            counted.add(last)
            left[name, loan] = rest - amount_fen
        kept.append(fits)
    return reached.filter(pl.Series(kept, dtype=pl.Boolean))


def read_payouts(context: Context) -> pl.DataFrame:
    """The transfers that paid the loans out which ``read_reached`` followed: institution_id,
    loan_id, ref, booked_at."""
    return context.db.frame("payouts", PAYOUTS)


def by_loan(reached: pl.DataFrame, least_share: float) -> pl.DataFrame:
    """A row per loan of which enough reached: its payout and what of it is accounted for so.

    A transfer counts once for a loan; more than the loan is the borrower's own money.
    """
    once = reached.unique(["institution_id", "loan_id", "last"], keep="first", maintain_order=True)
    summed = once.group_by("institution_id", "loan_id", maintain_order=True).agg(
        pl.col("borrower", "paid_on", "paid_fen").first(),
        pl.col("amount_fen").sum().alias("reached_fen"),
        pl.col("over_another").any(),
    )
    capped = summed.with_columns(pl.min_horizontal("reached_fen", "paid_fen").alias("part_fen"))
    return capped.filter(pl.col("part_fen") >= least_share * pl.col("paid_fen"))
