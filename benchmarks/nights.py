"""How a night's cost grows: simulator's speed, stages, and the ratio to DuckDB's plain aggregation.

    python -m benchmarks.nights small medium [large] [--seed N]

Each scale runs in a process of its own, so that peak memory is its own. The reference, measured in
the same run, is what DuckDB alone needs to read the same lake's entries and aggregate them by payer
and payee. Exponents say how seconds grow with transfers from one scale to the next.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter

from data.home import Home
from data.settings import load_settings
from data.store import Database
from evaluation.province import judge_night
from pipelines import intake
from simulator import write_province

REFERENCE = """
select bank_no, account_no, counterparty_bank_no, counterparty_account_no, direction,
  count(*) as transfers, sum(amount_fen) as amount_fen
from read_parquet(?)
group by all
"""


def main() -> None:
    """Measure each scale in its own process, and print a line each and the exponents."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scales", nargs="+", choices=["small", "medium", "large"])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--alone", action="store_true", help="measure here and print JSON")
    chosen = parser.parse_args()
    if chosen.alone:
        print(json.dumps(measure(chosen.scales[0], chosen.seed)))
        return
    before: dict[str, float] | None = None
    for scale in chosen.scales:
        command = [sys.executable, "-m", "benchmarks.nights", scale, "--alone"]
        said = subprocess.run(
            [*command, "--seed", str(chosen.seed)], check=True, capture_output=True, text=True
        )
        facts = json.loads(said.stdout.splitlines()[-1])
        print(f"{scale}: {json.dumps(facts)}", flush=True)
        if before is not None:
            growth = math.log(facts["night_seconds"] / before["night_seconds"])
            size = math.log(facts["transfers"] / before["transfers"])
            print(f"exponent to {scale}: {growth / size:.2f}", flush=True)
        before = facts


def measure(scale: str, seed: int) -> dict[str, object]:
    """Simulate, receive and run one night; returns seconds, memory and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        province, home = Path(folder) / "province", Home(Path(folder) / "home").create()
        begun = perf_counter()
        write_province(province, seed=seed, scale=scale, days=None)
        simulated = perf_counter() - begun
        truth = json.loads((province / "truth.json").read_text("utf-8"))
        begun = perf_counter()
        for package in sorted((province / "packages").iterdir()):
            intake.submit(package, home)
        intake.receive(home, load_settings(None))
        received = perf_counter() - begun
        begun = perf_counter()
        run, _ = judge_night(home, date.fromisoformat(truth["last_date"]))
        seconds = perf_counter() - begun
        reference = min(_reference(home) for _ in range(3))
        with Database.open(home.warehouse, read_only=True) as db:
            transfers = db.rows("transfers", "select count(*) from transfer")[0][0]
    return {
        "transfers": transfers,
        "simulate_seconds": round(simulated, 2),
        "simulated_per_second": round(transfers / simulated),
        "receive_seconds": round(received, 2),
        "night_seconds": round(seconds, 2),
        "stages": run.stages,
        "reference_seconds": round(reference, 3),
        "night_per_reference": round(seconds / reference, 1),
    }


def _reference(home: Home) -> float:
    files = [str(path) for path in sorted(home.lake.glob("entry/date=*/*.parquet"))]
    with Database.open(None) as db:
        begun = perf_counter()
        db.execute("reference", f"create table pair as {REFERENCE}", [files])
        return perf_counter() - begun


if __name__ == "__main__":
    main()
