"""Who really holds private products: holders looked through products, pools behind nominees."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import ProductSplitting
from detectors.context import Context
from detectors.holdings import lay_holdings

# Products offered as one: the same issuer and raising account, or the same issuer and terms.
CREATE_SERIES = """
create or replace temp table product_series as
with own as (
  select product_id, coalesce(manager_party_id, issuer_party_id) as manager, risk_level,
    minimum_ticket_fen, coalesce(raise_bank_no || ':' || raise_account_no,
      concat_ws(':', term_days, promised_rate, risk_level, minimum_ticket_fen), '') as terms,
    issuer_party_id
  from product where offering = 'private'
)
select product_id, manager, risk_level, minimum_ticket_fen,
  min(product_id) over (partition by issuer_party_id, manager,
    case when terms = '' then product_id else terms end) as series
from own
"""
# Holders of a series, through products of whoever is not a licensed manager of its own: an
# independent licensed fund is one holder. Rows are distinct, so that rings end.
CREATE_HOLDER = """
create or replace temp table series_holder as
with recursive reached as (
  select s.series, s.product_id, s.manager from product_series s
  union
  select r.series, h.holder_id, r.manager
  from reached r
  join holding_now h on h.product_id = r.product_id and h.holder_kind = 'product'
  join product x on x.product_id = h.holder_id
  where not (coalesce(list_contains($licensed, coalesce(x.manager_party_id, x.issuer_party_id)),
      false) and coalesce(x.manager_party_id, x.issuer_party_id) <> r.manager)
)
select r.series, h.holder_kind || ':' || h.holder_id as holder, h.holder_kind, h.holder_id,
  r.product_id, h.most_fen, h.risk_level, h.ref, h.as_of,
  s.product_id is not null as direct, q.product_id is not null as passed_through
from reached r
join holding_now h on h.product_id = r.product_id
left join product_series s on s.series = r.series and s.product_id = r.product_id
left join reached q
  on q.series = r.series and q.product_id = h.holder_id and h.holder_kind = 'product'
"""
# What investors paid into the accounts that a series is raised on.
CREATE_PAID = """
create or replace temp table series_paid as
select distinct s.series, p.party_no as holder, p.party_id as holder_id, t.transfer_no, t.ref,
  t.booked_at, t.amount_fen
from product_series s
join product x on x.product_id = s.product_id
join account_dim b on b.bank_no = x.raise_bank_no and b.account_no = x.raise_account_no
join transfer t on t.payee_account = b.account_id
join account_dim a on a.account_id = t.payer_account
join party_dim p on p.party_no = a.party_no
where t.status = 'settled' and t.business_date between $first and $last and p.kind = 'person'
"""
# Persons that gave an investor, shortly before, a good part of what he paid in: a shared ticket.
# What investors got comes first and alone: else times are held against those of all transfers.
CREATE_POOLED = """
create or replace temp table series_pooled as
with came as materialized (
  select b.party_no as holder, a.party_no as giver, t.ref, t.booked_at, t.amount_fen
  from (select distinct holder from series_paid) h
  join account_dim b on b.party_no = h.holder
  join transfer t on t.payee_account = b.account_id
  join account_dim a on a.account_id = t.payer_account
  where t.status = 'settled' and a.party_no <> b.party_no
), given as materialized (
  select s.series, s.holder_id, s.transfer_no as ticket, s.amount_fen as ticket_fen,
    q.party_id as giver, t.ref, t.booked_at, t.amount_fen
  from series_paid s
  join came t on t.holder = s.holder
  join party_dim q on q.party_no = t.giver and q.kind = 'person'
  where t.booked_at between s.booked_at - to_days($days::integer) and s.booked_at
    and t.amount_fen < s.amount_fen
), shared as (
  select series, ticket from given
  group by series, ticket
  having count(distinct giver) >= $givers and sum(amount_fen) >= $share * any_value(ticket_fen)
)
select distinct g.series, g.holder_id, g.giver, g.ref, g.booked_at, g.amount_fen
from given g semi join shared s on s.series = g.series and s.ticket = g.ticket
"""
HOLDERS = """
select h.series, s.manager, h.holder, h.holder_kind, h.holder_id, h.product_id, h.most_fen,
  h.risk_level < s.risk_level as unfit, h.risk_level is not null as rated, h.ref, h.as_of,
  h.direct, h.passed_through,
  coalesce(x.manager_party_id, x.issuer_party_id) = s.manager as same_manager
from series_holder h
join (select series, any_value(manager) as manager, max(risk_level) as risk_level
  from product_series group by series) s on s.series = h.series
join product x on x.product_id = h.product_id
order by h.series, h.holder, h.product_id
"""
PAID = "select series, holder_id, ref, booked_at, amount_fen from series_paid order by 1, 4, 3"
POOLED = """
select series, holder_id, giver, ref, booked_at, amount_fen from series_pooled
order by series, booked_at, ref
"""


@dataclass(frozen=True)
class PrivateHolders:
    """Series of private products with their holders, and what these paid.

    `holders` has a row per position of a series: series, manager, holder, holder_kind, holder_id,
    product_id, most_fen (the most it cost), unfit (the holder's risk level is below the product's),
    rated (it is known), ref, as_of, direct (it is a product of the series that is held),
    passed_through (the holder is a product whose own holders count instead) and same_manager (the
    product held is the series' manager's); `paid` the payments of persons, and `pooled` what givers
    had handed to the holder who paid, both with ref, booked_at and amount_fen.
    """

    holders: pl.DataFrame
    paid: pl.DataFrame
    pooled: pl.DataFrame


def read_holders(context: Context, settings: ProductSplitting) -> PrivateHolders:
    """Read who holds private products, products offered as one together."""
    db = context.db
    lay_holdings(context)
    window = {
        "first": context.first_date(context.settings.load.window_days),
        "last": context.business_date,
    }
    licensed = sorted(i.party_id for i in context.institutions if i.licensed)
    pool = {
        "days": settings.pooling_days,
        "givers": settings.pooling_givers,
        "share": settings.pooling_share,
    }
    db.execute("series of products", CREATE_SERIES)
    db.execute("holders of series", CREATE_HOLDER, {"licensed": licensed})
    db.execute("payments for series", CREATE_PAID, window)
    db.execute("tickets that are shared", CREATE_POOLED, pool)
    return PrivateHolders(
        db.frame("private holders", HOLDERS),
        db.frame("private payments", PAID),
        db.frame("shared tickets", POOLED),
    )
