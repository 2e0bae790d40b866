"""Who holds which product now: the newest positions, and holdings of products in products."""

from __future__ import annotations

import polars as pl

from detectors.context import Context, Institution

# A position counts while the product's newest statement is not much younger.
CREATE_HOLDING = """
create or replace temp table holding_now as
with newest as (
  select product_id, max(as_of) as as_of from holding where as_of <= $day group by product_id
), position as (
  select h.holder_kind, h.holder_id, h.product_id, max(h.as_of) as as_of,
    arg_max(h.cost_fen, h.as_of) as cost_fen, max(h.cost_fen) as most_fen,
    arg_max(h.holder_risk_level, h.as_of) as risk_level
  from holding h join newest n on n.product_id = h.product_id
  where h.as_of between n.as_of - $stale::integer and n.as_of
  group by h.holder_kind, h.holder_id, h.product_id
)
select *, 'holding:' || holder_id || ':' || product_id || ':' || as_of as ref
from position where cost_fen > 0
"""
# A product holds another itself, or its issuer does with what was raised: a partnership between.
EDGES = """
with raised as (
  select product_id, sum(cost_fen) as raised_fen from holding_now group by product_id
)
select h.holder_id as holder, h.product_id as held, h.cost_fen, h.ref, h.as_of, false as between
from holding_now h
join product x on x.product_id = h.holder_id
join product y on y.product_id = h.product_id
where h.holder_kind = 'product'
union all
select x.product_id, h.product_id, h.cost_fen, h.ref, h.as_of, true
from holding_now h
join product x on x.issuer_party_id = h.holder_id
join product y on y.product_id = h.product_id
join raised r on r.product_id = x.product_id
where h.holder_kind = 'party' and h.product_id <> x.product_id
  and h.cost_fen >= $share * r.raised_fen
order by holder, held, ref
"""
PRODUCTS = """
select x.product_id, x.issuer_party_id, coalesce(x.manager_party_id, x.issuer_party_id) as manager,
  m.party_no, x.offering, a.account_id as account
from product x
left join party_dim m on m.party_id = coalesce(x.manager_party_id, x.issuer_party_id)
left join account_dim a on a.bank_no = x.raise_bank_no and a.account_no = x.raise_account_no
order by x.product_id
"""

UNREPORTED = """
select x.product_id from product x
anti join holding h on h.product_id = x.product_id
where x.offering = 'private' order by x.product_id
"""


def lay_holdings(context: Context) -> None:
    """Lay holding_now, unless it is laid already: a row per position that is held now.

    Columns holder_kind, holder_id, product_id, as_of, cost_fen, most_fen (the most it ever cost),
    risk_level (of the holder) and ref ("holding:holder:product:day").
    """
    days = context.settings.holdings.stale_days
    bounds = {"day": context.business_date, "stale": days}
    context.once("holding_now", lambda: context.db.execute("positions", CREATE_HOLDING, bounds))


def read_products(context: Context) -> pl.DataFrame:
    """All products: product_id, issuer_party_id, manager (else the issuer), party_no, offering,
    account (that money is raised on)."""
    return context.db.frame("products", PRODUCTS)


def read_edges(context: Context) -> pl.DataFrame:
    """Products in products: holder, held, cost_fen, ref, as_of, between (whether by a party)."""
    lay_holdings(context)
    share = {"share": context.settings.holdings.partnership_share}
    return context.db.frame("products in products", EDGES, share)


def unreported_products(context: Context) -> list[str]:
    """The private products of which no holder was ever submitted."""
    return [name for (name,) in context.db.rows("products unreported", UNREPORTED)]


def managers_without_products(context: Context) -> list[Institution]:
    """The asset managers, where no product at all was submitted."""
    if not read_products(context).is_empty():
        return []
    return [i for i in context.institutions if i.kind == "asset_manager"]
