"""Clients' money at institutions: custody and own accounts, what passes them, what is missing."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import Commingling
from detectors.context import Context
from detectors.shortfall import longest_run

# Transfers that a loan event names, and what they are: a loan's fee, an investment, a repayment.
CREATE_EXPLAINED = """
create or replace temp table explained as
with event as (
  select e.institution_id, e.kind, e.loan_id,
    e.bank_no || ':' || e.account_no || ':' || e.entry_no as entry
  from loan_event e
  join loan l on l.institution_id = e.institution_id and l.loan_id = e.loan_id
  where e.entry_no is not null and e.bank_no is not null and e.account_no is not null
), named as (
  select t.transfer_no, e.* from event e join transfer t on t.out_entry = e.entry
  union all
  select t.transfer_no, e.* from event e join transfer t on t.in_entry = e.entry
)
select transfer_no, institution_id, min(kind) as kind, min(loan_id) as loan_id
from named
group by transfer_no, institution_id
"""
# Accounts of the circle, others than the institution's, that several lenders pay on its loans.
CREATE_COLLECTING = """
create or replace temp table collecting as
with inner_account as (
  select c.institution_id, a.account_id as account, c.party_no
  from circle_party c
  join account_dim a on a.party_no = c.party_no
  where not c.own and a.role not in ('client_custody', 'client_reserve')
), paid as (
  select i.institution_id, i.account, i.party_no, a.party_no as payer, t.payer_account,
    t.transfer_no, t.loan_id
  from inner_account i
  join transfer t on t.payee_account = i.account
  join account_dim a on a.account_id = t.payer_account
  where t.status = 'settled' and t.business_date between $first and $last
    and a.role <> 'client_custody'
)
select p.institution_id, p.account, any_value(p.party_no) as party_no
from paid p
left join explained e on e.institution_id = p.institution_id and e.transfer_no = p.transfer_no
join loan l on l.institution_id = p.institution_id and l.loan_id = coalesce(p.loan_id, e.loan_id)
left join party_dim b on b.party_id = l.borrower_party_id
where coalesce(e.kind = 'invest', true) and p.payer is distinct from b.party_no
group by p.institution_id, p.account
having count(distinct case when p.payer >= 0 then p.payer else -2 - p.payer_account end) >= $clients
"""
CREATE_OWN = """
create or replace temp table own_account as
with held as (
  select c.institution_id, a.account_id, a.party_no, c.own or k.account is not null as own, a.role,
    a.role = 'client_custody' and a.institution_id = c.institution_id as custody
  from circle_party c
  join account_dim a on a.party_no = c.party_no
  left join collecting k on k.institution_id = c.institution_id and k.account = a.account_id
  union all
  select a.institution_id, a.account_id, a.party_no, false, a.role, true
  from account_dim a
  where a.role = 'client_custody' and a.institution_id is not null
)
select institution_id, account_id as account, party_no, bool_or(own) as own, role,
  bool_or(custody) as custody
from held
group by institution_id, account_id, party_no, role
"""
# Transfers of an institution's own accounts (those that collect for it among them) or custody, with
# what its loans say of them. A party that is not known is another one for each account. What a loan
# brings the institution itself is a fee as long as all of it together stays within the share of the
# principal.
FLOW = """
with touched as (
  select o.institution_id, t.transfer_no from own_account o
  join transfer t on t.payer_account = o.account where o.own or o.custody
  union
  select o.institution_id, t.transfer_no from own_account o
  join transfer t on t.payee_account = o.account where o.own or o.custody
)
select x.institution_id, t.ref, t.booked_at, t.business_date, t.amount_fen,
  payer.account as payer_circle, coalesce(payer.own, false) as payer_own,
  coalesce(payer.custody, false) as payer_custody,
  payee.account as payee_circle, coalesce(payee.own, false) as payee_own,
  coalesce(payee.custody, false) as payee_custody,
  case when a.party_no >= 0 then a.party_no else -2 - a.account_id end as payer,
  case when b.party_no >= 0 then b.party_no else -2 - b.account_id end as payee,
  coalesce(p.kind, '') as payer_kind, coalesce(q.kind, '') as payee_kind,
  t.payer_account, t.payee_account,
  e.kind as event, l.loan_id, l.principal_fen, l.loan_id is not null as client,
  coalesce(borrower.party_no = a.party_no, false) as from_borrower,
  coalesce(borrower.party_no = b.party_no, false) as to_borrower
from touched x
join transfer t on t.transfer_no = x.transfer_no
join account_dim a on a.account_id = t.payer_account
join account_dim b on b.account_id = t.payee_account
left join party_dim p on p.party_no = a.party_no
left join party_dim q on q.party_no = b.party_no
left join own_account payer
  on payer.institution_id = x.institution_id and payer.account = t.payer_account
left join own_account payee
  on payee.institution_id = x.institution_id and payee.account = t.payee_account
left join explained e
  on e.institution_id = x.institution_id and e.transfer_no = t.transfer_no
left join loan l
  on l.institution_id = x.institution_id and l.loan_id = coalesce(t.loan_id, e.loan_id)
left join party_dim borrower on borrower.party_id = l.borrower_party_id
where t.status = 'settled' and t.business_date between $first and $last
"""
FEES = """
select * exclude (loan_id, principal_fen, is_fee),
  coalesce(is_fee and sum(amount_fen) filter (is_fee) over (partition by institution_id, loan_id)
    <= $fee * principal_fen, false) as lawful_fee
from (
  select *, client and payee_own and (payer_custody or not payer_own)
    and coalesce(event = 'fee', true) as is_fee
  from ({flow})
)
order by institution_id, booked_at, ref
"""
GAPS = """
select distinct o.institution_id, o.account, b.balance_date,
  b.subledger_total_fen - b.closing_fen as gap_fen
from own_account o
join account_dim a on a.account_id = o.account
join balance b on b.bank_no = a.bank_no and b.account_no = a.account_no
where o.custody and b.subledger_total_fen is not null
  and b.balance_date between $first and $last
order by 1, 2, 3
"""
CUSTODY = """
select distinct institution_id from own_account where custody order by 1
"""
COLLECTING = "select institution_id, account, party_no from collecting order by 1, 2"
LENDING = "select distinct institution_id from loan order by institution_id"


@dataclass(frozen=True)
class ClientMoney:
    """What passed the institutions' accounts, by how much sub-accounts exceeded custody, and which
    institutions have custody or publish loans.

    `flow` is a row per institution and transfer, in fen; `gaps` has institution_id, account,
    balance_date and gap_fen; `collecting` the circle's accounts that take clients' money
    (institution_id, account, party_no).
    """

    flow: pl.DataFrame
    gaps: pl.DataFrame
    collecting: pl.DataFrame
    with_custody: frozenset[str]
    lending: frozenset[str]


def read_client_money(context: Context, settings: Commingling, chosen: set[str]) -> ClientMoney:
    """Read the flow of own and custody accounts of the chosen institutions."""
    db, days = context.db, context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    context.register_closures("circle_party", chosen)
    fee = {"fee": settings.fee_share}
    db.execute("explained transfers", CREATE_EXPLAINED)
    clients = {"clients": settings.account_clients}
    db.execute("collecting accounts", CREATE_COLLECTING, {**window, **clients})
    db.execute("own accounts", CREATE_OWN)
    money = ClientMoney(
        flow=db.frame("own flow", FEES.replace("{flow}", FLOW), {**window, **fee}),
        gaps=db.frame("gaps", GAPS, window),
        collecting=db.frame("collecting", COLLECTING),
        with_custody=frozenset(row[0] for row in db.rows("custody", CUSTODY)),
        lending=frozenset(row[0] for row in db.rows("lending", LENDING)),
    )
    db.unregister("circle_party")
    return money


def persistent_gap(settings: Commingling, gaps: pl.DataFrame) -> tuple[int, int]:
    """The longest run of working days with a shortfall on one account, and the largest sum, fen.

    Runs of `settlement_days` or less do not count; a day without a balance ends a run.
    """
    days = gaps.select(
        "account", pl.col("balance_date").alias("day"), pl.col("gap_fen").alias("fen")
    )
    return longest_run(days, settings.tolerance_fen + 1, settings.settlement_days + 1)
