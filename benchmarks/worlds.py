"""What the main job finds in labelled provinces: recall, precision, look-alikes and evidence.

    python -m benchmarks.worlds 101 102 103 [--scale small] [--days N]

For each seed a province is simulated, submitted, and its last night run in a folder of its own.
Definitions, all over the whole ranking of that night, of which nothing is cut off:

The **guilty** are all parties of all schemes, in whatever role; K is their number. The **subjects**
of a scheme are its institution's party and its organisers.

Per typology:
- `recall`: the share of its schemes of which a subject stands in the first 2K places and is the
  subject of a finding of that typology. To be named in a finding about another does not count.
- `evidence_precision`, `evidence_recall`: each scheme's own transfers against those that findings
  of that typology about its subjects cite, added up over the schemes: transfers of both, per cited
  and per own. A scheme that was missed counts with all its transfers as not cited.
- `false`: findings of that typology whose subject is not guilty of anything.

Per province:
- `precision_at_k`: the share of the first K places that guilty parties hold.
- `recall_at_2k`: the share of the guilty that stand in the first 2K places.
- `lookalikes_at_k`: the share of the first K places that innocent look-alikes hold.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from data.home import Home
from data.settings import load_settings
from data.store import Database
from pipelines import intake, night
from pipelines.publish import find_run
from simulator import write_province

Truth = Mapping[str, Any]

RANKING = "select party_id from party_score order by rank"
CITED = """
select f.finding_id, f.typology, f.party_id, e.transfer
from finding f join evidence e on e.finding_id = f.finding_id
order by 1, 4
"""


@dataclass(frozen=True)
class Cited:
    """A finding: its typology, the party it is about, and the transfers it cites."""

    typology: str
    party_id: str
    transfers: frozenset[str]


@dataclass(frozen=True)
class Result:
    """What a night published: every ranked party, worst first, and all findings."""

    ranking: Sequence[str]
    findings: Sequence[Cited]


def main() -> None:
    """Measure each seed, and print a line a typology and one a province."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("--scale", default="small", choices=["small", "medium", "large"])
    parser.add_argument("--days", type=int)
    parser.add_argument("--keep", type=Path, help="folder to work in, and to leave as it is")
    chosen = parser.parse_args()
    for seed in chosen.seeds:
        with tempfile.TemporaryDirectory() as folder:
            place = (chosen.keep or Path(folder)) / f"{chosen.scale}-{seed}"
            truth, result = run_world(place, seed, chosen.scale, chosen.days)
        for name, facts in typology_measures(truth, result).items():
            print(f"seed {seed} {name}: {_line(facts)}", flush=True)
        print(f"seed {seed}: {_line(ranking_measures(truth, result))}", flush=True)


def run_world(place: Path, seed: int, scale: str, days: int | None) -> tuple[Truth, Result]:
    """Simulate, submit and run the last night; returns the truth and what was published."""
    province, home = place / "province", Home(place / "home").create()
    if not (province / "truth.json").exists():
        write_province(province, seed=seed, scale=scale, days=days)
    truth = json.loads((province / "truth.json").read_text("utf-8"))
    for package in sorted((province / "packages").iterdir()):
        intake.submit(package, home)
    intake.receive(home, load_settings(None))
    run_night(home, date.fromisoformat(truth["last_date"]))
    return truth, read_result(home)


def run_night(home: Home, business_date: date) -> night.Recording:
    """Run one night as the flow does, without Prefect; returns what its stages took."""
    place = str(home.path)
    with night.recorded(place, None, business_date) as run:
        if run.published is None:
            with run.stage("load"):
                night.load_warehouse(place, None, run.key)
            with run.stage("features"):
                features = night.measure_features(place, None, run.key)
            with run.stage("look_through"):
                looked = night.look_through(place, None, run.key)
            with run.stage("detect"):
                findings = night.detect_typologies(place, None, run.key)
            with run.stage("publish"):
                run.published = night.publish_suspects(
                    place, None, run.key, features, findings, looked
                )
    return run


def read_result(home: Home) -> Result:
    """Read the whole ranking and all findings of the newest run."""
    with Database.open(find_run(home), read_only=True) as db:
        ranking = [party for (party,) in db.rows("ranking", RANKING)]
        held: dict[tuple[int, str, str], set[str]] = {}
        for number, typology, party, transfer in db.rows("cited", CITED):
            held.setdefault((number, typology, party), set()).add(transfer)
    cited = [Cited(name, party, frozenset(refs)) for (_, name, party), refs in held.items()]
    return Result(ranking, cited)


def typology_measures(truth: Truth, result: Result) -> dict[str, dict[str, Any]]:
    """Recall, evidence and false findings, per typology of the truth's schemes."""
    guilty = guilty_parties(truth)
    first = set(result.ranking[: 2 * len(guilty)])
    measured = {}
    for typology in sorted({scheme["typology"] for scheme in truth["schemes"]}):
        schemes = [s for s in truth["schemes"] if s["typology"] == typology]
        findings = [f for f in result.findings if f.typology == typology]
        missed, both, cited, own = [], 0, 0, 0
        for scheme in schemes:
            about = [f for f in findings if f.party_id in subjects(scheme)]
            if not any(f.party_id in first for f in about):
                missed.append(scheme["variant"])
            named = frozenset().union(*(f.transfers for f in about))
            both += len(named & set(scheme["transfers"]))
            cited, own = cited + len(named), own + len(scheme["transfers"])
        measured[typology] = {
            "schemes": len(schemes),
            "recall": 1 - len(missed) / len(schemes),
            "missed": missed,
            "evidence_precision": both / max(cited, 1),
            "evidence_recall": both / max(own, 1),
            "false": len({f.party_id for f in findings} - guilty),
        }
    return measured


def ranking_measures(truth: Truth, result: Result) -> dict[str, Any]:
    """Precision at K, recall at 2K, and look-alikes within the first K."""
    guilty = guilty_parties(truth)
    innocent = {each["party_id"] for each in truth["lookalikes"]} - guilty
    first, count = result.ranking[: len(guilty)], max(len(guilty), 1)
    return {
        "guilty": len(guilty),
        "precision_at_k": sum(party in guilty for party in first) / count,
        "recall_at_2k": len(guilty & set(result.ranking[: 2 * len(guilty)])) / count,
        "lookalikes_at_k": sum(party in innocent for party in first) / count,
    }


def guilty_parties(truth: Truth) -> set[str]:
    """All parties of all schemes."""
    return {party["party_id"] for scheme in truth["schemes"] for party in scheme["parties"]}


def subjects(scheme: Mapping[str, Any]) -> set[str]:
    """Whom a finding of a scheme is about: its organisers, the institution's party among them."""
    return {p["party_id"] for p in scheme["parties"] if p["role"] == "organiser"}


def _line(facts: Mapping[str, Any]) -> str:
    shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in facts.items()}
    return " ".join(f"{name}={value}" for name, value in shown.items())


if __name__ == "__main__":
    main()
