"""Where payment firms keep their clients' money, and what it earns: ledgers, deposits, payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from data.legal_rules import legal_rules
from data.settings import ReservePlacement
from detectors.context import Context
from detectors.reserve_banks import CENTRAL_BANK, banks_that_may_not

LEDGER = """
select institution_id, bank_no, account_no, ledger_date as day, bank_closing_fen,
  interest_uncarried_fen, left(bank_no, 3) = $central as central
from reserve_day
where ledger_date between $first and $last
order by institution_id, ledger_date, bank_no, account_no
"""
# Sums that a reserve account pays to an account of the firm itself, of an institution or of nobody
# known, and that come back whole, with interest, later; and what it pays the same account besides,
# for no longer yet than the longest of these terms. What merchants get and pay is no deposit. In an
# account of the firm that deals with its reserves alone all lies that did not come back.
DEPOSITS = """
with reserve as (
  select a.account_id, a.party_no, a.bank_no, a.account_no,
    coalesce(a.institution_id, p.institution_id) as institution_id
  from account_dim a left join party_dim p on p.party_no = a.party_no
  where a.role = 'client_reserve'
), holder as (
  select a.account_id, a.party_no, a.bank_no, p.institution_kind is not null as institution
  from account_dim a left join party_dim p on p.party_no = a.party_no
  where a.role <> 'client_reserve' and (a.party_no < 0 or p.institution_kind is not null
    or a.party_no in (select party_no from reserve))
), placed as (
  select r.institution_id, r.account_id, r.bank_no, r.account_no, t.ref, t.booked_at,
    t.business_date, t.amount_fen, o.account_id as other, o.bank_no as other_bank
  from reserve r
  join transfer t on t.payer_account = r.account_id
  join holder o on o.account_id = t.payee_account
  where t.status = 'settled' and t.amount_fen >= $least and t.business_date between $first and $last
    and r.institution_id is not null
    and (o.institution or o.party_no < 0 or o.party_no = r.party_no)
), back as (
  select r.account_id, t.ref, t.booked_at, t.business_date, t.amount_fen,
    t.payer_account as other
  from reserve r
  join transfer t on t.payee_account = r.account_id
  join holder o on o.account_id = t.payer_account
  where t.status = 'settled' and t.amount_fen >= $least and t.business_date between $first and $last
), returned as (
  select p.account_id, p.other, p.ref, b.ref as back_ref, b.booked_at as back_at,
    b.business_date - p.business_date as days, b.amount_fen - p.amount_fen as interest_fen
  from placed p
  join back b on b.account_id = p.account_id and b.other = p.other
    and b.business_date - p.business_date >= $days
    and b.amount_fen > p.amount_fen
    and (b.amount_fen - p.amount_fen) * 365.0 / (b.business_date - p.business_date)
      <= $rate * p.amount_fen
  qualify row_number() over (partition by p.ref order by b.booked_at, b.ref) = 1
    and row_number() over (partition by b.ref order by p.booked_at desc, p.ref) = 1
), pair as (
  select account_id, other, max(days) as longest from returned group by account_id, other
), own as (
  select o.account_id, o.party_no from (select distinct other from placed) p
  join account_dim o on o.account_id = p.other
  semi join reserve r on r.party_no = o.party_no
), outsider as (
  select o.account_id from own o
  join transfer t on t.payer_account = o.account_id
  anti join reserve r on r.account_id = t.payee_account and r.party_no = o.party_no
  where t.status = 'settled' and t.business_date between $first and $last
  union
  select o.account_id from own o
  join transfer t on t.payee_account = o.account_id
  anti join reserve r on r.account_id = t.payer_account and r.party_no = o.party_no
  where t.status = 'settled' and t.business_date between $first and $last
), idle as (
  select account_id from own anti join outsider using (account_id)
)
select p.institution_id, p.bank_no, p.account_no, p.ref, p.booked_at, p.business_date as day,
  p.amount_fen, r.back_ref, r.back_at, coalesce(r.interest_fen, 0)::bigint as interest_fen,
  left(p.other_bank, 3) <> left(p.bank_no, 3) as elsewhere, w.account_id is not null as own
from placed p
left join pair d on d.account_id = p.account_id and d.other = p.other
left join returned r on r.ref = p.ref
left join own w on w.account_id = p.other
where r.ref is not null or $last - p.business_date <= d.longest + $slack
  or p.other in (from idle) and $last - p.business_date >= $days and not exists (
    select 1 from back b
    where b.other = p.other and b.amount_fen = p.amount_fen and b.booked_at >= p.booked_at)
order by p.institution_id, p.booked_at, p.ref
"""
# What banks pay a payment firm outside of its reserve, whatever they call it.
BANK_FEES = """
select f.institution_id, t.ref, t.booked_at, t.business_date as day, t.amount_fen,
  left(a.bank_no, 3) as bank
from transfer t
join account_dim a on a.account_id = t.payer_account
join party_dim q on q.party_no = a.party_no and q.institution_kind = 'bank'
join account_dim b on b.account_id = t.payee_account and b.role <> 'client_reserve'
join party_dim f on f.party_no = b.party_no and f.institution_kind = 'payment_institution'
where t.status = 'settled' and t.business_date between $first and $last and t.loan_id is null
order by f.institution_id, t.booked_at, t.ref
"""
# Clients' payments to a payment firm, by whether the account is registered for them.
CLIENTS = """
select p.institution_id, b.role = 'client_reserve' as reserved, b.account_id as account,
  t.business_date as day, t.amount_fen, a.party_no as client
from transfer t
join account_dim b on b.account_id = t.payee_account and b.registered
join party_dim p on p.party_no = b.party_no and p.institution_kind = 'payment_institution'
join account_dim a on a.account_id = t.payer_account
join party_dim q on q.party_no = a.party_no and q.kind = 'person'
where t.status = 'settled' and t.business_date between $first and $last
order by p.institution_id, t.booked_at, t.ref
"""
# What came in over firms' accounts that are not registered as reserve, and over reserves at banks
# that may not hold any, and what was paid on; by whether the other side can be a client, who pays
# in, or a merchant, who is paid: no capital and no wages. What moves between such reserves came in
# once.
MOVED = """
with held as (
  select a.account_id as account, a.bank_no, a.account_no, p.institution_id, a.party_no,
    a.role = 'client_reserve' as reserved
  from account_dim a
  join party_dim p on p.party_no = a.party_no and p.institution_kind = 'payment_institution'
  where a.registered and (a.role <> 'client_reserve' or list_contains($barred, a.bank_no))
), both_ways as (
  select h.*, t.transfer_no, t.payer_account as other, true as paid_in
  from held h join transfer t on t.payee_account = h.account
  where t.status = 'settled' and t.business_date between $first and $last
  union all
  select h.*, t.transfer_no, t.payee_account, false
  from held h join transfer t on t.payer_account = h.account
  where t.status = 'settled' and t.business_date between $first and $last
)
select m.institution_id, m.account, m.bank_no, m.account_no, m.reserved, m.paid_in, t.ref,
  t.booked_at, t.business_date as day, t.amount_fen,
  o.party_no < 0 or o.role = 'merchant' or (p.kind = 'person') = m.paid_in as client,
  m.reserved and i.account is not null and i.reserved as inner_transfer
from both_ways m
join transfer t on t.transfer_no = m.transfer_no
join account_dim o on o.account_id = m.other
left join party_dim p on p.party_no = o.party_no
left join held i on i.account = m.other and i.institution_id = m.institution_id
where m.reserved or o.party_no <> m.party_no
order by m.institution_id, t.booked_at, t.ref
"""


@dataclass(frozen=True)
class Placement:
    """The tables, of all payment firms; each has institution_id and day."""

    ledger: pl.DataFrame
    deposits: pl.DataFrame
    bank_fees: pl.DataFrame
    clients: pl.DataFrame
    moved: pl.DataFrame


def read_placement(context: Context, settings: ReservePlacement) -> Placement:
    """Read ledgers, deposits, banks' payments and clients' payments within the window."""
    db = context.db
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    deposits = {
        "least": settings.least_deposit_fen,
        "days": settings.deposit_days,
        "slack": settings.deposit_slack_days,
        "rate": settings.largest_yearly_rate,
    }
    ledger = db.frame("reserve ledgers", LEDGER, {**window, "central": CENTRAL_BANK})
    return Placement(
        ledger=ledger.with_columns(
            _by_day(ledger["day"], "least_transferred_share").alias("due_share"),
            _by_day(ledger["day"], "interest_ban").alias("banned"),
        ),
        deposits=db.frame("deposits of reserves", DEPOSITS, {**window, **deposits}),
        bank_fees=db.frame("what banks pay payment firms", BANK_FEES, window),
        clients=db.frame("clients' payments", CLIENTS, window),
        moved=db.frame(
            "payments over other accounts", MOVED, {**window, "barred": banks_that_may_not(context)}
        ),
    )


def _by_day(days: pl.Series, parameter: str) -> pl.Series:
    """The figure of the rule on reserves in force on each day; null where none was."""
    values: dict[date, float | None] = {}
    for day in days.unique():
        figure = legal_rules().value("reserve", parameter, day)
        values[day] = None if figure is None else float(figure)
    return pl.Series([values[day] for day in days], dtype=pl.Float64)
