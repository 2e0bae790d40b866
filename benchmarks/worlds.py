"""What the main job finds in labelled provinces: recall, precision, look-alikes and evidence.

    python -m benchmarks.worlds 101 102 103 [--scale small] [--days N]

For each seed a province is simulated, submitted, and its last night run in a folder of its own.
Then, per typology: `recall` is the share of schemes whose institution or organiser is the subject
of a finding of that typology; `evidence_precision` and `evidence_recall` compare the transfers that
findings cite, on parties of schemes of that typology, with the schemes' own. Per province, with K
the number of guilty parties: `precision_at_k` is the share of them in the first K places, and
`lookalikes_at_k` the share of the first K places that innocent look-alikes take.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from data.home import Home
from data.settings import load_settings
from pipelines import intake, night, report
from simulator import write_province

Truth = Mapping[str, Any]


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
            truth, suspects = run_world(place, seed, chosen.scale, chosen.days)
        for name, facts in typology_measures(truth, suspects).items():
            print(f"seed {seed} {name}: {_line(facts)}", flush=True)
        print(f"seed {seed}: {_line(ranking_measures(truth, suspects))}", flush=True)


def run_world(
    place: Path, seed: int, scale: str, days: int | None
) -> tuple[Truth, list[dict[str, Any]]]:
    """Simulate, submit and run the last night; returns the truth and all suspects."""
    province, home = place / "province", Home(place / "home").create()
    if not (province / "truth.json").exists():
        write_province(province, seed=seed, scale=scale, days=days)
    truth = json.loads((province / "truth.json").read_text("utf-8"))
    for package in sorted((province / "packages").iterdir()):
        intake.submit(package, home)
    intake.receive(home, load_settings(None))
    run_night(home, date.fromisoformat(truth["last_date"]))
    return truth, json.loads(report.render_suspects(home, None, 10**9, "json", "en"))


def run_night(home: Home, business_date: date) -> night.Recording:
    """Run one night as the flow does, without Prefect; returns what its stages took."""
    place = str(home.path)
    with night.recorded(place, None, business_date) as run:
        if run.published is None:
            with run.stage("load"):
                night.load_warehouse(place, None, run.key)
            with run.stage("features"):
                features = night.measure_features(place, None, run.key)
            with run.stage("detect"):
                findings = night.detect_typologies(place, None, run.key)
            with run.stage("publish"):
                run.published = night.publish_suspects(place, None, run.key, features, findings)
    return run


def typology_measures(truth: Truth, suspects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Recall, and precision and recall of the evidence, per typology."""
    subjects: dict[str, set[str]] = defaultdict(set)
    cited: dict[tuple[str, str], set[str]] = defaultdict(set)
    for suspect in suspects:
        for finding in suspect["findings"]:
            subjects[finding["typology"]].add(suspect["party_id"])
            subjects[finding["typology"]].add(finding["institution_id"])
            cited[finding["typology"], suspect["party_id"]].update(finding["transfers"])
    measured = {}
    for typology in sorted({scheme["typology"] for scheme in truth["schemes"]}):
        schemes = [s for s in truth["schemes"] if s["typology"] == typology]
        missed = [s for s in schemes if not subjects[typology] & main_parties(s)]
        own = {ref for scheme in schemes for ref in scheme["transfers"]}
        guilty = {party["party_id"] for s in schemes for party in s["parties"]}
        named = set().union(*(cited[typology, party] for party in guilty))
        both = len(named & own)
        measured[typology] = {
            "schemes": len(schemes),
            "recall": 1 - len(missed) / len(schemes),
            "missed": [scheme["variant"] for scheme in missed],
            "evidence_precision": both / max(len(named), 1),
            "evidence_recall": both / max(len(own), 1),
        }
    return measured


def main_parties(scheme: Mapping[str, Any]) -> set[str]:
    """The institution and the organisers of a scheme."""
    organisers = {p["party_id"] for p in scheme["parties"] if p["role"] == "organiser"}
    return organisers | {scheme["institution_id"]} - {None}


def ranking_measures(truth: Truth, suspects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Precision at K over guilty parties, organisers alone, and look-alikes within the first K."""
    guilty = {party["party_id"] for s in truth["schemes"] for party in s["parties"]}
    organisers = set().union(*(main_parties(scheme) for scheme in truth["schemes"]))
    innocent = {each["party_id"] for each in truth["lookalikes"]}
    innocent |= {each["institution_id"] for each in truth["lookalikes"]} - {None}
    ranked = [suspect["party_id"] for suspect in suspects]
    top = ranked[: len(guilty)]
    hits = [party for party in ranked[: len(organisers)] if party in guilty]
    return {
        "guilty": len(guilty),
        "precision_at_k": sum(party in guilty for party in top) / max(len(guilty), 1),
        "organisers": len(organisers),
        "precision_at_organisers": len(hits) / max(len(organisers), 1),
        "lookalikes_at_k": sum(p in innocent - guilty for p in top) / max(len(top), 1),
        "with_finding": sum(bool(suspect["findings"]) for suspect in suspects),
    }


def _line(facts: Mapping[str, Any]) -> str:
    shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in facts.items()}
    return " ".join(f"{name}={value}" for name, value in shown.items())


if __name__ == "__main__":
    main()
