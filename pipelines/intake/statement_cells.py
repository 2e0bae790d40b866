"""The cells of Chinese bank statements as a contract has them: identifiers, moments, devices.

Passes run over whole Arrow columns; what is looked at value by value is looked at once a value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from data.codes import is_cnaps
from pipelines.intake import cell_kernel
from pipelines.intake.cell_kernel import Bools, Integers
from pipelines.intake.statement_words import NO_DEVICE, NOTHING

# Moments as statements write them, without what separates their parts; seconds may lack, and where
# only the day is known it is midnight.
DAY = (
    r"(?<year>\d{4})(?:-(?<m1>\d{1,2})-(?<d1>\d{1,2})|/(?<m2>\d{1,2})/(?<d2>\d{1,2})"
    r"|(?<m3>\d{2})(?<d3>\d{2}))"
)
FRACTION = r"\.\d{1,6}"
MOMENT = (
    rf"^{DAY}(?:[ T]*(?:"
    rf"(?<h1>\d{{1,2}})[:.](?<i1>\d{{2}})(?:[:.](?<s1>\d{{2}})(?<f1>{FRACTION})?)?"
    rf"|(?<h2>\d{{2}})(?<i2>\d{{2}})(?<s2>\d{{2}})(?<f2>{FRACTION})?))?$"
)
# Day and hour need a gap between them, unless every part has its full width: 2016-6-112:30 is two
# moments.
APART = r"[ T]|^(?:\d{4}-\d{2}-\d{2}|\d{4}/\d{2}/\d{2}|\d{8})(?:\d{2}[:.]\d{2}|\d{6})"
# What a column of times holds that needs no day beside it, and a day that is written as a moment.
WHOLE = (
    r"^(?:(?:\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{8})(?:[ T]*\d{1,2}[:.]|[ T]+\d)"
    r"|\d{14})"
)
MIDNIGHT = (
    r"^(\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{8})"
    r"(?:[ T]+0?0[:.]00(?:[:.]00(?:\.0+)?)?|[ T]*000000)$"
)
# Text that a spreadsheet keeps as it is: a formula of one text, or an apostrophe before it.
FORMULA = r"(?s)^=\"((?:[^\"]|\"\")*)\"$"
APOSTROPHE = r"(?s)^'(.*)$"
# Spaces of any width, and the hyphens that are written between groups of digits.
GAPS = r"[\s\x{00A0}\x{3000}\x{2010}-\x{2015}\x{2212}\x{FF0D}-]+"
ROUNDED = r"(?i)^[0-9](\.[0-9]+)?E\+?[0-9]+$"


def trimmed(cells: pa.Array) -> pa.Array:
    """Text without space around it; cells that hold nothing are null."""
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(pa.string())
    text = pc.utf8_trim_whitespace(cells)
    empty = pc.equal(text, "")
    if not pc.any(empty, min_count=0).as_py():
        return text
    return pc.if_else(empty, pa.scalar(None, text.type), text)


def known(text: pa.Array) -> pa.Array:
    """Text without the cells that only say that nothing is known, in capitals or not."""
    nothing = pc.is_in(pc.ascii_upper(text), value_set=pa.array(sorted(NOTHING), pa.string()))
    if not pc.any(nothing, min_count=0).as_py():
        return text
    return pc.if_else(nothing, pa.scalar(None, text.type), text)


def unwrapped(text: pa.Array) -> pa.Array:
    """Text without what a spreadsheet puts around it to keep it text: ``="…"`` or an apostrophe."""
    if not pc.any(pc.match_substring_regex(text, "^[=']"), min_count=0).as_py():
        return text
    inside = pc.replace_substring_regex(text, FORMULA, r"\1")
    inside = pc.replace_substring(inside, '""', '"')
    bare = pc.replace_substring_regex(text, APOSTROPHE, r"\1")
    return trimmed(pc.if_else(pc.match_substring_regex(text, FORMULA), inside, bare))


def said(cells: pa.Array) -> pa.Array:
    """What cells say, without space and spreadsheets' marks around it; null where it is nothing."""
    return known(unwrapped(trimmed(cells)))


def account_numbers(bare: pa.Array) -> tuple[pa.Array, Bools]:
    """Account numbers without spaces and hyphens, and which ones a spreadsheet has rounded."""
    rounded = bools(pc.match_substring_regex(bare, ROUNDED))
    if not pc.any(pc.match_substring_regex(bare, "[^0-9A-Za-z]"), min_count=0).as_py():
        return bare, rounded
    return trimmed(pc.replace_substring_regex(bare, GAPS, "")), rounded


def moments(date: pa.Array | None, time: pa.Array | None) -> tuple[pa.Array, Bools]:
    """Times to the microsecond from a column of moments, or from days and times; which parsed."""
    if date is None or time is None:
        text = pc.coalesce(*(each for each in (date, time) if each is not None))
    else:
        text = _joined(date, time)
    numbers, parsed = cell_kernel.parse_times(*cell_kernel.layout(text))
    others = cell_kernel.present(text) & ~parsed
    if others.any():
        places = np.flatnonzero(others)
        numbers[places], parsed[places] = _other_moments(text.take(pa.array(places)))
    return pa.array(numbers, mask=~parsed).cast(pa.timestamp("us")), parsed


def _joined(date: pa.Array, time: pa.Array) -> pa.Array:
    """Days and times as one text.

    A column of times may hold whole moments beside a column of days, and one of days their
    midnights beside a column of times.
    """
    whole = pc.fill_null(pc.match_substring_regex(time, WHOLE), False)
    midnight = pc.replace_substring_regex(date, MIDNIGHT, r"\1")
    day = pc.if_else(pc.is_valid(time), midnight, date)
    joined = pc.binary_join_element_wise(day, pc.fill_null(time, ""), " ")
    return trimmed(pc.if_else(whole, time, joined))


def _other_moments(text: pa.Array) -> tuple[Integers, Bools]:
    """Moments in other forms than the contract's, as microseconds since 1970, and which parsed."""
    series = pl.Series("text", pl.from_arrow(text))
    found = series.str.extract_groups(MOMENT).struct.unnest()
    month, day = (pl.coalesce(f"{part}1", f"{part}2", f"{part}3").str.zfill(2) for part in "md")
    hour, minute, second, fraction = (pl.coalesce(f"{part}1", f"{part}2") for part in "hisf")
    apart = hour.is_null() | pl.lit(series.str.contains(APART))
    written = found.select(
        pl.when(apart).then(
            pl.format("{}-{}-{} ", "year", month, day)
            + pl.format("{}:{}:{}{}", hour.str.zfill(2).fill_null("00"), minute.fill_null("00"),
                        second.fill_null("00"), fraction.fill_null(""))
        )
    ).to_series()  # fmt: skip
    return cell_kernel.parse_times(*cell_kernel.layout(written.to_arrow().cast(pa.string())))


def devices(mac: pa.Array | None, ip: pa.Array | None) -> pa.Array | None:
    """The SHA-256 of what names a device: its MAC address, else its IP address; null for neither.

    A MAC address counts without its separators, in capitals, so that one device has one hash.
    """
    columns = [
        each_value(column, read)
        for column, read in ((mac, _mac_hash), (ip, _ip_hash)) if column is not None
    ]  # fmt: skip
    return pc.coalesce(*columns) if columns else None


def bank_numbers(text: pa.Array) -> pa.Array:
    """The cells that are bank numbers; names of banks and wrong numbers are null."""
    return each_value(text, lambda value: value if is_cnaps(value) else None)


def each_value(
    cells: pa.Array, read: Callable[[str], str | None], empty: str | None = None
) -> pa.Array:
    """Read each different cell once; `empty` is what an empty cell says."""
    packed = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
    values = [None if value is None else read(value) for value in packed.dictionary.to_pylist()]
    places = packed.indices.fill_null(len(values))
    return pa.array([*values, empty], pa.string()).take(places)


def bools(found: pa.Array) -> Bools:
    """A mask, false where nothing is known; shape (rows,)."""
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False), np.bool_)


def _mac_hash(cell: str) -> str | None:
    address = "".join(sign for sign in cell.upper() if sign not in ":-. \t'\"=")
    return None if not address or address in NO_DEVICE else _hash(f"MAC {address}")


def _ip_hash(cell: str) -> str | None:
    address = cell.strip("'\"= \t").upper()
    return None if not address or address in NO_DEVICE else _hash(f"IP {address}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
