"""What business the registers and the payments show of each party, for holding against licences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from data.settings import UnlicensedBusiness
from detectors.context import Context
from detectors.evidence import fen
from detectors.licence_scope import ACTIVITIES, Activity, Licences
from detectors.near_ties import lay_near_ties
from detectors.payment_sides import lay_payment_sides

# What a party does by the registers: rows of evidence with their sum, counterparty and day.
GUARANTEES = """
select l.guarantor_party_id as party_id, 'loan:' || l.institution_id || ':' || l.loan_id as ref,
  l.published_on as day, l.principal_fen as amount_fen, l.borrower_party_id as other,
  n.one is not null as related
from loan l
join party_dim g on g.party_id = l.guarantor_party_id and g.kind = 'organisation'
left join party_dim b on b.party_id = l.borrower_party_id
left join near_tie n on n.one = g.party_no and n.other = b.party_no
where l.status not in ('raising', 'cancelled') and l.published_on <= $day
order by 1, 3, 2
"""
LOANS = """
select p.party_id, 'loan:' || l.institution_id || ':' || l.loan_id as ref, l.published_on as day,
  l.principal_fen as amount_fen, l.borrower_party_id as other, n.one is not null as related
from loan l
join party_dim p on p.institution_id = l.institution_id and p.institution_kind <> 'p2p_platform'
left join party_dim b on b.party_id = l.borrower_party_id
left join near_tie n on n.one = p.party_no and n.other = b.party_no
where l.status not in ('raising', 'cancelled') and l.published_on <= $day
order by 1, 3, 2
"""
# Sums that a firm pays to many and that come back in smaller ones: loans nobody published. What a
# firm that is no lender by kind pays for goods, claims and wages is not round. Beside those who pay
# back stand persons paid a round sum once, who have not begun to (`pending`); firms and accounts of
# unknown holders too, where several firms pay back.
LENT = """
with firm as (
  select a.account_id, p.party_no, p.party_id,
    coalesce(p.institution_kind, '') not in ('', 'insurer', 'payment_institution') as financial
  from account_dim a join party_dim p on p.party_no = a.party_no
  where p.kind = 'organisation' and a.role in ('own_funds', 'ordinary')
    and coalesce(p.institution_kind, '') not in ('bank', 'clearing_house')
), moved as (
  select f.party_no, f.party_id, f.financial, b.party as other, true as lent, t.ref, t.booked_at,
    t.business_date, t.amount_fen
  from transfer t join firm f on f.account_id = t.payer_account
  join payment_side b on b.account_id = t.payee_account
  where t.status = 'settled' and t.loan_id is null and b.party <> f.party_no
    and t.business_date between $first and $day
  union all
  select f.party_no, f.party_id, f.financial, a.party, false, t.ref, t.booked_at,
    t.business_date, t.amount_fen
  from transfer t join firm f on f.account_id = t.payee_account
  join payment_side a on a.account_id = t.payer_account
  where t.status = 'settled' and t.loan_id is null and a.party <> f.party_no
    and t.business_date between $first and $day
), pair as (
  select party_no, party_id, other, max(amount_fen) filter (lent) as lent_fen,
    max(amount_fen) filter (not lent) as back_fen, bool_and(lent) filter (booked_at = first_at)
      as lent_first, any_value(financial) as financial,
    bool_and(amount_fen % $round = 0) filter (lent) as round_lent,
    count(*) filter (lent) as loans
  from (select *, min(booked_at) over (partition by party_no, other) as first_at from moved)
  group by party_no, party_id, other
), lends as (
  select i.party_no, count(*) filter (i.round_lent and i.back_fen <= $instalment * i.lent_fen
    and q.kind = 'organisation' and q.institution_id is null) >= $firms as to_firms
  from pair i left join party_dim q on q.party_no = i.other
  where i.lent_first and i.lent_fen >= $least group by i.party_no
  having bool_or(i.financial) or count(*) filter (i.round_lent) >= $rounds * count(*)
)
select m.party_id, m.ref, m.business_date as day,
  case when m.lent then m.amount_fen else 0 end as amount_fen,
  coalesce(q.party_id, 'account ' || m.other) as other,
  n.one is not null as related, p.back_fen is null as pending
from moved m
join pair p on p.party_no = m.party_no and p.other = m.other and p.lent_first
  and p.lent_fen >= $least and coalesce(p.back_fen, 0) <= $instalment * p.lent_fen
  and (p.financial and p.back_fen is not null or p.round_lent and p.loans = 1)
join lends l on l.party_no = m.party_no
left join party_dim q on q.party_no = m.other
left join near_tie n on n.one = m.party_no and n.other = m.other
where q.institution_id is null
  and (p.back_fen is not null or q.kind = 'person' or l.to_firms)
order by 1, 3, 2
"""
HOLDINGS = """
select coalesce(r.manager_party_id, r.issuer_party_id) as party_id,
  'holding:' || h.holder_kind || ':' || h.holder_id || ':' || h.product_id || ':' || h.as_of as ref,
  h.as_of as day, h.cost_fen as amount_fen, h.holder_id as other, n.one is not null as related
from holding h
join product r on r.product_id = h.product_id and r.offering in ('public', 'private')
join party_dim m on m.party_id = coalesce(r.manager_party_id, r.issuer_party_id)
  and m.kind = 'organisation'
left join party_dim p on p.party_id = h.holder_id and h.holder_kind = 'party'
left join near_tie n on n.one = m.party_no and n.other = p.party_no
where h.as_of <= $day
qualify row_number() over (
  partition by h.holder_kind, h.holder_id, h.product_id order by h.as_of desc) = 1
order by 1, 3, 2
"""
RESERVES = """
select p.party_id, 'reserve_day:' || r.institution_id || ':' || r.bank_no || ':' || r.account_no
  || ':' || r.ledger_date as ref, r.ledger_date as day, r.client_closing_fen as amount_fen,
  r.account_no as other, false as related
from reserve_day r join party_dim p on p.institution_id = r.institution_id
where r.ledger_date <= $day
order by 1, 3, 2
"""
# Payments between licensed financial firms and unlicensed ones, own accounts on both sides; firms
# that are on no register count where they stand between persons and one whose trade is no retail
# of others.
COOPERATION = """
with firm as (
  select a.account_id, p.party_id, coalesce(list_contains($licensed, p.institution_id), false)
    as licensed, p.institution_kind is not null as registered,
    coalesce(p.institution_kind = 'insurer', false) as retail
  from account_dim a join party_dim p on p.party_no = a.party_no
  where p.kind = 'organisation'
    and coalesce(p.institution_kind, '') not in ('bank', 'clearing_house')
    and a.role in ('own_funds', 'ordinary', 'guarantor', 'merchant')
)
select case when a.licensed then b.party_id else a.party_id end as party_id,
  case when a.licensed then a.party_id else b.party_id end as other,
  not a.licensed as outgoing, case when a.licensed then b.registered else a.registered end
    as registered, t.ref, t.booked_at, t.business_date as day, t.amount_fen
from transfer t
join firm a on a.account_id = t.payer_account
join firm b on b.account_id = t.payee_account and b.licensed <> a.licensed
where t.status = 'settled' and t.business_date between $first and $last and t.loan_id is null
  and (a.registered and b.registered or not a.retail and not b.retail)
order by 1, 2, t.booked_at, t.ref
"""
# What persons, and accounts of unknown holders, pay accounts of firms that pay licensed ones out of
# it, and what they are paid there.
BEHIND = """
with handing as (
  select distinct t.payer_account as account, c.party_id
  from cooperation c join transfer t on t.ref = c.ref
  where c.outgoing
)
select h.party_id, t.ref, t.booked_at, t.amount_fen, a.party as person, true as incoming
from handing h
join transfer t on t.payee_account = h.account
join payment_side a on a.account_id = t.payer_account and (a.person or not a.known)
where t.status = 'settled' and t.business_date between $first and $last and t.loan_id is null
union all
select h.party_id, t.ref, t.booked_at, t.amount_fen, a.party, false
from handing h
join transfer t on t.payer_account = h.account
join payment_side a on a.account_id = t.payee_account and (a.person or not a.known)
where t.status = 'settled' and t.business_date between $first and $last and t.loan_id is null
order by 1, 3, 2
"""
QUERIES = {
    "payment": RESERVES,
    "guarantee": GUARANTEES,
    "asset_management": HOLDINGS,
    "lending": LOANS,
}


@dataclass(frozen=True)
class Done:
    """One business of one party: its rows (ref, booked_at, amount_fen, other), and what is tied."""

    activity: Activity
    rows: pl.DataFrame
    related_share: float

    @property
    def amount_fen(self) -> int:
        """What the business comes to; of ledgers, the largest day's."""
        if self.activity.name == "payment":
            by_day = self.rows.group_by("booked_at").agg(pl.col("amount_fen").sum())
            return int(by_day["amount_fen"].to_numpy().max(initial=0))
        return int(self.rows["amount_fen"].sum())


def read_activities(
    context: Context, settings: UnlicensedBusiness, licences: Licences
) -> dict[str, list[Done]]:
    """Each party's licensed business without a licence for it, where it is more than a favour."""
    lay_near_ties(context)
    lay_payment_sides(context)
    found: dict[str, list[Done]] = {}
    lent = {
        "first": context.first_date(settings.window_days),
        "least": settings.least_loan_fen,
        "instalment": settings.largest_instalment_ratio,
        "round": settings.round_loan_fen,
        "rounds": settings.minimum_round_share,
        "firms": settings.minimum_firms,
        "day": context.business_date,
    }
    for activity in ACTIVITIES:
        rows = context.db.frame(
            f"who does {activity.name}", QUERIES[activity.name], {"day": context.business_date}
        )
        if activity.name == "lending":
            rows = pl.concat(
                [rows.with_columns(pl.lit(False).alias("pending")),
                 context.db.frame("who lends unseen", LENT, lent)]
            )  # fmt: skip
        else:
            rows = rows.with_columns(pl.lit(False).alias("pending"))
        for key, mine in rows.group_by("party_id", maintain_order=True):
            party = str(key[0])
            strangers = mine.filter(~pl.col("related"))
            least = settings.minimum_clients if activity.name != "payment" else 1
            sure = strangers.filter(~pl.col("pending"))["other"].n_unique()
            if sure < least or licences.allows(party, activity):
                continue
            shown = strangers.with_columns(pl.col("day").cast(pl.Datetime("us")).alias("booked_at"))
            related = 1 - strangers.height / mine.height
            judged = Done(activity, shown, related)
            if judged.amount_fen >= settings.minimum_fen:
                found.setdefault(party, []).append(judged)
    return found


def read_cooperation(context: Context, settings: UnlicensedBusiness) -> dict[str, pl.DataFrame]:
    """By unlicensed firm, its payments with licensed ones that recur and follow the business."""
    rows = context.db.frame(
        "payments between licensed and unlicensed firms",
        COOPERATION,
        {
            "licensed": [i.institution_id for i in context.institutions if i.licensed],
            "first": context.first_date(settings.window_days),
            "last": context.business_date,
        },
    )
    found: dict[str, pl.DataFrame] = {}
    for key, mine in rows.group_by("party_id", "other", maintain_order=True):
        party = str(key[0])
        if _recurs(settings, mine):
            held = found.get(party)
            found[party] = mine if held is None else pl.concat([held, mine])
    return found


def read_handed_on(
    context: Context, settings: UnlicensedBusiness, partners: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """By unlicensed firm, what persons paid it, where most of it went on to licensed ones, and what
    the same got back there.

    `partners` is as ``read_cooperation`` gives it; rows have ref, booked_at, amount_fen, person
    and incoming.
    """
    if not partners:
        return {}
    rows = pl.concat(
        [
            mine.select(pl.lit(party).alias("party_id"), "ref", "outgoing")
            for party, mine in sorted(partners.items())
        ]
    )
    context.db.register("cooperation", rows.to_arrow())
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    lay_payment_sides(context)
    taken = context.db.frame("persons behind settlements", BEHIND, window)
    context.db.unregister("cooperation")
    found = {}
    for key, mine in taken.group_by("party_id", maintain_order=True):
        party = str(key[0])
        clients = mine.filter("incoming")
        handed, came = fen(partners[party].filter("outgoing")), fen(clients)
        near = min(handed, came) >= settings.handed_on_share * max(handed, came)
        if near and clients["person"].n_unique() >= settings.minimum_clients:
            found[party] = mine.join(clients.select("person").unique(), on="person", how="semi")
    return found


def _recurs(settings: UnlicensedBusiness, mine: pl.DataFrame) -> bool:
    """Many payments over months, of sums that vary; a flat fee one way is a supplier's."""
    span = (mine["day"].max() - mine["day"].min()).days  # type: ignore[operator, union-attr]
    sums = mine["amount_fen"].to_numpy()
    spread = float(sums.std(ddof=1)) if len(sums) > 1 else 0.0
    both_ways = mine["outgoing"].n_unique() == 2
    if (not both_ways and not mine["registered"].all()) or _is_loan(mine):
        return False
    return (
        mine.height >= settings.minimum_settlements
        and span >= settings.settlement_span_days
        and int(mine["amount_fen"].sum()) >= settings.minimum_settled_fen
        and (both_ways or spread >= settings.minimum_variation_share * float(sums.mean()))
    )


def _is_loan(mine: pl.DataFrame) -> bool:
    """One payment first, the others the other way: lent, and paid back in instalments."""
    return (
        mine.height > 1
        and mine["outgoing"][1:].n_unique() == 1
        and (mine["outgoing"][0] != mine["outgoing"][1])
    )
