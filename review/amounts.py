"""Amounts on pages: short in 万 and 亿 or in k and m, exact where the pointer rests."""

from __future__ import annotations

from markupsafe import Markup, escape

from detectors.evidence import yuan

SHORT_ZH = ((10_000_000_000, "亿"), (1_000_000, "万"), (100, "元"))
SHORT_EN = ((100_000_000_000, "bn"), (100_000_000, "m"), (100_000, "k"), (100, "yuan"))


def short(fen: int, zh: bool) -> str:
    """An amount with its unit, rounded to one decimal of 万 and 亿, or of k, m and bn yuan.

    From a thousand of a unit on, and of yuan, to a whole.
    """
    sign, fen = ("−" if fen < 0 else ""), abs(fen)
    units = SHORT_ZH if zh else SHORT_EN
    for unit, name in units:
        tenths = (fen * 10 + unit // 2) // unit
        if tenths >= 10 or unit == 100:
            is_whole = unit == 100 or tenths >= 10_000
            said = f"{(fen + unit // 2) // unit:,}" if is_whole else f"{tenths // 10}.{tenths % 10}"
            return f"{sign}{said}{'' if zh else ' '}{name}"
    raise AssertionError("unreachable: the last unit fits every amount")


def spoken(fen: int, zh: bool) -> str:
    """A short amount as it stands in a sentence, with the currency."""
    said, currency = short(fen, zh), "元" if zh else " yuan"
    return said if said.endswith(currency) else said + currency


def exact(fen: int, zh: bool) -> str:
    """An amount to the fen."""
    return f"{yuan(fen)} {'元' if zh else 'yuan'}"


def shown(fen: int | None, zh: bool) -> Markup:
    """A short amount as an element whose title is exact; a dash for none."""
    if fen is None:
        return Markup("–")
    return Markup('<data class="amount" value="{}" title="{}">{}</data>').format(
        fen, escape(exact(fen, zh)), escape(short(fen, zh))
    )
