"""What a run found of institutions' clients' money, as plain facts of one convention."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from data.errors import NotFoundError, StoreError
from data.store import Database
from graph.tracing import Convention
from pipelines.look_through_file import COLUMNS

Facts = dict[str, Any]
INSTITUTIONS = """
select institution_id, party_id, name, kind from institution order by institution_id
"""
SOURCES = """
select institution_id, stage, kind, amount_fen, share from institution_source
where convention = $convention order by institution_id, stage, kind
"""
USES = """
select institution_id, stage, kind, amount_fen, share, least_fen, most_fen, chance_fen
from institution_use where convention = $convention order by institution_id, stage, kind
"""
# A kind's stages added up; none of it under a convention is 0.
KINDS = """
with whole as (
  select institution_id, kind, convention, sum(amount_fen)::bigint as amount_fen,
    sum(chance_fen)::bigint as chance_fen
  from institution_use group by institution_id, kind, convention
), followed as (
  select count(distinct convention) as conventions from institution_use
)
select institution_id, kind,
  coalesce(max(amount_fen) filter (convention = $convention), 0) as amount_fen,
  case when count(*) = max(f.conventions) then min(amount_fen) else 0 end as least_fen,
  max(amount_fen) as most_fen, max(chance_fen) filter (convention = $convention) as chance_fen
from whole cross join followed f
group by institution_id, kind
order by institution_id, 3 desc, kind
"""
RETURNED = """
select institution_id, returned_fen, others_least_fen, others_most_fen
from institution_return order by institution_id
"""
MISSING = """
select institution_id, basis, as_of, owed_fen, held_fen, missing_fen
from institution_missing order by institution_id, basis
"""


def read_facts(published: Path, convention: Convention, only: str | None) -> list[Facts]:
    """Read every institution's sources, uses and missing money, or one's; amounts in fen.

    Each kind of use stands with its amount by stage; `by_kind` adds the stages up, under each
    convention for the least and the most. `returns` is what was paid to earlier clients, and how
    much of it out of investors' principal, and out of what other clients paid in at least and at
    most over first and last in first out. Institutions stand in the order of their identifiers.

    Raises:
        NotFoundError: the run knows no such institution.
        StoreError: the run was published by a version that did not keep all of this.
    """
    chosen = {"convention": convention}
    with Database.open(published, read_only=True) as db:
        _require_tables(db, published)
        known = db.frame("institutions", INSTITUTIONS)
        sources = db.frame("sources of institutions", SOURCES, chosen)
        uses = db.frame("uses of institutions", USES, chosen)
        kinds = db.frame("uses by kind", KINDS, chosen)
        returned = db.frame("money paid to earlier clients", RETURNED)
        missing = db.frame("missing money", MISSING)
    if only is not None:
        known = known.filter(pl.col("institution_id") == only)
        if known.is_empty():
            raise NotFoundError(
                f"no clients' money of institution {only} in {published.name}; "
                "`lookthrough institutions` lists those with some"
            )
    return [
        {
            **row,
            "convention": convention,
            "total_fen": int(_of(sources, row)["amount_fen"].sum()),
            "sources": _rows(sources, row),
            "uses": _rows(uses, row),
            "by_kind": {each.pop("kind"): each for each in _rows(kinds, row)},
            "returns": _returns(_of(uses, row), _of(returned, row)),
            "missing": [
                {**each, "as_of": each["as_of"].isoformat()} for each in _rows(missing, row)
            ],
        }
        for row in known.iter_rows(named=True)
    ]


def _require_tables(db: Database, published: Path) -> None:
    """Say that a run was published by a program that knew less, before any table is missed."""
    there = {name for (name,) in db.rows("tables", "select table_name from duckdb_tables()")}
    missing = sorted(COLUMNS.keys() - there)
    if missing:
        raise StoreError(
            f"{published.name} was published by an older version and does not hold "
            f"{', '.join(missing)}; run that night again to have it"
        )


def _of(rows: pl.DataFrame, institution: Facts) -> pl.DataFrame:
    return rows.filter(pl.col("institution_id") == institution["institution_id"])


def _rows(rows: pl.DataFrame, institution: Facts) -> list[Facts]:
    return _of(rows, institution).drop("institution_id").to_dicts()


def _returns(uses: pl.DataFrame, returned: pl.DataFrame) -> Facts:
    """What was paid to earlier clients, and shares of it; none of it is null."""
    by_stage = uses.filter(pl.col("kind") == "returned")
    principal = by_stage.filter(pl.col("stage") == "investors_principal")
    whole, fen = int(by_stage["amount_fen"].sum()), int(principal["amount_fen"].sum())
    paid, least, most = (
        int(returned[name].sum())
        for name in ("returned_fen", "others_least_fen", "others_most_fen")
    )
    return {
        "amount_fen": whole,
        "from_principal_fen": fen,
        "from_principal_share": _share(fen, whole),
        "from_others_least_fen": least,
        "from_others_most_fen": most,
        "from_others_least_share": _share(least, paid),
        "from_others_most_share": _share(most, paid),
    }


def _share(fen: int, whole: int) -> float | None:
    return round(fen / whole, 6) if whole else None
