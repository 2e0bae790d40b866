"""Accounts and parties as dense numbers, with what the registers say about them."""

from __future__ import annotations

from data.store import Database

# An account's newest statement rules, then the smallest submitter's; columns are packed so that
# one pass keeps that row.
REGISTERED = """
create temp table registered as
select bank_no, account_no, last.*
from (
  select bank_no, account_no,
    arg_min({'party_id': party_id, 'role': role, 'institution_id': institution_id,
      'parent_account_no': parent_account_no, 'opened_on': opened_on, 'closed_on': closed_on,
      'status': status}, (date '9999-12-31' - lake_date, submitter)) as last
  from account_rows
  group by bank_no, account_no
)
"""
PARTY_DIM = """
create table party_dim as
with owners as (
  select party_id from party
  union select party_id from registered where party_id is not null
  union select from_party from relation
  union select to_party from relation
)
select (row_number() over (order by owners.party_id) - 1)::integer as party_no,
  owners.party_id, party.kind, party.name, party.id_no, party.division, party.registered_on,
  party.industry, coalesce(by_id_no.institution_id, by_party.institution_id) as institution_id,
  coalesce(by_id_no.kind, by_party.kind) as institution_kind
from owners
left join party on party.party_id = owners.party_id
left join institution as by_id_no on by_id_no.institution_id = party.id_no
left join institution as by_party on by_party.institution_id = owners.party_id
order by owners.party_id
"""
# A counterparty whose bank is not stated is the one registered account of that number, or an
# account of the bank ''.
LONE_NUMBER = """
create temp table lone_number as
select account_no, min(bank_no) as bank_no from registered group by account_no having count(*) = 1
"""
# Accounts at banks that do not submit, whose holder every statement names alike, where that name is
# the full name of exactly one registered organisation. Persons share names, and stay unknown.
NAMED = """
create temp table named_account as
with holder as (
  select counterparty_bank_no as bank_no, counterparty_account_no as account_no,
    min(counterparty_name) as name
  from entry_rows
  where counterparty_name is not null and counterparty_bank_no is not null
    and counterparty_account_no is not null
  group by counterparty_bank_no, counterparty_account_no
  having min(counterparty_name) = max(counterparty_name)
), organisation as (
  select name, min(party_no) as party_no, min(party_id) as party_id
  from party_dim
  where name is not null
  group by name
  having count(*) = 1 and min(kind) = 'organisation'
)
select h.bank_no, h.account_no, o.party_no, o.party_id
from holder h
join organisation o on o.name = h.name
anti join registered r on r.bank_no = h.bank_no and r.account_no = h.account_no
"""
# Who is named in the records and not registered.
STRAY = """
create temp table stray as
with named as (
  select e.bank_no, e.account_no from entry_rows e
  union all
  select coalesce(e.counterparty_bank_no, n.bank_no, ''), e.counterparty_account_no
  from entry_rows e
  left join lone_number n
    on e.counterparty_bank_no is null and n.account_no = e.counterparty_account_no
  where e.counterparty_account_no is not null
  union all
  select payer_bank_no, payer_account_no from clearing_rows
  union all
  select payee_bank_no, payee_account_no from clearing_rows
)
select distinct named.bank_no, named.account_no
from named
anti join registered r on r.bank_no = named.bank_no and r.account_no = named.account_no
"""
ACCOUNT_DIM = """
create table account_dim as
with seen as (
  select bank_no, account_no from registered
  union all
  select bank_no, account_no from stray
)
select (row_number() over (order by seen.bank_no, seen.account_no) - 1)::integer as account_id,
  seen.bank_no, seen.account_no,
  coalesce(registered.party_id, named_account.party_id) as party_id,
  coalesce(party_dim.party_no, named_account.party_no, -1)::integer as party_no,
  coalesce(registered.role, 'external') as role, registered.institution_id,
  registered.parent_account_no, registered.opened_on, registered.closed_on,
  coalesce(registered.status, 'unknown') as status, registered.party_id is not null as registered
from seen
left join registered
  on registered.bank_no = seen.bank_no and registered.account_no = seen.account_no
left join party_dim on party_dim.party_id = registered.party_id
left join named_account
  on named_account.bank_no = seen.bank_no and named_account.account_no = seen.account_no
order by seen.bank_no, seen.account_no
"""


def load_accounts(db: Database) -> None:
    """Create party_dim and account_dim from account_rows, the registers, and all who are named."""
    db.execute("registered accounts", REGISTERED)
    db.execute("numbers of one bank", LONE_NUMBER)
    db.execute("party_dim", PARTY_DIM)
    db.execute("named accounts", NAMED)
    db.execute("accounts not registered", STRAY)
    db.execute("account_dim", ACCOUNT_DIM)
