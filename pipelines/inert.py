"""Text that no spreadsheet takes for a formula, for every CSV file that the program writes.

What begins like a formula, also after spaces or marks that are not seen, or in full-width signs,
gets an apostrophe before it. A text that is a plain number, such as -12, stays one.
"""

from __future__ import annotations

import polars as pl

LIVE = r"^[\s\p{C}]*[=+\-@＝＋－＠]|^[\t\r\n]"
NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"


def inert(text: pl.Expr) -> pl.Expr:
    """A column of texts of which none is live; empty ones stay empty."""
    dead = ~text.str.contains(LIVE) | text.str.contains(NUMBER)
    return pl.when(dead).then(text).otherwise(pl.lit("'") + text)


def inert_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame whose texts are inert; its columns of other types stay as they are."""
    return frame.with_columns(inert(pl.col(pl.String)))
