"""Members of one venue that nobody here knows: what they take goes to one and the same account."""

from __future__ import annotations

from collections import defaultdict

import polars as pl


def handed_to(flow: pl.DataFrame, share: float) -> int | None:
    """The account of an unknown holder that gets at least a share of what persons pay; else None.

    `flow` is one venue's, as ``venue_money`` reads it; the number is that of the other side.
    """
    taken = int(flow.filter("incoming", pl.col("kind") == "person")["amount_fen"].sum())
    handed = (
        flow.filter(~pl.col("incoming"), pl.col("person") < -1)
        .group_by("person")
        .agg(pl.col("amount_fen").sum())
        .filter(pl.col("amount_fen") >= share * taken, pl.col("amount_fen") > 0)
        .sort("amount_fen", "person", descending=[True, False])
    )
    return int(handed["person"][0]) if handed.height else None


def members_by_head(flow: pl.DataFrame, share: float) -> list[list[str]]:
    """Institutions that hand their takings to one unknown account, the one that takes most first.

    Whoever hands to nobody, or alone to an account, stands alone.
    """
    sharing: dict[int, list[str]] = defaultdict(list)
    taken: dict[str, int] = {}
    alone: list[str] = []
    for key, mine in flow.group_by("institution_id", maintain_order=True):
        name = str(key[0])
        taken[name] = int(mine.filter("incoming")["amount_fen"].sum())
        where = handed_to(mine, share)
        if where is None:
            alone.append(name)
        else:
            sharing[where].append(name)
    together = [
        sorted(members, key=lambda name: (-taken[name], name)) for members in sharing.values()
    ]
    return sorted([*([name] for name in alone), *together])
