"""What a night's detectors cost, by detector, on a large warehouse.

    python -m benchmarks.detectors HOME [--copies 100] [--with-institutions 5]

The warehouse is made of copies of that of a home whose night was run (see benchmarks.copies); with
`--copies 0` the home's own is measured. A line of JSON for each detector, dearest first: its share
of all their time, seconds, CPU seconds, findings; then the whole with the peak memory. What several
detectors share, such as following clients' money, counts for the first that asks for it; `records`
is that reading, taken before all of them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.copies import enlarge
from data.home import Home
from data.settings import load_settings
from data.store import Database
from detectors.context import Context
from detectors.finding import Finding
from detectors.registry import DETECTORS

Cost = dict[str, float | str]


def main() -> None:
    """Measure in a process of its own, and print a line of JSON for each detector and the whole."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--copies", type=int, default=100)
    parser.add_argument("--with-institutions", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Home(chosen.home).warehouse
        if chosen.copies:
            path = Path(folder) / "warehouse.duckdb"
            enlarge(Home(chosen.home).warehouse, path, chosen.copies, chosen.with_institutions)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            for line in pool.apply(measure, (path,)):
                print(json.dumps(line, ensure_ascii=False))


def measure(path: Path) -> list[Cost]:
    """Every detector's cost on one warehouse, dearest first, and the whole."""
    settings = load_settings(None)
    load = settings.load
    costs: list[Cost] = []
    with Database.open(path, memory_limit=load.memory_limit, threads=load.threads) as db:
        [(transfers, last)] = db.rows("size", "select count(*), max(business_date) from transfer")
        context = Context(db, settings, last)
        whole: Cost = {"of": "whole", "transfers": transfers}
        with _timed(whole):
            records: Cost = {"of": "records"}
            with _timed(records):
                _ = context.owned
            costs.append(records)
            for detector in DETECTORS:
                cost: Cost = {"of": f"{detector.CODE} {detector.NAME}"}
                with _timed(cost):
                    said = context.said(detector)
                cost["findings"] = sum(isinstance(each, Finding) for each in said)
                costs.append(cost)
    for cost in costs:
        cost["share"] = round(float(cost["seconds"]) / float(whole["seconds"]), 3)
    whole["peak_gib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)
    return [*sorted(costs, key=lambda cost: -float(cost["seconds"])), whole]


@contextmanager
def _timed(cost: Cost) -> Iterator[None]:
    begun, worked = time.perf_counter(), time.process_time()
    yield
    cost["seconds"] = round(time.perf_counter() - begun, 2)
    cost["cpu_seconds"] = round(time.process_time() - worked, 2)


if __name__ == "__main__":
    main()
