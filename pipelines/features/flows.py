"""The money between parties: settled transfers, pairs and days, as temporary tables.

An account whose owner is unknown counts as a party of its own, with a number after the last
party's; an unknown account is -1. Transfers between accounts of one party are left out.
"""

from __future__ import annotations

from datetime import date

from data.store import Database

ACCOUNT = """
create or replace temp table feature_account as
select a.account_id,
  case when a.party_no >= 0 then a.party_no
    else (select count(*) from party_dim) + a.account_id end::integer as party
from account_dim a
"""
TRANSFER = """
create or replace temp table feature_transfer as
select coalesce(a.party, -1) as payer, coalesce(b.party, -1) as payee, t.booked_at,
  t.business_date, t.amount_fen, t.cash, t.device
from transfer t
left join feature_account a on a.account_id = t.payer_account
left join feature_account b on b.account_id = t.payee_account
where t.status = 'settled' and t.business_date <= $until
  and (a.party is null or b.party is null or a.party <> b.party)
"""
PAIR_DAY = """
create or replace temp table feature_pair_day as
select coalesce(a.party, -1) as payer, coalesce(b.party, -1) as payee, d.business_date,
  sum(d.count)::bigint as transfers, sum(d.amount_fen)::bigint as amount_fen
from pair_day d
left join feature_account a on a.account_id = d.payer_account
left join feature_account b on b.account_id = d.payee_account
where d.business_date <= $until and (a.party is null or b.party is null or a.party <> b.party)
group by all
"""
PAIR = """
create or replace temp table feature_pair as
select payer, payee, sum(transfers)::bigint as transfers, max(transfers) as day_transfers,
  sum(amount_fen)::double as fen,
  min(business_date) as first_date, max(business_date) as last_date,
  coalesce(sum(amount_fen) filter (business_date >= $day), 0)::double as day_fen,
  coalesce(sum(amount_fen) filter (business_date >= $week), 0)::double as week_fen,
  coalesce(sum(amount_fen) filter (business_date >= $month), 0)::double as month_fen,
  coalesce(sum(amount_fen) filter (business_date >= $quarter), 0)::double as quarter_fen
from feature_pair_day
group by payer, payee
"""
# Both sides of every pair: what a party paid (outgoing) and was paid.
SIDE = """
create or replace temp view feature_side as
select payer as party, payee as other, true as outgoing, * exclude (payer, payee)
from feature_pair where payer >= 0
union all
select payee, payer, false, * exclude (payer, payee) from feature_pair where payee >= 0
"""
PARTY = """
create or replace temp table feature_party as
select p.party_no, p.party_id, p.kind, p.industry, p.institution_id
from party_dim p
semi join feature_side s on s.party = p.party_no
"""


def create_flows(db: Database, until: date, windows: dict[str, date]) -> None:
    """Create the temporary tables that all features are measured on; windows give first dates."""
    db.execute("feature accounts", ACCOUNT)
    db.execute("feature transfers", TRANSFER, {"until": until})
    db.execute("feature pair days", PAIR_DAY, {"until": until})
    db.execute("feature pairs", PAIR, windows)
    db.execute("feature sides", SIDE)
    db.execute("feature parties", PARTY)


def drop_flows(db: Database) -> None:
    """Drop the temporary tables."""
    db.execute("drop feature sides", "drop view feature_side")
    for name in ("party", "pair", "pair_day", "transfer", "account"):
        db.execute(f"drop feature {name}", f"drop table feature_{name}")
