"""Accounts and parties as dense numbers, with what the registers say about them."""

from __future__ import annotations

from data.store import Database

# An account's newest statement rules; columns are packed so that one pass keeps the newest row.
REGISTERED = """
create temp table registered as
select bank_no, account_no, last.*
from (
  select bank_no, account_no,
    arg_max({'party_id': party_id, 'role': role, 'institution_id': institution_id,
      'parent_account_no': parent_account_no, 'opened_on': opened_on, 'closed_on': closed_on,
      'status': status}, (lake_date, submitter)) as last
  from account_rows
  group by bank_no, account_no
)
"""

PARTY_DIM = """
create table party_dim as
with owners as (
  select party_id from party
  union select party_id from registered
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

# Ids are final only here: every account registered or seen, sorted by its key.
ACCOUNT_DIM = """
create table account_dim as
with seen as (
  select bank_no, account_no from registered
  union
  select bank_no, account_no from seen_account
  where account_id in (select payer_account from transfer union select payee_account from transfer)
)
select (row_number() over (order by seen.bank_no, seen.account_no) - 1)::integer as account_id,
  seen.bank_no, seen.account_no, registered.party_id,
  coalesce(party_dim.party_no, -1)::integer as party_no,
  coalesce(registered.role, 'external') as role, registered.institution_id,
  registered.parent_account_no, registered.opened_on, registered.closed_on,
  coalesce(registered.status, 'unknown') as status, registered.party_id is not null as registered
from seen
left join registered
  on registered.bank_no = seen.bank_no and registered.account_no = seen.account_no
left join party_dim on party_dim.party_id = registered.party_id
order by seen.bank_no, seen.account_no
"""

# Accounts of the new rows that have no provisional number yet. A counterparty whose bank is not
# stated is the one registered account of that number, or an account of the bank ''.
SEEN = """
insert into seen_account
with stated as (
  select bank_no, account_no from entry_rows
  union
  select coalesce(entry_rows.counterparty_bank_no, lone_number.bank_no, ''),
    entry_rows.counterparty_account_no
  from entry_rows
  left join lone_number on entry_rows.counterparty_bank_no is null
    and lone_number.account_no = entry_rows.counterparty_account_no
  where entry_rows.counterparty_account_no is not null
  union
  select payer_bank_no, payer_account_no from clearing_rows
  union
  select payee_bank_no, payee_account_no from clearing_rows
)
select stated.bank_no, stated.account_no,
  ((select count(*) from seen_account) + row_number() over () - 1)::integer
from stated
anti join seen_account
  on seen_account.bank_no = stated.bank_no and seen_account.account_no = stated.account_no
"""

LONE_NUMBER = """
create temp table lone_number as
select account_no, min(bank_no) as bank_no from registered group by account_no having count(*) = 1
"""


def load_registered(db: Database) -> None:
    """Read the view account_rows into registered (newest row per account) and lone_number."""
    db.execute("registered accounts", REGISTERED)
    db.execute("numbers of one bank", LONE_NUMBER)


def number_seen(db: Database) -> None:
    """Give every account of entry_rows and clearing_rows a provisional number in seen_account."""
    db.execute("accounts seen", SEEN)


def load_parties(db: Database) -> None:
    """Create party_dim from the current registers and the owners of accounts."""
    db.execute("party_dim", PARTY_DIM)


def load_accounts(db: Database) -> None:
    """Create account_dim, and final_number: provisional to final numbers of accounts."""
    db.execute("account_dim", ACCOUNT_DIM)
    db.execute(
        "final numbers",
        "create temp table final_number as select seen_account.account_id as provisional, "
        "account_dim.account_id from seen_account join account_dim using (bank_no, account_no)",
    )
