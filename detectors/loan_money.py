"""The money of platforms' loans: every transfer of a loan with the sides it runs between.

Laid once a night for all detectors of lending, as temporary tables:

- ``platform_circle``: institution_id, party_no, own; the closures of institutions that lend.
- ``loan_book``: a row per loan with its borrower's party number, its guarantor's, and its terms.
- ``loan_money``: a row per transfer and loan, ``amount_fen`` and ``interest_fen`` of that loan (a
  transfer may pay several), ``payer`` and ``payee`` as party numbers (-2 minus the account where
  the holder is unknown), and ``flow``:
  ``invest`` (a lender pays in), ``disburse`` (to the borrower), ``repay`` (by the borrower),
  ``payout`` (to a lender), ``compensate`` (someone pays in the borrower's place), ``inner``
  (between the institution's accounts, or others that many clients pay), or what the loan's events
  call it: ``assign``, ``fee``, ``subsidy``, ``refund``.
"""

from __future__ import annotations

from detectors.context import Context

LENDING = "select distinct institution_id from loan order by institution_id"
CREATE_CIRCLE = "create or replace temp table platform_circle as select * from _platform_circle"
CREATE_BOOK = """
create or replace temp table loan_book as
select l.institution_id, l.loan_id, coalesce(b.party_no, -1) as borrower,
  coalesce(b.kind, '') as borrower_kind, g.party_no as guarantor, l.principal_fen, l.annual_rate,
  l.published_on, l.due_on, l.status, l.collateral_key, a.account_id as borrower_account,
  count(*) over (partition by l.loan_id) = 1 as only_one
from loan l
left join party_dim b on b.party_id = l.borrower_party_id
left join party_dim g on g.party_id = l.guarantor_party_id
left join account_dim a on a.bank_no = l.borrower_bank_no and a.account_no = l.borrower_account_no
"""
# Events that name an entry, and transfers that name a loan. A number that several institutions use
# means the loan of whose parties or accounts the transfer touches one.
CREATE_LINKED = """
create or replace temp table loan_linked as
with event as (
  select institution_id, loan_id, kind, amount_fen,
    bank_no || ':' || account_no || ':' || entry_no as entry
  from loan_event
  where entry_no is not null and bank_no is not null and account_no is not null
), named as (
  select e.*, t.transfer_no from event e join transfer t on t.out_entry = e.entry
  union all
  select e.*, t.transfer_no from event e join transfer t on t.in_entry = e.entry
), by_event as (
  select institution_id, loan_id, transfer_no, min(kind) as kind, sum(amount_fen) as amount_fen,
    sum(amount_fen) filter (kind = 'repay_interest') as interest_fen
  from named
  group by institution_id, loan_id, transfer_no
), by_number as (
  select b.institution_id, b.loan_id, t.transfer_no
  from transfer t
  join loan_book b on b.loan_id = t.loan_id
  join account_dim p on p.account_id = t.payer_account
  join account_dim q on q.account_id = t.payee_account
  left join platform_circle c
    on c.institution_id = b.institution_id and c.own and c.party_no in (p.party_no, q.party_no)
  where b.only_one or p.institution_id = b.institution_id or q.institution_id = b.institution_id
    or b.borrower in (p.party_no, q.party_no) or c.own
)
select coalesce(e.institution_id, n.institution_id) as institution_id,
  coalesce(e.loan_id, n.loan_id) as loan_id, coalesce(e.transfer_no, n.transfer_no) as transfer_no,
  any_value(e.kind) as kind, any_value(e.amount_fen)::bigint as amount_fen,
  any_value(e.interest_fen)::bigint as interest_fen
from by_event e
full join by_number n on n.institution_id = e.institution_id and n.loan_id = e.loan_id
  and n.transfer_no = e.transfer_no
group by all
"""
# Payments to the borrower near the principal's sum that no record ties to a loan pay out a loan of
# which no other payment to the borrower is known: the first the first, the second the second.
ADD_UNNAMED = """
insert into loan_linked
with paying as (
  select c.institution_id, a.account_id as account
  from platform_circle c join account_dim a on a.party_no = c.party_no
  where c.own
  union
  select institution_id, account_id from account_dim
  where institution_id is not null and role in ('client_custody', 'own_funds')
), known as (
  select distinct k.institution_id, k.loan_id
  from loan_linked k
  join loan_book b on b.institution_id = k.institution_id and b.loan_id = k.loan_id
  join transfer t on t.transfer_no = k.transfer_no
  join account_dim a on a.account_id = t.payee_account
  where a.party_no = b.borrower or a.account_id = b.borrower_account
), fitting as (
  select b.institution_id, b.loan_id, t.transfer_no, t.booked_at, t.amount_fen, b.published_on
  from loan_book b
  join account_dim a on a.party_no = b.borrower
  join paying y on y.institution_id = b.institution_id
  join transfer t on t.payee_account = a.account_id and t.payer_account = y.account
  anti join known k on k.institution_id = b.institution_id and k.loan_id = b.loan_id
  anti join loan_linked o on o.transfer_no = t.transfer_no
  where b.borrower >= 0 and t.status = 'settled'
    and t.amount_fen between b.principal_fen * $unnamed and b.principal_fen
    and t.business_date between b.published_on and b.published_on + $days::integer
  qualify row_number() over (
      partition by b.institution_id, b.loan_id order by t.booked_at, t.transfer_no)
    = row_number() over (
      partition by b.institution_id, t.transfer_no order by b.published_on, b.loan_id)
)
select institution_id, loan_id, arg_min(transfer_no, (booked_at, transfer_no)), 'disburse',
  arg_min(amount_fen, (booked_at, transfer_no)), null
from fitting
group by institution_id, loan_id
"""
CREATE_SIDED = """
create or replace temp table loan_sided as
select k.institution_id, k.loan_id, t.transfer_no, t.ref, t.booked_at, t.business_date,
  least(coalesce(k.amount_fen, t.amount_fen), t.amount_fen) as amount_fen,
  coalesce(k.interest_fen, 0) as interest_fen, k.kind, t.payer_account, t.payee_account,
  case when p.party_no >= 0 then p.party_no else -2 - t.payer_account end as payer,
  case when q.party_no >= 0 then q.party_no else -2 - t.payee_account end as payee,
  coalesce(p.party_no = b.borrower and b.borrower >= 0
    or t.payer_account = b.borrower_account, false) as from_borrower,
  coalesce(q.party_no = b.borrower and b.borrower >= 0
    or t.payee_account = b.borrower_account, false) as to_borrower,
  p.role in ('client_custody', 'client_reserve')
    or p.role = 'own_funds' and coalesce(p.institution_id = k.institution_id, false)
    or coalesce(pc.own, false) as from_centre,
  q.role in ('client_custody', 'client_reserve')
    or q.role = 'own_funds' and coalesce(q.institution_id = k.institution_id, false)
    or coalesce(qc.own, false) as to_centre
from loan_linked k
join loan_book b on b.institution_id = k.institution_id and b.loan_id = k.loan_id
join transfer t on t.transfer_no = k.transfer_no
join account_dim p on p.account_id = t.payer_account
join account_dim q on q.account_id = t.payee_account
left join platform_circle pc
  on pc.institution_id = k.institution_id and pc.own and pc.party_no = p.party_no
left join platform_circle qc
  on qc.institution_id = k.institution_id and qc.own and qc.party_no = q.party_no
where t.status = 'settled' and t.business_date between $first and $last
"""
# Accounts of others that several lenders of one loan pay: they collect for the institution.
CREATE_COLLECTING = """
create or replace temp table loan_collecting as
select institution_id, payee_account as account
from loan_sided
where not from_borrower and not to_borrower and not from_centre and not to_centre
group by institution_id, loan_id, payee_account
having count(distinct payer) >= $clients
"""
CREATE_MONEY = """
create or replace temp table loan_money as
with sided as (
  select s.* replace (
    s.from_centre or c.account is not null as from_centre,
    s.to_centre or d.account is not null as to_centre)
  from loan_sided s
  left join (select distinct * from loan_collecting) c
    on c.institution_id = s.institution_id and c.account = s.payer_account
  left join (select distinct * from loan_collecting) d
    on d.institution_id = s.institution_id and d.account = s.payee_account
)
select s.institution_id, s.loan_id, s.transfer_no, s.ref, s.booked_at, s.business_date,
  s.amount_fen, s.interest_fen, s.payer_account, s.payee_account, s.payer, s.payee,
  s.from_centre, s.to_centre,
  case when s.kind in ('fee', 'subsidy', 'refund', 'compensate', 'assign') then s.kind
    when s.to_borrower and s.from_borrower then 'inner'
    when s.to_borrower then 'disburse'
    when s.from_borrower then 'repay'
    when s.kind = 'invest' then 'invest'
    when s.kind = 'disburse' then 'disburse'
    when s.from_centre and s.to_centre then 'inner'
    when s.payer = b.guarantor or s.kind in ('repay_principal', 'repay_interest') and s.to_centre
      then 'compensate'
    when s.from_centre then 'payout'
    when s.kind in ('repay_principal', 'repay_interest') then 'payout'
    when f.party_no is not null and s.business_date >= b.due_on - $due_days::integer
      then 'compensate'
    when s.to_centre then 'invest'
    else 'assign' end as flow
from sided s
join loan_book b on b.institution_id = s.institution_id and b.loan_id = s.loan_id
left join platform_circle f on f.institution_id = s.institution_id and f.party_no = s.payer
"""


def lay_loan_money(context: Context) -> None:
    """Lay platform_circle, loan_book and loan_money, unless they are laid already."""
    context.once("loan_money", lambda: _lay(context))


def _lay(context: Context) -> None:
    db, settings = context.db, context.settings.lending
    days = context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    lending = {row[0] for row in db.rows("lending institutions", LENDING)}
    context.register_closures("_platform_circle", lending)
    db.execute("circles of platforms", CREATE_CIRCLE)
    db.unregister("_platform_circle")
    db.execute("loan book", CREATE_BOOK)
    db.execute("transfers of loans", CREATE_LINKED)
    unnamed = {"unnamed": settings.unnamed_disbursed_share, "days": settings.disbursed_days}
    db.execute("unnamed disbursements", ADD_UNNAMED, unnamed)
    db.execute("sides of loans' transfers", CREATE_SIDED, window)
    clients = {"clients": settings.collecting_clients}
    db.execute("collecting for loans", CREATE_COLLECTING, clients)
    db.execute("money of loans", CREATE_MONEY, {"due_days": settings.due_days})
    db.execute("drop sides", "drop table loan_sided")
