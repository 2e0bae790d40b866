"""What selling costs a platform: pay of persons, rents, and money that clients bring in person."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import OfflineSales
from detectors.context import Context

# A seller's accounts: those of its circle, and custody that serves it.
CREATE_ACCOUNT = """
create or replace temp table seller_account as
select c.institution_id, a.account_id as account, a.party_no, a.role = 'client_custody' as custody
from circle_party c join account_dim a on a.party_no = c.party_no
union
select a.institution_id, a.account_id, a.party_no, true
from account_dim a
semi join circle_party c on c.institution_id = a.institution_id
where a.role = 'client_custody'
"""
# An agency pays persons again and again, by what one seller gives it, whatever else it lives on:
# selling that was given out of hand.
ADD_AGENCY = """
insert into seller_account
with paid as (
  select s.institution_id, b.party_no, sum(t.amount_fen) as amount_fen
  from seller_account s
  join transfer t on t.payer_account = s.account
  join account_dim b on b.account_id = t.payee_account
  join party_dim p on p.party_no = b.party_no and p.kind = 'organisation'
  anti join circle_party c on c.institution_id = s.institution_id and c.party_no = b.party_no
  where not s.custody and t.status = 'settled' and t.loan_id is null
    and t.business_date between $first and $last
  group by s.institution_id, b.party_no
), given as (
  select a.party_no, b.party_no as person, sum(t.amount_fen) as amount_fen
  from (select distinct party_no from paid) p
  join account_dim a on a.party_no = p.party_no
  join transfer t on t.payer_account = a.account_id
  join account_dim b on b.account_id = t.payee_account
  join party_dim q on q.party_no = b.party_no and q.kind = 'person'
  where t.status = 'settled' and t.business_date between $first and $last
    and t.amount_fen <= $most
  group by a.party_no, b.party_no
  having max(t.business_date) - min(t.business_date) > $gap
), selling as (
  select party_no, sum(amount_fen) as amount_fen from given
  group by party_no having count(*) >= $persons
)
select p.institution_id, a.account_id, a.party_no, false
from paid p
join selling i on i.party_no = p.party_no and p.amount_fen >= $share * i.amount_fen
join account_dim a on a.party_no = p.party_no
anti join seller_account o on o.account = a.account_id
"""
# Clients' new money by day; what comes back from borrowers is told apart by the loans.
INFLOW = """
with came as (
  select s.institution_id, t.business_date, t.amount_fen, t.channel = 'pos' or t.cash as spot,
    a.party_no as person, coalesce(l.party_no = a.party_no, false) as repays
  from seller_account s
  join transfer t on t.payee_account = s.account
  join account_dim a on a.account_id = t.payer_account
  join party_dim p on p.party_no = a.party_no and p.kind = 'person'
  left join (
    select l.institution_id, l.loan_id, any_value(b.party_no) as party_no
    from loan l join party_dim b on b.party_id = l.borrower_party_id
    group by l.institution_id, l.loan_id
  ) l on l.institution_id = s.institution_id and l.loan_id = t.loan_id
  where t.status = 'settled' and t.business_date between $first and $last
)
select institution_id, business_date,
  coalesce(sum(amount_fen) filter (not repays), 0)::bigint as new_fen,
  coalesce(sum(amount_fen) filter (repays), 0)::bigint as repaid_fen
from came group by institution_id, business_date order by institution_id, business_date
"""
SPOT = """
select s.institution_id, t.ref, t.booked_at, t.amount_fen,
  case when t.payer_account >= 0 then t.payer_account else -t.transfer_no end as payer
from seller_account s
join transfer t on t.payee_account = s.account
where (t.channel = 'pos' or t.cash) and t.status = 'settled'
  and t.business_date between $first and $last
order by s.institution_id, t.booked_at, t.ref
"""
# What sellers' own accounts pay, on no loan, to persons that pay nothing in, to accounts of unknown
# holders, and to landlords.
SPENT = """
with client as (
  select distinct s.institution_id, a.party_no
  from seller_account s
  join transfer t on t.payee_account = s.account
  join account_dim a on a.account_id = t.payer_account
  where t.status = 'settled' and a.party_no >= 0 and t.business_date between $first and $last
)
select s.institution_id, t.ref, t.booked_at, t.business_date, t.amount_fen,
  case when b.party_no >= 0 then b.party_no else -2 - b.account_id end as payee,
  coalesce(p.kind = 'person', false) as person, b.party_no < 0 as unknown,
  p.kind = 'organisation' and coalesce(regexp_matches(p.industry, '^[A-Z]?70'), true) as landlord,
  s.party_no as payer
from seller_account s
join transfer t on t.payer_account = s.account
join account_dim b on b.account_id = t.payee_account
left join party_dim p on p.party_no = b.party_no
anti join client c on c.institution_id = s.institution_id and c.party_no = b.party_no
anti join seller_account o on o.institution_id = s.institution_id and o.account = b.account_id
where not s.custody and t.status = 'settled' and t.loan_id is null
  and t.business_date between $first and $last
order by s.institution_id, t.booked_at, t.ref
"""
AGENCIES = """
select distinct s.institution_id, s.party_no
from seller_account s
anti join circle_party c on c.institution_id = s.institution_id and c.party_no = s.party_no
where not s.custody
order by s.institution_id, s.party_no
"""


@dataclass(frozen=True)
class SalesMoney:
    """Sellers' money by institution_id.

    `inflow` has business_date, new_fen (from persons) and repaid_fen (from borrowers); `spot` the
    money that came by card at a terminal or in cash (ref, booked_at, amount_fen, payer's account);
    `spent` what own accounts and agencies pay to parties that pay nothing in (ref, booked_at,
    business_date, amount_fen, payee, person, unknown (whether nobody knows who it is), landlord by
    industry or of none, payer); `agencies` party_no.
    """

    inflow: pl.DataFrame
    spot: pl.DataFrame
    spent: pl.DataFrame
    agencies: pl.DataFrame


def read_sales(context: Context, settings: OfflineSales, sellers: set[str]) -> SalesMoney:
    """Read the money of some institutions that sell to the public."""
    db = context.db
    window = {
        "first": context.first_date(context.settings.load.window_days),
        "last": context.business_date,
    }
    context.register_closures("circle_party", sellers)
    db.execute("accounts of sellers", CREATE_ACCOUNT)
    agency = {
        "share": settings.agency_share,
        "persons": settings.run_persons,
        "most": settings.most_pay_fen,
        "gap": settings.run_gap_days,
    }
    db.execute("agencies", ADD_AGENCY, {**window, **agency})
    money = SalesMoney(
        inflow=db.frame("inflow of sellers", INFLOW, window),
        spot=db.frame("money on the spot", SPOT, window),
        spent=db.frame("spent by sellers", SPENT, window),
        agencies=db.frame("agencies of sellers", AGENCIES),
    )
    db.unregister("circle_party")
    return money
