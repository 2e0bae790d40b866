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
MOMENT = (
    r"^(?<year>\d{4})(?:-(?<m1>\d{1,2})-(?<d1>\d{1,2})|/(?<m2>\d{1,2})/(?<d2>\d{1,2})"
    r"|(?<m3>\d{2})(?<d3>\d{2}))"
    r"(?:[ T]*(?:(?<h1>\d{1,2})[:.](?<i1>\d{2})(?:[:.](?<s1>\d{2}))?|(?<h2>\d{2})(?<i2>\d{2})"
    r"(?<s2>\d{2}))(?<fraction>\.\d{1,6})?)?$"
)
SPREADSHEET = r"^(?:=\"(.*)\"|'(.*))$"
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
    """Text without the cells that only say that nothing is known."""
    nothing = pc.is_in(text, value_set=pa.array(sorted(NOTHING), pa.string()))
    if not pc.any(nothing, min_count=0).as_py():
        return text
    return pc.if_else(nothing, pa.scalar(None, text.type), text)


def unwrapped(text: pa.Array) -> pa.Array:
    """Text without what a spreadsheet puts around it to keep it text: ``="…"`` or an apostrophe."""
    if not pc.any(pc.match_substring_regex(text, "^[='\"]"), min_count=0).as_py():
        return text
    return trimmed(pc.replace_substring_regex(text, SPREADSHEET, r"\1\2"))


def account_numbers(text: pa.Array) -> tuple[pa.Array, Bools]:
    """Account numbers without spaces and hyphens, and which ones a spreadsheet has rounded."""
    bare = unwrapped(text)
    if not pc.any(pc.match_substring_regex(bare, "[^0-9A-Za-z]"), min_count=0).as_py():
        return bare, bools(pc.match_substring_regex(bare, ROUNDED))
    rounded = bools(pc.match_substring_regex(bare, ROUNDED))
    return trimmed(pc.replace_substring_regex(bare, GAPS, "")), rounded


def moments(date: pa.Array | None, time: pa.Array | None) -> tuple[pa.Array, Bools]:
    """Times to the microsecond from a column of moments, or from days and times; which parsed."""
    if date is None:
        text = time
    elif time is None:
        text = date
    else:
        # A column of times may hold whole moments beside a column of days.
        whole = pc.greater_equal(pc.binary_length(time), 14)
        joined = pc.binary_join_element_wise(date, pc.fill_null(time, ""), " ")
        text = trimmed(pc.if_else(pc.fill_null(whole, False), time, joined))
    text = unwrapped(text)
    numbers, parsed = cell_kernel.parse_times(*cell_kernel.layout(text))
    others = cell_kernel.present(text) & ~parsed
    if others.any():
        places = np.flatnonzero(others)
        numbers[places], parsed[places] = _other_moments(text.take(pa.array(places)))
    return pa.array(numbers, mask=~parsed).cast(pa.timestamp("us")), parsed


def _other_moments(text: pa.Array) -> tuple[Integers, Bools]:
    """Moments in other forms than the contract's, as microseconds since 1970, and which parsed."""
    found = pl.Series("text", pl.from_arrow(text)).str.extract_groups(MOMENT).struct.unnest()
    month, day = (pl.coalesce(f"{part}1", f"{part}2", f"{part}3").str.zfill(2) for part in "md")
    hour, minute = (pl.coalesce(f"{part}1", f"{part}2").str.zfill(2) for part in "hi")
    second = pl.coalesce("s1", "s2")
    written = found.select(
        pl.format("{}-{}-{} ", "year", month, day)
        + pl.format("{}:{}:{}{}", hour.fill_null("00"), minute.fill_null("00"),
                    second.fill_null("00"), pl.col("fraction").fill_null(""))
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
