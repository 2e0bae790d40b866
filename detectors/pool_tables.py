"""The tables that pools are found in: flows, collecting accounts, relays, who deals with them."""

from __future__ import annotations

from data.settings import FundPool
from detectors.context import Context

HELD_FOR_CLIENTS = "('client_custody', 'client_reserve', 'exchange_deposit', 'securities_transfer')"

# Payments that belong to a loan: its borrower's, and others' as long as one account takes no more
# on it than its principal. A number that no register of loans knows is no loan.
CREATE_MATCHED = """
create or replace temp table pool_matched as
with lent as (
  select l.loan_id, max(l.principal_fen) as principal_fen, list(distinct p.party_no) as borrowers
  from loan l left join party_dim p on p.party_id = l.borrower_party_id
  group by l.loan_id
), placed as (
  select t.transfer_no, t.payee_account, t.loan_id, t.amount_fen, l.principal_fen,
    coalesce(list_contains(l.borrowers, a.party_no), false) as repays
  from transfer t
  join lent l on l.loan_id = t.loan_id
  join account_dim a on a.account_id = t.payer_account
  where t.status = 'settled' and t.business_date between $first and $last
), summed as (
  select *,
    sum(amount_fen) filter (not repays) over (partition by payee_account, loan_id) as lent_fen
  from placed
)
select transfer_no from summed where repays or lent_fen <= principal_fen
"""
CREATE_FLOW = """
create or replace temp table pool_flow as
select t.ref, t.booked_at, t.business_date, t.amount_fen, t.payer_account,
  t.payee_account, m.transfer_no is not null as matched,
  coalesce(nullif(a.party_no, -1), -2 - t.payer_account) as payer,
  coalesce(nullif(b.party_no, -1), -2 - t.payee_account) as payee,
  coalesce(p.kind = 'person', false) as payer_person,
  coalesce(q.kind = 'person', false) as payee_person
from transfer t
join account_dim a on a.account_id = t.payer_account
join account_dim b on b.account_id = t.payee_account
left join party_dim p on p.party_no = a.party_no
left join party_dim q on q.party_no = b.party_no
left join pool_matched m on m.transfer_no = t.transfer_no
where t.status = 'settled' and not (a.party_no = b.party_no and a.party_no >= 0)
  and t.business_date between $first and $last
"""
# Groups are found and judged on the newest days; all days of pool_flow are their evidence.
CREATE_RECENT = """
create or replace temp table pool_recent as
select * from pool_flow where business_date >= $first
"""
# Accounts that enough natural persons pay into, and that nothing registers to hold clients' money;
# one that no bank registers can only join a pool, never make one.
CREATE_COLLECTOR = f"""
create or replace temp table pool_collector as
select f.payee_account as account, any_value(a.party_no) as party_no,
  any_value(a.institution_id) as institution_id
from pool_recent f
join account_dim a on a.account_id = f.payee_account
left join party_dim p on p.party_no = a.party_no
where a.role not in {HELD_FOR_CLIENTS}
  and not coalesce(list_contains($licensed, p.institution_id), false)
group by f.payee_account
having count(distinct f.payer) filter (f.payer_person) >= $payers
"""
# An account that gets a large part of what a collector takes: its centre, where it pays back from.
CREATE_RELAY = f"""
create or replace temp table pool_relay as
with took as (
  select payee_account as account, sum(amount_fen) as amount_fen from pool_recent
  semi join pool_collector c on c.account = payee_account group by payee_account
), passed as (
  select payer_account as account, payee_account as centre, sum(amount_fen) as amount_fen
  from pool_recent semi join pool_collector c on c.account = payer_account
  group by payer_account, payee_account
  having count(distinct booked_at::date) >= $days
), came as (
  select payee_account as account, sum(amount_fen) as amount_fen from pool_recent
  semi join passed on passed.centre = payee_account group by payee_account
)
select p.account, p.centre, a.party_no
from passed p
join came c on c.account = p.centre and p.amount_fen >= $part * c.amount_fen
join took t on t.account = p.account
join account_dim a on a.account_id = p.centre
left join party_dim o on o.party_no = a.party_no
where p.amount_fen >= $relay * t.amount_fen and a.role not in {HELD_FOR_CLIENTS}
  and not coalesce(list_contains($licensed, o.institution_id), false)
"""
CREATE_PERSONS = """
create or replace temp table pool_person as
with member as (
  select account from pool_collector union select centre from pool_relay
)
select f.payee_account as account, f.payer as person, true as pays
from pool_recent f semi join member m on m.account = f.payee_account where f.payer_person
union
select f.payer_account, f.payee, false
from pool_recent f semi join member m on m.account = f.payer_account where f.payee_person
"""
# Whose paying back its own payers says something: firms, and persons that a crowd pays.
CREATE_SIZE = """
create or replace temp table pool_size as
select s.account, count(distinct s.person) filter (s.pays) >= $payers
  or coalesce(any_value(o.kind) = 'organisation', false) as alone,
  any_value(a.registered) as registered
from pool_person s
join account_dim a on a.account_id = s.account
left join party_dim o on o.party_no = a.party_no
group by s.account
"""
PERSONS = """
select count(*) from (
  select payer from pool_recent where payer_person
  union select payee from pool_recent where payee_person
)
"""


def lay_tables(context: Context, settings: FundPool, licensed: list[str]) -> None:
    """Create pool_flow, pool_recent, pool_collector, pool_relay, pool_person and pool_size.

    `licensed` are the institutions whose licence is to take money from many and pay many.
    """
    db = context.db
    days = max(context.settings.load.window_days, settings.window_days)
    window = {"first": context.first_date(days), "last": context.business_date}
    held = {"licensed": licensed}
    relay = {
        "relay": settings.relay_share,
        "days": settings.relay_days,
        "part": settings.relay_part,
    }
    db.execute("payments on loans", CREATE_MATCHED, window)
    db.execute("pool flow", CREATE_FLOW, window)
    db.execute("newest flow", CREATE_RECENT, {"first": context.first_date(settings.window_days)})
    db.execute("collectors", CREATE_COLLECTOR, {**held, "payers": settings.account_payers})
    db.execute("relays", CREATE_RELAY, {**held, **relay})
    db.execute("persons of pools", CREATE_PERSONS)
    db.execute("sizes of pools", CREATE_SIZE, {"payers": settings.crowd_payers})
