"""A published run as large as a large province's, drawn from a seed: what the desk is measured on.

No night is run for it. The counts are those of nights over small provinces, taken ten times; the
transfers of a finding, the days and the counterparties of a suspect spread as widely as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from data.codes import CITIES
from data.settings import Settings
from detectors.finding import Finding, Lookalike, Measure
from pipelines.evidence_sources import COLUMNS as SOURCES
from pipelines.forest import Reason
from pipelines.outcome import Outcome
from pipelines.rank import rank
from pipelines.report_text import TITLES
from pipelines.run_key import RunKey
from pipelines.surroundings import COLUMNS, TOLD_APART

DAY = date(2016, 8, 19)
DAYS, WEEKS = 180, 5
SUBMITTER = "91320000796544598E"
FINDINGS, UNEXPLAINED, SCORED, CROWD = 440, 1_000, 100_000, 20_000
MEDIAN_TRANSFERS, MOST_TRANSFERS = 120, 5_000
MEASURES = ("payers", "payees", "paid_out_ratio", "accounts", "returned_share")


def large_province(settings: Settings, seed: int) -> Outcome:
    """Draw the outcome: 440 findings over some 1,500 parties, and 1,000 that no rule names."""
    rng = np.random.default_rng(seed)
    parties = [f"P{number:08d}" for number in range(SCORED)]
    found = _findings(rng, parties)
    scores = dict(zip(parties, rng.beta(2, 6, SCORED).tolist(), strict=True))
    ranking = tuple(rank(found, scores, settings.score))
    named = sum(bool(suspect.charges) for suspect in ranking)
    listed = ranking[: named + UNEXPLAINED]
    wanted = [suspect.party_id for suspect in listed]
    transfers = _transfers(rng, found, parties)
    path = f"entry/date={DAY}/{SUBMITTER}-00000001.parquet"
    return Outcome(
        key=RunKey("d" * 64, DAY, ((path, "00"),), "settings", "code", "model"),
        seed=seed,
        ranking=ranking,
        listed=listed,
        strata=dict.fromkeys(parties, "all"),
        forests=(("all", SCORED, 100, seed),),
        reasons={p: [Reason(m, 0.4, 60.0, 0.99) for m in MEASURES] for p in wanted},
        cannot_conclude=(),
        parties=_names(rng, wanted),
        licences={},
        transfers=transfers,
        words={m: (f"度量 {m}", m.replace("_", " "), "share") for m in MEASURES},
        surroundings=_surroundings(rng, wanted, parties),
        sources=pl.DataFrame(
            [
                (transfer, side, f"{SUBMITTER}-20160819-00000001", "entry.csv", line)
                for line, transfer in enumerate(transfers["transfer"], start=2)
                for side in ("payer_entry", "payee_entry")
            ],
            schema=dict(SOURCES),
            orient="row",
        ),
    )


def _findings(rng: np.random.Generator, parties: list[str]) -> list[Finding]:
    sizes = np.clip(rng.lognormal(np.log(MEDIAN_TRANSFERS), 1.2, FINDINGS), 2, MOST_TRANSFERS)
    found = []
    for number, size in enumerate(sizes.astype(int)):
        typology = sorted(TITLES)[int(rng.integers(len(TITLES)))]
        others = rng.choice(np.arange(FINDINGS, FINDINGS * 4), int(rng.integers(1, 7)), False)
        found.append(
            Finding(
                typology=typology, code="P1", clause="二(一)1", party_id=parties[number],
                institution_id=None, severity=int(rng.integers(2, 6)),
                confidence=float(rng.uniform(0.5, 0.97)),
                amount_fen=int(rng.integers(1_000_00, 50_000_000_00)),
                first_at=datetime(2016, 7, 20, 9), last_at=datetime(2016, 8, 19, 16),
                transfers=tuple(f"T{number:04d}-{each:05d}" for each in range(size)),
                measures={name: Measure(0.7, 0.5, "share") for name in MEASURES},
                lookalikes=tuple(
                    Lookalike(name, passed, f"{name}：所测如此", f"{name}: this was measured")
                    for name, passed in (("rents", True), ("shop", True), ("agency", False))
                ),
                not_established=("未证实资金的最终用途", "the final use is not established"),
                text=(f"{size} 笔转账说明如此", f"{size} transfers show it"),
                lead_office="JR+YJ",
                accomplices=tuple((parties[other], "beneficiary") for other in others.tolist()),
            )
        )  # fmt: skip
    return found


def _transfers(rng: np.random.Generator, found: list[Finding], parties: list[str]) -> pl.DataFrame:
    rows = []
    for finding in found:
        crowd = rng.integers(0, CROWD, len(finding.transfers)).tolist()
        fen = rng.integers(100_00, 500_000_00, len(finding.transfers)).tolist()
        hours = rng.integers(0, 30 * 24, len(finding.transfers)).tolist()
        for place, transfer in enumerate(finding.transfers):
            other = parties[-1 - crowd[place]]
            ends = [("104", other, other), ("105", finding.party_id, finding.party_id)]
            if place % 2:
                ends.reverse()
            at = finding.first_at + timedelta(hours=hours[place])
            rows.append((transfer, at, fen[place], "book", "投资款", *ends[0], *ends[1]))
    sides = [f"{side}_{part}" for side in ("payer", "payee")
             for part in ("bank_no", "account_no", "party_id")]  # fmt: skip
    names = ["transfer", "booked_at", "amount_fen", "channel", "purpose", *sides]
    return pl.DataFrame(rows, schema=names, orient="row")


def _names(rng: np.random.Generator, parties: list[str]) -> pl.DataFrame:
    cities = sorted(CITIES)
    drawn = {
        "party_id": parties,
        "kind": ["organisation" if place % 3 else "person" for place in range(len(parties))],
        "name": [f"第{number[1:]}号信息咨询有限公司" for number in parties],
        "division": [cities[each] for each in rng.integers(0, len(cities), len(parties)).tolist()],
    }
    return pl.DataFrame(drawn)


def _surroundings(
    rng: np.random.Generator, wanted: list[str], parties: list[str]
) -> Mapping[str, pl.DataFrame]:
    monday = DAY - timedelta(days=DAY.weekday())
    flows, rest, days, ties = [], [], [], []
    met: set[str] = set(wanted)
    for party in wanted:
        others = [parties[-1 - each] for each in rng.choice(CROWD, TOLD_APART * 2, False).tolist()]
        met.update(others)
        fen = rng.integers(1_000_00, 3_000_000_00, TOLD_APART * 2 * WEEKS).tolist()
        for place, other in enumerate(others):
            way = "in" if place < TOLD_APART else "out"
            flows += [
                (party, way, other, monday - timedelta(weeks=week), 1, fen[place * WEEKS + week])
                for week in range(1 + place % WEEKS)
            ]
        rest += [(party, way, 150, 220, 90_000_000_00) for way in ("in", "out")]
        seen = np.sort(rng.choice(DAYS, int(rng.integers(5, DAYS)), False)).tolist()
        days += [
            (party, DAY - timedelta(days=DAYS - 1 - day), fen[day % len(fen)], fen[-1 - day % 99])
            for day in seen
        ]
        ties += [
            (party, 1, other, party, "shareholder", 0.1, date(2015, 1, 1), None)
            for other in others[: int(rng.poisson(6))]
        ]
    named = _names(rng, sorted(met)).select(list(COLUMNS["party_name"]))
    rows: dict[str, list[Any]] = {"flow": flows, "flow_rest": rest, "party_day": days, "tie": ties}
    return {
        **{n: pl.DataFrame(r, schema=dict(COLUMNS[n]), orient="row") for n, r in rows.items()},
        "party_name": named,
    }
