"""Tips from the public that name a suspect, by its identifier or by its full name in their text."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from data.store import Database

# A person's name has many bearers, and stands inside other words; a firm's full name is registered
# once in a place. Names that several listed parties bear name none of them.
TIPS = """
with firm as (
  select any_value(p.party_id) as party_id, p.name
  from _tip_party w
  join party_dim p on p.party_id = w.party_id
  where p.kind = 'organisation' and length(p.name) >= $shortest
  group by p.name having count(*) = 1
), linked as (
  select w.party_id, t.tip_id, 'party_id' as named_by
  from _tip_party w join tip t on t.party_id = w.party_id
  union all
  select f.party_id, t.tip_id, 'name'
  from firm f join tip t on contains(t.subject_text, f.name)
  where t.party_id is distinct from f.party_id
)
select l.party_id, t.tip_id, l.named_by, t.received_at, t.typology, t.amount_fen, t.subject_text
from linked l join tip t on t.tip_id = l.tip_id
order by l.party_id, t.received_at, t.tip_id
"""
# Characters of a firm's name; shorter ones stand inside other names.
SHORTEST = 6
NO_TIPS = pl.DataFrame(
    schema={
        "party_id": pl.String,
        "tip_id": pl.String,
        "named_by": pl.String,
        "received_at": pl.Datetime("us"),
        "typology": pl.String,
        "amount_fen": pl.Int64,
        "subject_text": pl.String,
    }
)


def linked_tips(db: Database, party_ids: Sequence[str]) -> pl.DataFrame:
    """The tips that name some parties, in the columns of NO_TIPS, by party and time of receipt.

    `named_by` is `party_id` or `name`: the full name of a firm in the text.
    """
    names = pa.array(sorted(set(party_ids)), pa.string())
    db.register("_tip_party", pa.table({"party_id": names}))
    try:
        return db.frame("tips of suspects", TIPS, {"shortest": SHORTEST})
    finally:
        db.unregister("_tip_party")
