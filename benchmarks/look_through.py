"""The look-through of a night, measured: planted self-financing to the fen, and a large province.

    python -m benchmarks.look_through seeds 101 102 [--scale small]
    python -m benchmarks.look_through large HOME [--copies 100] [--with-institutions 5]

`seeds` simulates provinces and runs the self-financing detector on their last night: of each
planted scheme the fen that reached the closure against what the truth says was sent there, by the
convention that the simulator books (each sum is the proceeds of the loan it was drawn from), and
the share of its transfers that the finding cites.

`large` makes a warehouse of many copies of a home's warehouse, whose people and firms trade across
the copies; institutions with their loans stand in the first copies. It measures the whole
look-through on it (reading, three conventions, adding up, writing) in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.copies import enlarge
from data.home import Home
from data.settings import load_settings
from data.store import Database
from detectors import self_financing
from detectors.context import Context
from detectors.finding import Finding
from pipelines import intake, warehouse
from pipelines.look_through import institutions_look_through
from pipelines.look_through_file import write_look_through
from simulator import write_province


def main() -> None:
    """Measure what the arguments ask for, a line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ways = parser.add_subparsers(dest="way", required=True)
    seeds = ways.add_parser("seeds")
    seeds.add_argument("seeds", nargs="+", type=int)
    seeds.add_argument("--scale", default="small", choices=["small", "medium", "large"])
    large = ways.add_parser("large")
    large.add_argument("home", type=Path)
    large.add_argument("--copies", type=int, default=100)
    large.add_argument("--with-institutions", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.way == "seeds":
        for seed in chosen.seeds:
            for facts in planted(seed, chosen.scale):
                print(json.dumps({"seed": seed, **facts}, ensure_ascii=False), flush=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        enlarge(Home(chosen.home).warehouse, path, chosen.copies, chosen.with_institutions)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(json.dumps(pool.apply(whole, (path, Path(folder) / "tables"))), flush=True)


def planted(seed: int, scale: str) -> list[dict[str, object]]:
    """Every planted self-financing scheme of a province: truth, what was found, and evidence."""
    with tempfile.TemporaryDirectory() as folder:
        province, home = Path(folder) / "province", Home(Path(folder) / "home").create()
        write_province(province, seed=seed, scale=scale, days=None)
        for package in sorted((province / "packages").iterdir()):
            intake.submit(package, home)
        settings = load_settings(None)
        intake.receive(home, settings)
        truth = json.loads((province / "truth.json").read_text("utf-8"))
        last = date.fromisoformat(truth["last_date"])
        warehouse.load(home, settings, last)
        with Database.open(home.warehouse) as db:
            said = list(self_financing.detect(Context(db, settings, last)))
    findings = {each.institution_id: each for each in said if isinstance(each, Finding)}
    facts: list[dict[str, object]] = []
    for scheme in truth["schemes"]:
        if "closure_fen" not in scheme:
            continue
        found = findings.get(scheme["institution_id"])
        own = set(scheme["transfers"])
        cited = set() if found is None else set(found.transfers)
        sent, reached = scheme["closure_fen"], 0 if found is None else found.amount_fen
        facts.append(
            {
                "variant": scheme["variant"], "booked": scheme["booked"], "sent_fen": sent,
                "reached_fen": reached, "off": round(reached / max(sent, 1) - 1, 4),
                "evidence_recall": round(len(own & cited) / max(len(own), 1), 4),
                "evidence_precision": round(len(own & cited) / max(len(cited), 1), 4),
            }
        )  # fmt: skip
    return facts


def whole(path: Path, folder: Path) -> dict[str, object]:
    """The whole look-through of one warehouse: seconds, CPU seconds and peak memory."""
    settings = load_settings(None)
    begun, worked = time.perf_counter(), time.process_time()
    load = settings.load
    with Database.open(path, memory_limit=load.memory_limit, threads=load.threads) as db:
        [(transfers, last)] = db.rows("size", "select count(*), max(business_date) from transfer")
        tables = institutions_look_through(Context(db, settings, last))
    write_look_through(folder, tables)
    return {
        "transfers": transfers,
        "institutions": tables["institution"].height,
        "seconds": round(time.perf_counter() - begun, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


if __name__ == "__main__":
    main()
