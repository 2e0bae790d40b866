"""A large warehouse made of copies of a small one, whose ordinary parties trade across the copies.

Each copy has its own parties, accounts and transfers at the same times; a good part of the ordinary
payments goes to the payee's twin in another copy. Institutions, their loans, ledgers and accounts
for clients' money stand in the first copies alone; in the others they are ordinary firms.
"""

from __future__ import annotations

from pathlib import Path

from data.store import Database

# Shares of a hundred: how many ordinary payments go to another copy.
ACROSS = 30
TABLES = {
    "party_dim": """
select (p.party_no + c.copy * s.parties)::integer as party_no, c.mark || p.party_id as party_id,
  p.* exclude (party_no, party_id, institution_id, institution_kind),
  case when c.whole then c.mark || p.institution_id end as institution_id,
  case when c.whole then p.institution_kind end as institution_kind
from small.party_dim p, copies c, sizes s
""",
    "account_dim": """
select (a.account_id + c.copy * s.accounts)::integer as account_id, c.mark || a.bank_no as bank_no,
  c.mark || a.party_id as party_id,
  case when a.party_no < 0 then -1 else a.party_no + c.copy * s.parties end::integer as party_no,
  case when c.whole or a.role not in ('client_custody', 'client_reserve') then a.role
    else 'ordinary' end as role,
  case when c.whole then c.mark || a.institution_id end as institution_id,
  a.* exclude (account_id, bank_no, party_id, party_no, role, institution_id)
from small.account_dim a, copies c, sizes s
""",
    "institution": """
select c.mark || i.institution_id as institution_id, i.* exclude (institution_id)
from small.institution i, copies c where c.whole
""",
    "party": """
select c.mark || p.party_id as party_id, c.mark || p.phone_hash as phone_hash,
  c.mark || p.address as address, p.* exclude (party_id, phone_hash, address)
from small.party p, copies c
""",
    "relation": """
select c.mark || r.from_party as from_party, c.mark || r.to_party as to_party,
  r.* exclude (from_party, to_party)
from small.relation r, copies c
""",
    "loan": """
select c.mark || l.institution_id as institution_id, c.mark || l.loan_id as loan_id,
  c.mark || l.borrower_party_id as borrower_party_id,
  l.* exclude (institution_id, loan_id, borrower_party_id)
from small.loan l, copies c where c.whole
""",
    "loan_event": """
select c.mark || e.institution_id as institution_id, c.mark || e.loan_id as loan_id,
  c.mark || e.bank_no as bank_no, e.* exclude (institution_id, loan_id, bank_no)
from small.loan_event e, copies c where c.whole
""",
    "balance": """
select c.mark || b.bank_no as bank_no, b.* exclude (bank_no) from small.balance b, copies c
""",
    "reserve_day": """
select c.mark || r.institution_id as institution_id, c.mark || r.bank_no as bank_no,
  r.* exclude (institution_id, bank_no)
from small.reserve_day r, copies c where c.whole
""",
    "transfer": """
with other as (
  select t.*, c.copy, c.mark, c.whole,
    case when t.loan_id is null and a.role = 'ordinary' and b.role = 'ordinary'
        and hash(t.transfer_no, c.copy) % 100 < $across
      then hash(c.copy, t.transfer_no, 1) % s.copies else c.copy end as payee_copy
  from small.transfer t
  left join small.account_dim a on a.account_id = t.payer_account
  left join small.account_dim b on b.account_id = t.payee_account, copies c, sizes s
)
select row_number() over (order by o.booked_at, o.transfer_no, o.copy) as transfer_no,
  o.mark || o.ref as ref, o.booked_at,
  case when o.payer_account < 0 then -1 else o.payer_account + o.copy * s.accounts end::integer
    as payer_account,
  case when o.payee_account < 0 then -1 else o.payee_account + o.payee_copy * s.accounts
    end::integer as payee_account,
  case when o.whole then o.mark || o.loan_id end as loan_id, o.mark || o.out_entry as out_entry,
  o.mark || o.in_entry as in_entry,
  o.* exclude (transfer_no, ref, booked_at, payer_account, payee_account, loan_id, out_entry,
    in_entry, copy, mark, whole, payee_copy)
from other o, sizes s
order by 1
""",
}


def enlarge(small: Path, large: Path, copies: int, with_institutions: int) -> None:
    """Write a warehouse of so many copies of a small one, of which the first have institutions."""
    with Database.open(large, memory_limit="4GB", threads=2) as db:
        db.execute("attach", f"attach '{small}' as small (read_only)")
        db.execute(
            "copies",
            "create temp table copies as select i as copy, 'c' || i || '-' as mark,"
            " i < $whole as whole from range($copies) r(i)",
            {"copies": copies, "whole": with_institutions},
        )
        db.execute(
            "sizes",
            "create temp table sizes as select $copies as copies,"
            " (select max(party_no) + 1 from small.party_dim) as parties,"
            " (select max(account_id) + 1 from small.account_dim) as accounts",
            {"copies": copies},
        )
        for name, sql in TABLES.items():
            values = {"across": ACROSS} if name == "transfer" else None
            db.execute(name, f"create table {name} as {sql}", values)
