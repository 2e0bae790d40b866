"""Who pays persons a few rates on the lots that others pay in: schemes older than the records.

Beside a source that pays its collectors' own payers back stands one whose receivers paid in before
the records begin. It is known by its returns (``lot_returns``, ``grid_returns``), by the
collectors' money, which it takes itself or is handed, and by some of the payers who are among its
receivers all the same, far more of them than chance would give.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data.settings import IllegalFundraising
from detectors.context import Context
from detectors.grid_returns import grid_returns
from detectors.lot_returns import LotReturns, lot_returns

# Collectors, with themselves and with the holders that they hand their lots to; these pay persons.
CREATE_SOURCE = """
create or replace temp table rated_source as
with collector as (
  select f.holder, sum(f.amount_fen) as fen
  from raising_flow f join (select distinct holder from raising_payer) using (holder)
  where f.incoming and f.amount_fen % $lot = 0 and f.amount_fen >= $least
  group by f.holder
), account as (
  select s.account_id, s.holder from raising_side s join collector using (holder)
), handed as (
  select a.holder, b.holder as source, sum(t.amount_fen) as fen
  from account a
  join transfer t on t.payer_account = a.account_id
  join raising_side b on b.account_id = t.payee_account and b.open
  where b.holder <> a.holder and t.status = 'settled' and t.amount_fen > 0
    and t.business_date between $first and $last
  group by a.holder, b.holder
), pair as (
  select holder, holder as source from collector
  union all
  select h.holder, h.source from handed h join collector c on c.holder = h.holder
  where h.fen >= $handed * c.fen
), payer as (
  select holder as source, count(distinct person) as persons
  from raising_flow where not incoming group by holder having count(distinct person) >= $receivers
)
select p.holder, p.source from pair p join payer using (source)
"""
LOTS = """
select r.source, f.person, f.amount_fen
from rated_source r join raising_flow f on f.holder = r.holder and f.incoming
where f.amount_fen % $lot = 0 and f.amount_fen >= $least
order by all
"""
PAID = """
select f.holder as source, f.person, f.amount_fen
from raising_flow f join (select distinct source from rated_source) r on r.source = f.holder
where not f.incoming
order by all
"""


def rated_sources(context: Context, settings: IllegalFundraising) -> list[tuple[int, int]]:
    """Pairs of collector and source, by number of the holder; needs the tables of raising."""
    db = context.db
    lot = {"lot": settings.lot_fen, "least": settings.minimum_lot_fen}
    bounds = {"handed": settings.handed_share, "receivers": settings.minimum_receivers}
    days = context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    db.execute("rated sources", CREATE_SOURCE, {**lot, **bounds, **window})
    lots = _by_source(db.frame("lots of sources", LOTS, lot))
    paid = _by_source(db.frame("paid by sources", PAID))
    [(everyone,)] = db.rows("everyone", "select count(distinct person) from raising_flow")
    sources = {
        source
        for source in lots.keys() & paid.keys()
        if _pays_returns(context, settings, lots[source], paid[source], everyone)
    }
    pairs = db.rows("pairs of sources", "select holder, source from rated_source order by all")
    db.execute("drop rated_source", "drop table rated_source")
    return [(holder, source) for holder, source in pairs if source in sources]


def returns_of(context: Context, lots: pl.DataFrame, paid: pl.DataFrame) -> LotReturns:
    """The returns among the payments of a holder or a scheme; columns person and amount_fen."""
    sums = (lots["amount_fen"], paid["amount_fen"], paid["person"])
    given = [each.cast(pl.Int64).to_numpy() for each in sums]
    found = [find(context.settings.fixed_returns, *given) for find in (lot_returns, grid_returns)]
    settings = context.settings.detectors.illegal_fundraising
    return max(found, key=lambda returns: (pays_rates(settings, returns), returns.share))


def pays_rates(settings: IllegalFundraising, returns: LotReturns) -> bool:
    """Whether what persons are paid is made of a few rates on the usual lots."""
    return (
        returns.persons >= settings.minimum_receivers
        and returns.share >= settings.minimum_rated_share
    )


def _by_source(rows: pl.DataFrame) -> dict[int, pl.DataFrame]:
    return {
        int(str(source)): mine for (source,), mine in rows.group_by("source", maintain_order=True)
    }


def _pays_returns(
    context: Context,
    settings: IllegalFundraising,
    lots: pl.DataFrame,
    paid: pl.DataFrame,
    everyone: int,
) -> bool:
    payers, receivers = lots["person"].unique(), paid["person"].unique()
    both = len(np.intersect1d(payers.to_numpy(), receivers.to_numpy()))
    chance = len(payers) * len(receivers) / max(everyone, 1)
    if (
        len(payers) < settings.minimum_payers
        or both < settings.rated_both
        or both < settings.rated_lift * chance
    ):
        return False
    return pays_rates(settings, returns_of(context, lots, paid))
