"""The money around a suspect as the published file holds it: flows, days, look-through, names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from graph.tracing import CONVENTIONS, Convention
from pipelines.institution_facts import read_facts
from pipelines.institution_text import SOURCE_WORDS, USE_WORDS
from review.drawing.sankey import Share
from review.results import Result

Facts = dict[str, Any]
INSTITUTIONS = """
select institution_id, name from institution
where party_id = ? or institution_id in (select unnest(?)) order by institution_id
"""
UNKNOWN = "?"
# Payers and payees that the diagram of direct flows tells apart.
SHOWN_SHARES = 7
# Institutions whose shares are kept.
INSTITUTIONS_KEPT = 512


def names(result: Result, parties: Iterable[str]) -> dict[str, Facts]:
    """Names, kinds and divisions of parties, those that are known."""
    known = result.surroundings["party_name"]
    return {party: known.rows(party)[0] for party in sorted(set(parties)) if party in known}


def days(result: Result, party: str) -> list[tuple[date, int, int]]:
    """What a suspect received and paid, by day, in fen."""
    rows = result.surroundings["party_day"].rows(party)
    return [(row["day"], row["in_fen"], row["out_fen"]) for row in rows]


def window(facts: Facts) -> tuple[date, date] | None:
    """The first and the last day of a suspect's findings."""
    spans = [(f["first_at"], f["last_at"]) for f in facts["findings"]]
    if not spans:
        return None
    first = min(datetime.fromisoformat(start) for start, _ in spans)
    last = max(datetime.fromisoformat(end) for _, end in spans)
    return first.date(), last.date()


def around(result: Result, party: str, edges: int) -> Facts:
    """The graph of a suspect's direct flows, as a page's script draws it.

    Nodes are parties, or accounts of nobody known; an edge is what one paid another, with its
    transfers and fen by week. At most `edges` edges, the largest; what is left out, here or when
    the file was written, is added up under each direction in `more`.
    """
    by_edge: dict[tuple[str, str], list[tuple[str, int, int]]] = defaultdict(list)
    for row in result.surroundings["flow"].rows(party):
        ends = (row["other"], party) if row["direction"] == "in" else (party, row["other"])
        week = row["week"].isoformat()
        by_edge[ends].append((week, row["transfers"], row["amount_fen"]))
    more = {"in": [0, 0, 0], "out": [0, 0, 0]}
    for row in result.surroundings["flow_rest"].rows(party):
        more[row["direction"]] = [row["others"], row["transfers"], row["amount_fen"]]
    order = sorted(by_edge, key=lambda ends: (-sum(w[2] for w in by_edge[ends]), ends))
    for ends in order[edges:]:
        direction = "in" if ends[1] == party else "out"
        weeks = by_edge[ends]
        for place, add in enumerate((1, sum(w[1] for w in weeks), sum(w[2] for w in weeks))):
            more[direction][place] += add
    shown = order[:edges]
    parties = {party, *(end for ends in shown for end in ends)}
    return {
        "centre": party,
        "nodes": _nodes(result, parties),
        "edges": [{"from": start, "to": end, "weeks": by_edge[start, end]} for start, end in shown],
        "more": {
            way: {"others": others, "transfers": transfers, "amount_fen": fen}
            for way, (others, transfers, fen) in more.items()
            if others
        },
    }


def of_finding(facts: Facts, finding: Facts, result: Result, edges: int) -> Facts:
    """The graph of a finding's evidence between parties, in the shape of `around`."""
    by_edge: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(dict)
    for row in finding["evidence"]:
        if row["amount_fen"] is None:
            continue
        ends = ends_of(row)
        at = datetime.fromisoformat(row["booked_at"]).date()
        monday = date.fromordinal(at.toordinal() - at.weekday()).isoformat()
        week = by_edge[ends].setdefault(monday, [0, 0])
        week[0] += 1
        week[1] += row["amount_fen"]
    order = sorted(by_edge, key=lambda e: (-sum(w[1] for w in by_edge[e].values()), e))
    shown, rest = order[:edges], order[edges:]
    parties = {facts["party_id"], *(end for ends in shown for end in ends)}
    roles = {a["party_id"]: a["role"] for a in finding["accomplices"]}
    roles[finding["party_id"]] = "subject"
    left = [(len(by_edge[e]), *map(sum, zip(*by_edge[e].values(), strict=True))) for e in rest]
    return {
        "centre": facts["party_id"],
        "nodes": _nodes(result, parties, roles),
        "edges": [
            {"from": start, "to": end,
             "weeks": [(w, *sums) for w, sums in sorted(by_edge[start, end].items())]}
            for start, end in shown
        ],
        "more": {
            "all": {"others": len(rest), "transfers": sum(row[1] for row in left),
                    "amount_fen": sum(row[2] for row in left)}
        } if rest else {},
    }  # fmt: skip


def ends_of(row: Facts) -> tuple[str, str]:
    """Who paid whom by a transfer of the evidence: parties, or accounts whose holder is unknown."""
    payer, payee = (
        row[f"{side}_party_id"]
        or ":".join(row[f"{side}_{part}"] or UNKNOWN for part in ("bank_no", "account_no"))
        for side in ("payer", "payee")
    )
    return payer, payee


def look_through(
    result: Result, facts: Facts, zh: bool
) -> list[tuple[str, dict[Convention, tuple[list[Share], list[Share]]]]]:
    """The clients' money of the institutions that a suspect is, or that its findings name.

    For each its name, and under each convention its sources and its uses with bounds.
    """
    named = sorted(
        {
            f["institution_id"]
            for f in facts["findings"]
            if f["institution_id"] and not f["withheld"]
        }
    )
    rows = result.frame("institutions of suspect", INSTITUTIONS, [facts["party_id"], named])
    return [
        (row["name"] or row["institution_id"], shares_of(result.path, row["institution_id"], zh))
        for row in rows
    ]


@lru_cache(INSTITUTIONS_KEPT)
def shares_of(
    path: Path, institution: str, zh: bool
) -> dict[Convention, tuple[list[Share], list[Share]]]:
    """Sources and uses of an institution's clients' money under each convention.

    A published file never changes, so that the last answers are kept, which nobody may change.
    """
    by_convention = {}
    for convention in CONVENTIONS:
        held = read_facts(path, convention, institution)[0]
        sources: dict[str, int] = defaultdict(int)
        for source in held["sources"]:
            sources[source["kind"]] += source["amount_fen"]
        by_convention[convention] = (
            [Share(_word(SOURCE_WORDS, kind, zh), fen) for kind, fen in _largest(sources)],
            [
                Share(_word(USE_WORDS, kind, zh), use["amount_fen"], use["least_fen"],
                      use["most_fen"])
                for kind, use in held["by_kind"].items()
                if use["amount_fen"] or use["most_fen"]
            ],
        )  # fmt: skip
    return by_convention


def direct_shares(graph: Facts, zh: bool) -> tuple[list[Share], list[Share]]:
    """The largest payers and payees of a suspect as sources and uses, with all others added up."""
    sides: dict[str, dict[str, int]] = {"in": defaultdict(int), "out": defaultdict(int)}
    for edge in graph["edges"]:
        way = "in" if edge["to"] == graph["centre"] else "out"
        sides[way][edge["from"] if way == "in" else edge["to"]] += sum(w[2] for w in edge["weeks"])
    known = {node["id"]: node["name"] for node in graph["nodes"]}
    shares = {}
    for way, by_party in sides.items():
        largest = _largest(by_party)
        rest = sum(fen for _, fen in largest[SHOWN_SHARES:])
        rest += graph["more"].get(way, {}).get("amount_fen", 0)
        shares[way] = [Share(known.get(p) or p, fen) for p, fen in largest[:SHOWN_SHARES]]
        if rest:
            shares[way].append(Share("其他" if zh else "others", rest))
    return shares["in"], shares["out"]


def _largest(fen: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(fen.items(), key=lambda each: (-each[1], each[0]))


def _word(known: Mapping[str, tuple[str, str]], kind: str, zh: bool) -> str:
    return known.get(kind, (kind, kind))[not zh]


def _nodes(
    result: Result, parties: Iterable[str], roles: Mapping[str, str] | None = None
) -> list[Facts]:
    known = names(result, parties)
    return [
        {
            "id": party,
            "name": (known[party]["name"] if party in known else None) or party,
            "kind": known[party]["kind"] if party in known else "account",
            "suspect": result.by_party.get(party, {}).get("label") == "finding",
            "role": (roles or {}).get(party),
        }
        for party in sorted(parties)
    ]
