"""Money at trading venues: the accounts of exchanges and their members, and what passes them."""

from __future__ import annotations

import polars as pl

from data.settings import UnapprovedExchange
from detectors.context import Context

# Own accounts of a venue, and those that hold deposits for it.
CREATE_ACCOUNT = """
create or replace temp table venue_account as
select v.institution_id, a.account_id as account, a.party_no, false as relay
from venue v join account_dim a on a.party_no = v.party_no
union
select v.institution_id, a.account_id, a.party_no, false
from venue v join account_dim a on a.institution_id = v.institution_id
where a.role = 'exchange_deposit'
"""
# Accounts of others that take persons' money and pass most of what they take on to the venue; a
# registered member may have other business, and only its persons' money counts.
ADD_RELAY = """
insert into venue_account
with passed as (
  select v.institution_id, t.payer_account as account, sum(t.amount_fen) as amount_fen
  from venue_account v join transfer t on t.payee_account = v.account
  where t.status = 'settled' and t.business_date between $first and $last
  group by v.institution_id, t.payer_account
), took as (
  select t.payee_account as account, sum(t.amount_fen) as amount_fen,
    sum(t.amount_fen) filter (p.kind = 'person') as persons_fen,
    count(distinct a.party_no) filter (p.kind = 'person') as persons
  from transfer t
  semi join passed s on s.account = t.payee_account
  join account_dim a on a.account_id = t.payer_account
  left join party_dim p on p.party_no = a.party_no
  where t.status = 'settled' and t.business_date between $first and $last
  group by t.payee_account
)
select s.institution_id, s.account, a.party_no, true
from passed s
join took k on k.account = s.account
join account_dim a on a.account_id = s.account
left join party_dim p on p.party_no = a.party_no
left join institution i on i.institution_id = p.institution_id
anti join venue_account o on o.institution_id = s.institution_id and o.account = s.account
where k.persons >= $payers and s.amount_fen >= $share
    * (case when i.kind = 'exchange_member' then k.persons_fen else k.amount_fen end)
  and not coalesce(list_contains($licensed, p.institution_id), false)
"""
# A row per transfer of a venue's accounts with others, on the venue's side.
FLOW = """
with side as (
  select v.institution_id, t.transfer_no, true as incoming, t.payer_account as other, v.account
  from venue_account v join transfer t on t.payee_account = v.account
  where t.status = 'settled' and t.business_date between $first and $last
  union all
  select v.institution_id, t.transfer_no, false, t.payee_account, v.account
  from venue_account v join transfer t on t.payer_account = v.account
  where t.status = 'settled' and t.business_date between $first and $last
)
select s.institution_id, s.incoming, t.ref, t.booked_at, t.business_date, t.amount_fen, s.account,
  case when a.party_no >= 0 then a.party_no else -2 - s.other end as person,
  coalesce(p.kind, '') as kind
from side s
join transfer t on t.transfer_no = s.transfer_no
join account_dim a on a.account_id = s.other
left join party_dim p on p.party_no = a.party_no
anti join venue_account o on o.institution_id = s.institution_id and o.account = s.other
order by s.institution_id, t.booked_at, t.ref, s.incoming, s.account
"""
# What relays pass on to the venue.
PASSED_ON = """
select v.institution_id, t.ref, t.booked_at
from venue_account v
join venue_account r on r.institution_id = v.institution_id and r.relay
join transfer t on t.payee_account = v.account and t.payer_account = r.account
where t.status = 'settled' and t.business_date between $first and $last
group by all order by 1, 3, 2
"""
ACCOUNTS = """
select institution_id, account, party_no, bool_and(relay) as relay
from venue_account group by institution_id, account, party_no
order by institution_id, account
"""


def read_venues(
    context: Context, settings: UnapprovedExchange, venues: dict[str, int], licensed: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Read the flow of some venues (institution and its party), their accounts, what relays passed.

    `flow` has institution_id, incoming, ref, booked_at, business_date, amount_fen, account, person
    (the other side's party; an unknown one is another for each account) and its kind; `accounts`
    have institution_id, account, party_no and relay; what was passed on institution_id, ref and
    booked_at. `licensed` institutions relay lawfully.
    """
    db = context.db
    window = {
        "first": context.first_date(context.settings.load.window_days),
        "last": context.business_date,
    }
    table = pl.DataFrame(
        sorted(venues.items()),
        schema={"institution_id": pl.String, "party_no": pl.Int64},
        orient="row",
    )
    db.register("venue", table.to_arrow())
    db.execute("accounts of venues", CREATE_ACCOUNT)
    relay = {
        "payers": settings.relay_payers,
        "share": settings.relay_share,
        "licensed": licensed,
    }
    db.execute("relays to venues", ADD_RELAY, {**window, **relay})
    flow = db.frame("flow of venues", FLOW, window)
    accounts = db.frame("venue accounts", ACCOUNTS)
    passed_on = db.frame("passed on to venues", PASSED_ON, window)
    db.unregister("venue")
    return flow, accounts, passed_on
