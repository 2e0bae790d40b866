"""Builds the features of every party that has transfers, for one business date."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from data.settings import Features, Settings
from data.store import Database
from pipelines.features.amounts import measure_amounts
from pipelines.features.catalogue import FEATURES
from pipelines.features.flows import create_flows, drop_flows
from pipelines.features.in_time import InTime
from pipelines.features.passing import measure_passing
from pipelines.features.reach import measure_reach
from pipelines.features.shapes import SHAPES, measure_shapes
from pipelines.features.sharing import measure_sharing
from pipelines.features.standing import measure_standing

# Significant digits of a feature.
DIGITS = 6

# Counts of which a party without any has none, rather than an unknown number.
ZERO_WITHOUT = ("two_way_parties", "shared_devices", "most_from_one_payer", "most_to_one_payee",
    "same_day_from_one_payer", "same_day_to_one_payee", "payers_busiest_day",
    "payees_busiest_day", *SHAPES)  # fmt: skip


def build_features(db: Database, settings: Settings, business_date: date) -> pl.DataFrame:
    """Measure every party that has settled transfers up to the date, by party_no.

    The columns are party_no, party_id, role (whom it is compared with), age_band, and the features
    in the order of FEATURES, as float64; null is unknown. Reads the warehouse; writes nothing but
    temporary tables, which it drops.
    """
    chosen = settings.features
    firsts = [business_date - timedelta(days=days - 1) for days in chosen.windows_days]
    windows = dict(zip(("day", "week", "month", "quarter"), firsts, strict=True))
    new_from = business_date - timedelta(days=chosen.new_payer_days - 1)
    create_flows(db, business_date, windows)
    try:
        standing, *others = measure_standing(
            db,
            business_date,
            windows["month"],
            chosen.age_bands_days,
            settings.ties.largest_contact_group,
        )
        others += measure_reach(db, windows, chosen.windows_days, new_from)
        others.append(measure_amounts(db, chosen.round_fen, chosen.night_from, chosen.night_to))
        others += _in_time(InTime.read(db), chosen)
        others.append(measure_shapes(db, chosen))
    finally:
        drop_flows(db)
    number = pl.col("party_no").cast(pl.Int64)
    table = standing.with_columns(number)
    for frame in others:
        table = table.join(frame.with_columns(number), on="party_no", how="left")
    return _finished(table)


def _in_time(flow: InTime, settings: Features) -> list[pl.DataFrame]:
    return [measure_passing(flow, settings), measure_sharing(flow, settings)]


def _finished(table: pl.DataFrame) -> pl.DataFrame:
    turnover = pl.col("turnover_month")
    peers = ["role", "industry"]
    among = pl.len().over(peers)
    place = (turnover.rank("average").over(peers) - 0.5) / among
    ready = table.with_columns(
        pl.when(among > 1).then(place).alias("peer_percentile"),
        pl.col(ZERO_WITHOUT).fill_null(0),
    )
    names = [feature.name for feature in FEATURES]
    # Sums of fractions depend on the order in which threads add them, far behind these digits.
    values = pl.col(names).cast(pl.Float64).fill_nan(None).round_sig_figs(DIGITS)
    return ready.select("party_no", "party_id", "role", "age_band", values).sort("party_no")
