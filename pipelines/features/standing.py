"""What a party is, and what is known beside its transfers: peers, age, ties, devices, residue."""

from __future__ import annotations

from datetime import date

import polars as pl

from data.store import Database

# The role is that of the account that moved most; an institution is one whatever its accounts say.
STANDING = """
with moved as (
  select a.party_no, a.role, sum(d.in_fen + d.out_fen)::double as fen
  from account_day d
  join account_dim a on a.account_id = d.account_id
  where a.party_no >= 0 and d.business_date <= $until
  group by a.party_no, a.role
), main as (
  select party_no, arg_max(role, (fen, role)) as role from moved group by party_no
), opened as (
  select party_no, min(opened_on) as opened_on, count(*) as accounts
  from account_dim
  where party_no >= 0 group by party_no
)
select p.party_no, p.party_id,
  case when p.institution_id is not null then 'institution'
    else coalesce(p.kind, 'unknown') || '_' || coalesce(m.role, 'ordinary') end as role,
  case when o.opened_on is null then 'unknown'
    when $until - o.opened_on < $young then 'young'
    when $until - o.opened_on < $old then 'settled' else 'old' end as age_band,
  p.industry, o.accounts
from feature_party p
left join main m on m.party_no = p.party_no
left join opened o on o.party_no = p.party_no
"""
# Everyone a party is tied to on the day, in one step; a larger group of contacts is a building.
TIES = """
with contact as (
  select p.party_no, 'phone' as kind, r.phone_hash as value
  from party r join party_dim p on p.party_id = r.party_id where r.phone_hash is not null
  union all
  select p.party_no, 'address', r.address
  from party r join party_dim p on p.party_id = r.party_id where r.address is not null
), shared as (
  select kind, value from contact group by kind, value having count(*) between 2 and $largest
), tie as (
  select a.party_no as party, b.party_no as other
  from relation r
  join party_dim a on a.party_id = r.from_party
  join party_dim b on b.party_id = r.to_party
  where r.valid_from <= $until and (r.valid_to is null or r.valid_to >= $until)
  union
  select a.party_no, b.party_no
  from contact a
  join shared s on s.kind = a.kind and s.value = a.value
  join contact b on b.kind = a.kind and b.value = a.value and b.party_no <> a.party_no
), both_ways as (
  select party, other from tie union select other, party from tie
)
select s.party as party_no,
  coalesce(sum(s.fen) filter (t.party is not null), 0) / nullif(sum(s.fen), 0) as closure_share
from feature_side s
left join both_ways t on t.party = s.party and t.other = s.other
group by s.party
"""
DEVICES = """
with used as (
  select distinct payer as party, device from feature_transfer
  where device is not null and payer >= 0
), shared as (
  select device from used group by device having count(*) between 2 and $largest
)
select a.party as party_no, count(distinct b.party) as shared_devices
from used a
join shared s on s.device = a.device
join used b on b.device = a.device and b.party <> a.party
group by a.party
"""
# What stays at the end of days on which money came in, over what came in on them.
RESIDUE = """
select a.party_no, sum(greatest(b.closing_fen, 0))::double / sum(b.credit_fen) as residue
from balance b
join account_dim a on a.bank_no = b.bank_no and a.account_no = b.account_no
where a.party_no >= 0 and b.credit_fen > 0 and b.balance_date between $month and $until
group by a.party_no
"""


def measure_standing(
    db: Database, until: date, month: date, age_bands_days: tuple[int, ...], largest: int
) -> list[pl.DataFrame]:
    """Frames by party_no; the first has party_id, role, age_band, industry and accounts."""
    young, old = age_bands_days[0], age_bands_days[-1]
    return [
        db.frame("standing", STANDING, {"until": until, "young": young, "old": old}),
        db.frame("ties", TIES, {"until": until, "largest": largest}),
        db.frame("devices", DEVICES, {"largest": largest}),
        db.frame("residue", RESIDUE, {"until": until, "month": month}),
    ]
