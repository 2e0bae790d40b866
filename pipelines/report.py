"""Reads a published file for people and programs: ranked suspects, and one suspect in full."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal

import polars as pl

from data.errors import InputError, NotFoundError
from data.home import Home
from data.store import Answers, Database
from pipelines.inert import inert_texts
from pipelines.own_part import own_part
from pipelines.publish import find_run
from pipelines.report_text import suspect_text
from pipelines.suspects_table import suspects_table

Language = Literal["zh", "en"]
Facts = dict[str, Any]

PROGRAM = "lookthrough"

SUSPECTS = "select * from suspect where rank <= ? order by rank"
ONE_SUSPECT = "select * from suspect where party_id = ?"
FINDINGS = """
select c.rank, c.role, c.party_id as charged, s.name as subject_name, f.*
from charge c
join finding f on f.finding_id = c.finding_id
left join suspect s on s.party_id = f.party_id
where c.rank between ? and ?
order by c.rank, c.position
"""
# Rows that belong to the findings of some ranks, in the order of their finding.
OF_FINDINGS = """
select d.*
from "{table}" d
where d.finding_id in (select finding_id from charge where rank between ? and ?)
order by d.finding_id, d.position
"""
REASONS = """
select feature, zh, en, unit, value, percentile, contribution
from forest_reason
where rank = ?
order by position
"""
HAS_CONSEQUENCES = "select 1 from content where table_name = 'consequence'"
CONSEQUENCES = """
select rank, grounds_zh, grounds_en, city, county, base_fen, penalty_fen, reward_fen
from consequence
where rank between ? and ?
order by rank
"""
TIPS = """
select rank, tip_id, named_by, received_at, typology, amount_fen, subject_text
from tip
where rank between ? and ?
order by rank, received_at, tip_id
"""
GAPS = """
select typology, party_id, institution_id, missing, text_zh, text_en
from cannot_conclude
where (party_id is null and institution_id is null)
  or party_id = ? or institution_id = ? or institution_id in (
    select f.institution_id from charge c join finding f on f.finding_id = c.finding_id
    where c.party_id = ?
)
order by position
"""
ALL_GAPS = """
select typology, party_id, institution_id, missing, text_zh, text_en
from cannot_conclude
order by position
"""
RUN = "select run, run_key, business_date, seed, model from run"
RANKING = "select rank, party_id, score, forest_score, stratum from party_score order by rank"


def render_suspects(
    home: Home,
    run: str | None,
    top: int,
    format: str,
    language: Language,
    program: str = PROGRAM,
) -> bytes:
    """Show the `top` suspects of a run, best first, as table, json, csv or parquet.

    In csv texts that a spreadsheet would take for formulas get an apostrophe before them.
    `program` is how the commands begin that are shown as the next ones.

    Raises:
        NotFoundError: there is no such run.
        InputError: an unknown format.
    """
    with Database.open(find_run(home, run), read_only=True) as db:
        if format == "json":
            return (json.dumps(suspects(db, top), ensure_ascii=False, indent=1) + "\n").encode()
        if format == "table":
            listed = [suspect(db, row["party_id"]) for row in suspects(db, top)]
            gaps = [_gap(g) for g in db.frame("gaps", ALL_GAPS).to_dicts()]
            command = partial(_command, program, run)
            return suspects_table(_run(db), listed, gaps, language, command).encode()
        frame = db.frame("suspects", SUSPECTS, [top])
    if format == "csv":
        return inert_texts(frame).write_csv().encode()
    if format == "parquet":
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        return buffer.getvalue()
    raise InputError(f"--format {format!r}: use table, json, csv or parquet")


def render_suspect(
    home: Home,
    run: str | None,
    party: str,
    format: str,
    language: Language,
    program: str = PROGRAM,
) -> str:
    """Show one suspect of a run in full, as text or json.

    Raises:
        NotFoundError: there is no such run, or the party is no suspect in it.
        InputError: an unknown format.
    """
    with Database.open(find_run(home, run), read_only=True) as db:
        facts = suspect(db, party)
    if format == "json":
        return json.dumps(facts, ensure_ascii=False, indent=1)
    if format == "text":
        return suspect_text(facts, language, partial(_command, program, run))
    raise InputError(f"--format {format!r}: use text or json")


def _command(program: str, run: str | None, party: str) -> str:
    return f"{program} suspect {party}" + (f" --run {run}" if run is not None else "")


def ranking(home: Home, run: str | None = None) -> pl.DataFrame:
    """Every ranked party, worst first: rank, party_id, score, forest_score, stratum."""
    with Database.open(find_run(home, run), read_only=True) as db:
        return db.frame("ranking", RANKING)


def suspects(db: Database, top: int) -> list[Facts]:
    """The first `top` suspects of a published file, best first, in the shape that is stable."""
    rows = db.frame("suspects", SUSPECTS, [top]).to_dicts()
    findings = _findings(db, 1, top)
    drawn = _consequences(db, 1, top)
    return [
        _suspect(row, [_stable(f) for f in findings[row["rank"]]], drawn.get(row["rank"]))
        for row in rows
    ]


def suspect(db: Answers, party: str) -> Facts:
    """One suspect of a published file: the stable shape, and everything that explains it.

    Raises:
        NotFoundError: the party is no suspect in this file.
    """
    rows = db.frame("suspect", ONE_SUSPECT, [party]).to_dicts()
    run = _run(db)
    if not rows:
        raise NotFoundError(
            f"party {party!r} is no suspect of run {run['run']}; `lookthrough suspects` lists them"
        )
    row = rows[0]
    found: Sequence[Facts] = ()
    consequences = None
    if row["findings"]:
        found = _findings(db, row["rank"], row["rank"])[row["rank"]]
        consequences = _consequences(db, row["rank"], row["rank"]).get(row["rank"])
    full = [
        {**_stable(f), **{name: f[name] for name in EXPLAINED}, "evidence": f["evidence"]}
        for f in found
    ]
    return {
        **_suspect(row, full, consequences),
        "run": run,
        "stratum": row["stratum"],
        "money_at_stake_fen": max((_at_stake(finding) for finding in full), default=None),
        "forest_reasons": db.frame("reasons", REASONS, [row["rank"]]).to_dicts(),
        "cannot_conclude": [_gap(g) for g in db.frame("gaps", GAPS, [party] * 3).to_dicts()],
    }


EXPLAINED = (
    "code",
    "party_id",
    "subject_name",
    "lead_office",
    "not_established",
    "lookalikes",
    "accomplices",
)


def _findings(db: Answers, first: int, last: int) -> Mapping[int, list[Facts]]:
    """The findings of ranks first to last, by rank, each with its measures, evidence and tests."""
    parts: dict[str, dict[int, list[Facts]]] = {}
    for table in ("measure", "evidence", "lookalike", "accomplice"):
        parts[table] = defaultdict(list)
        frame = _times_said(db.frame(table, OF_FINDINGS.format(table=table), [first, last]))
        rows = frame.drop("finding_id", "position").to_dicts()
        for number, row in zip(frame["finding_id"], rows, strict=True):
            parts[table][number].append(row)
    found: dict[int, list[Facts]] = defaultdict(list)
    for row in db.frame("findings", FINDINGS, [first, last]).to_dicts():
        number = row["finding_id"]
        found[row["rank"]].append(
            {
                **row,
                "evidence": parts["evidence"][number],
                "own_part": _own_part(row, parts["evidence"][number]),
                "measures": {
                    m["name"]: {"value": m["value"], "threshold": m["threshold"], "unit": m["unit"]}
                    for m in parts["measure"][number]
                },
                "lookalikes": [
                    {"name": t["name"], "passed": t["passed"], "zh": t["zh"], "en": t["en"]}
                    for t in parts["lookalike"][number]
                ],
                "accomplices": [
                    {"party_id": a["party_id"], "role": a["role"]}
                    for a in parts["accomplice"][number]
                ],
                "not_established": {
                    "zh": row["not_established_zh"],
                    "en": row["not_established_en"],
                },
            }
        )
    return found


def _own_part(row: Facts, evidence: Sequence[Facts]) -> Facts | None:
    """What passed a party that a finding names beside its subject; None for the subject."""
    if row["role"] == "subject":
        return None
    party = row["charged"]
    sides = [(e["payer_party_id"], e["payee_party_id"], e["amount_fen"]) for e in evidence]
    received, paid = own_part(party, sides)
    return {
        "received_fen": received,
        "paid_fen": paid,
        "transfers": [
            e["transfer"] for e, side in zip(evidence, sides, strict=True) if party in side[:2]
        ],
    }


def _at_stake(finding: Facts) -> int:
    own = finding["own_part"]
    whole: int = finding["amount_fen"]
    return whole if own is None else max(own["received_fen"], own["paid_fen"])


def _consequences(db: Answers, first: int, last: int) -> dict[int, Facts]:
    """What follows for the suspects of ranks first to last that have findings, by rank."""
    if not db.rows("content", HAS_CONSEQUENCES):
        return {}  # a file that an earlier release published
    tips: dict[int, list[Facts]] = defaultdict(list)
    for tip in db.frame("tips", TIPS, [first, last]).to_dicts():
        tips[tip.pop("rank")].append({**tip, "received_at": _moment(tip["received_at"])})
    drawn = {}
    for row in db.frame("consequences", CONSEQUENCES, [first, last]).to_dicts():
        grounds = {"zh": row.pop("grounds_zh"), "en": row.pop("grounds_en")}
        rank = row.pop("rank")
        drawn[rank] = {**row, "grounds": None if grounds["zh"] is None else grounds}
        drawn[rank]["tips"] = tips[rank]
    return drawn


def _suspect(row: Facts, findings: Sequence[Facts], consequences: Facts | None) -> Facts:
    return {
        "rank": row["rank"],
        "party_id": row["party_id"],
        "name": row["name"],
        "kind": row["kind"],
        "division": row["division"],
        "score": row["score"],
        "forest_score": row["forest_score"],
        "findings": list(findings),
        "lead_office": row["lead_office"],
        "proposed_disposal": row["proposed_disposal"],
        "label": row["label"],
        "role": _role(findings),
        "consequences": consequences,
    }


def _role(findings: Sequence[Facts]) -> str | None:
    """The role of a party over all its findings: the subject of one, else that of the strongest."""
    roles = [finding["role"] for finding in findings]
    return "subject" if "subject" in roles else next(iter(roles), None)


def _stable(finding: Facts) -> Facts:
    return {
        "typology": finding["typology"],
        "clause": finding["clause"],
        "institution_id": finding["institution_id"],
        "severity": finding["severity"],
        "confidence": finding["confidence"],
        "amount_fen": finding["amount_fen"],
        "first_at": _moment(finding["first_at"]),
        "last_at": _moment(finding["last_at"]),
        "transfers": [row["transfer"] for row in finding["evidence"]],
        "measures": finding["measures"],
        "text": {"zh": finding["text_zh"], "en": finding["text_en"]},
        "role": finding["role"],
        "own_part": finding["own_part"],
    }


def _times_said(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with their times as `_moment` says them; evidence may be tens of thousands."""
    return frame.with_columns(
        pl.when(pl.col(name).dt.microsecond() == 0)
        .then(pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S"))
        .otherwise(pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S%.6f"))
        .alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.Datetime
    )


def _gap(row: Facts) -> Facts:
    return {
        "typology": row["typology"],
        "party_id": row["party_id"],
        "institution_id": row["institution_id"],
        "missing": row["missing"].split(";") if row["missing"] else [],
        "text": {"zh": row["text_zh"], "en": row["text_en"]},
    }


def _run(db: Answers) -> Facts:
    run = db.frame("run", RUN).to_dicts()[0]
    return {**run, "business_date": run["business_date"].isoformat()}


def _moment(value: Any) -> Any:
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value
