"""Example cases of the typology pages, one a typology, out of the provinces of an examination.

    python -m evaluation.cases FOLDER       takes them from the results of `lookthrough evaluate`

A case is the finding, among those whose subject takes part in a scheme of its typology, of the
highest confidence; a typology that no province shows keeps the case it had.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.home import Home
from data.store import Database
from detectors.finding import Finding
from evaluation.flow_picture import Flow
from evaluation.province import Judged, Truth
from pipelines.publish import find_run

FILE = Path(__file__).parents[1] / "docs" / "typologies" / "cases.json"
# The file of a judged province's cases.
KEPT = "cases.json"
RECORDS_SHOWN = 5
MOVED = """
select distinct e.transfer, e.payer_party_id, e.payee_party_id, e.amount_fen
from evidence e join finding f on f.finding_id = e.finding_id
where f.typology = ? and f.party_id = ? and e.amount_fen is not null
order by e.transfer
"""

Moved = tuple[str, str | None, str | None, int]


def main() -> None:
    """Keep the best case of each typology that the provinces of a folder show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    best: dict[str, Any] = {}
    for path in sorted(folder.glob(f"provinces/*/{KEPT}")):
        for typology, held in json.loads(path.read_text("utf-8")).items():
            if held["confidence"] > best.get(typology, {"confidence": 0.0})["confidence"]:
                best[typology] = held
    if not best:
        raise InputError(f"no {KEPT} under {folder}/provinces; `lookthrough evaluate` makes them")
    write_cases({**read_cases(), **best}, FILE)


def cases_of(truth: Truth, judged: Judged, home: Home, seed: int) -> dict[str, Any]:
    """The best case of each typology that a judged province shows, by typology."""
    best: dict[str, Finding] = {}
    for found in true_findings(truth, judged.findings):
        if found.confidence > (best[found.typology].confidence if found.typology in best else 0.0):
            best[found.typology] = found
    with Database.open(find_run(home), read_only=True) as db:
        return {
            typology: {
                "seed": seed,
                **case(found, db.rows("moved", MOVED, [typology, found.party_id])),
            }
            for typology, found in best.items()
        }


def write_cases(cases: Mapping[str, Any], path: Path) -> None:
    """Write cases as JSON, by typology."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dict(sorted(cases.items())), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read_cases() -> dict[str, Any]:
    """The cases kept so far, by typology."""
    if not FILE.exists():
        return {}
    held: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return held


def true_findings(truth: Truth, findings: Sequence[Finding]) -> list[Finding]:
    """The findings whose subject takes part in a scheme of their typology."""
    guilty = {
        (scheme["typology"], party["party_id"])
        for scheme in truth["schemes"]
        for party in scheme["parties"]
    }
    return [f for f in findings if (f.typology, f.party_id) in guilty]


def case(found: Finding, moved: Sequence[Moved]) -> dict[str, Any]:
    """A finding as a page tells it: texts, measures, look-alikes, and money between groups."""
    sizes, flows = grouped(found, moved)
    known = {transfer for transfer, *_ in moved}
    records = [ref for ref in found.transfers if ref not in known]
    return {
        "text": {"zh": found.text[0], "en": found.text[1]},
        "amount_fen": found.amount_fen,
        "confidence": found.confidence,
        "measures": {name: asdict(measure) for name, measure in found.measures.items()},
        "lookalikes": [asdict(test) for test in found.lookalikes],
        "not_established": {"zh": found.not_established[0], "en": found.not_established[1]},
        "transfers": len(known),
        "records": records[:RECORDS_SHOWN],
        "groups": sizes,
        "flows": [asdict(flow) for flow in flows],
    }


def grouped(found: Finding, moved: Sequence[Moved]) -> tuple[dict[str, int], list[Flow]]:
    """Sum a finding's transfers between groups of parties: by role, else by paying and being paid.

    Returns the number of parties of each group that moved money, and the flows between groups.
    """
    roles: dict[str | None, str] = {party: role for party, role in reversed(found.accomplices)}
    roles[found.party_id] = "subject"
    paying = {payer for _, payer, _, _ in moved}
    paid = {payee for _, _, payee, _ in moved}

    def group(party: str | None) -> str:
        if party in roles:
            return roles[party]
        if party in paying and party in paid and party is not None:
            return "both"
        return "payers" if party in paying and party not in paid else "payees"

    members: dict[str, set[str | None]] = {}
    sums: dict[tuple[str, str], list[int]] = {}
    for _, payer, payee, fen in moved:
        sides = (group(payer) if payer else "payers", group(payee) if payee else "payees")
        for side, party in zip(sides, (payer, payee), strict=True):
            members.setdefault(side, set()).add(party)
        sums.setdefault(sides, []).append(fen)
    sizes = {name: len(parties) for name, parties in sorted(members.items())}
    flows = [
        Flow(payer, payee, sum(amounts), len(amounts))
        for (payer, payee), amounts in sorted(sums.items())
    ]
    return sizes, flows


def flows_of(held: Mapping[str, Any]) -> list[Flow]:
    """The flows of a case that was kept."""
    return [Flow(**flow) for flow in held["flows"]]


if __name__ == "__main__":
    main()
