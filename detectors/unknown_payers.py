"""Payers whose banks submit nothing: beside natural persons their payments count with theirs."""

from __future__ import annotations

import polars as pl

from detectors.evidence import fen, yuan


def unknown_as_persons(flow: pl.DataFrame, share: float) -> pl.DataFrame:
    """Call unknown parties natural persons where these pay nearly all that known parties pay in.

    Args:
        flow: Transfers of one subject: incoming, amount_fen, person (the other side; below -1 where
            its holder is unknown) and kind (of the other side).
        share: Part of what known parties pay in that natural persons pay, from which it is so.

    Returns:
        The transfers, with `unknown` (bool) and kind "person" for unknown parties where it is so.
    """
    unknown = pl.col("person") < -1
    known = flow.filter("incoming", ~unknown)
    alike = fen(known.filter(pl.col("kind") == "person")) >= share * fen(known) > 0
    kind = pl.when(unknown & alike).then(pl.lit("person")).otherwise("kind")
    return flow.with_columns(kind.alias("kind"), unknown.alias("unknown"))


def unknown_text(paid: pl.DataFrame) -> tuple[str, str]:
    """What a text adds of payers whose holders are unknown; nothing where there are none."""
    unknown = paid.filter("unknown")
    if unknown.is_empty():
        return "", ""
    taken = yuan(fen(unknown))
    return (
        f"；其中 {taken} 元来自持有人不明的账户，已知付款人几乎全为自然人，故一并计入",
        f"; {taken} yuan of it came from accounts of unknown holders, counted with the rest as "
        "nearly all known payers are natural persons",
    )
