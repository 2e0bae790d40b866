"""Mutated packages through the program's checks, beside the reference checker.

    python -m benchmarks.mutated [PACKAGES] [FIRST SEED]

Counts what is no receipt (tracebacks), what takes longer than ten seconds, and every difference
from ``benchmarks.reference``: packages and rows accepted or rejected wrongly, other rules, other
values. Every fifth package also goes through `submit` and `receive`. The exit code is 1 when
anything was counted; a seed that is printed makes its package again.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pyarrow.parquet as pq

from benchmarks.mutations.packages import make
from benchmarks.packages import TODAY
from benchmarks.reference.checker import TableVerdict, Verdict, judge
from benchmarks.worker_pool import Death, Hang, results
from data.home import Home
from data.settings import Settings, load_settings
from pipelines.intake import check_package, csv_blocks, parquet_reader, receive, submit
from pipelines.intake.checking import Result, check_content
from pipelines.intake.findings import Refused
from pipelines.intake.package import opened, package_name
from pipelines.intake.signing import Keyring
from pipelines.intake.table_result import TableResult

SECONDS = 10.0
NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 8)
RECEIVED_EVERY = 5
# Bytes of a package that is read in small blocks.
SMALL = 10_000
LINEAGE = ("submitter", "submitted_for", "sequence", "line")


def tried(seed: int) -> dict[str, Any]:
    """Make the package of a seed and compare both verdicts; what differs, and what was done."""
    share = 0.01 if seed % 4 == 0 else 0.6
    with TemporaryDirectory(prefix="mutated-") as folder:
        with warnings.catch_warnings(action="ignore"):
            package, done = make(seed, Path(folder) / "made")
        expected = judge(package, TODAY, share)
        begun = perf_counter()
        _set_blocks(package, seed)
        try:
            found = list(_differences(package, expected, _settings(share), Path(folder), seed))
        except BaseException:
            found = ["traceback: " + traceback.format_exc()]
        seconds = perf_counter() - begun
    return {"seed": seed, "done": done, "status": expected.status, "found": found,
            "broken": sorted(expected.broken), "seconds": seconds,
            "rows": [sum(len(rows) for t in expected.tables.values()
                         for rows in [getattr(t, kind)]) for kind in ("accepted", "rejected")],
            "received": seed % RECEIVED_EVERY == 0}  # fmt: skip


def _set_blocks(package: Path, seed: int) -> None:
    """Let a small package be read in small blocks, as a large one is in large blocks."""
    files = [package] if package.is_file() else list(package.iterdir())
    small = sum(file.stat().st_size for file in files) < SMALL and not package.is_file()
    csv_blocks.BLOCK = (1 << 24, 700, 41)[seed % 3 if small else 0]
    csv_blocks.MAX_LINES = (1_000_000, 3)[seed % 2 if small else 0]
    parquet_reader.BATCH = (1 << 16, 7)[seed % 2 if small else 0]


def _settings(share: float) -> Settings:
    settings = load_settings(None)
    intake = settings.intake.model_copy(update={"max_rejected_share": share, "examples": 20})
    return settings.model_copy(update={"intake": intake})


def _differences(
    package: Path, expected: Verdict, settings: Settings, place: Path, seed: int
) -> Iterator[str]:
    receipt = check_package(package, settings, now=NOW)
    yield from _status(receipt, expected)
    working = place / "working"
    working.mkdir()
    try:
        with opened(package, settings.intake, working) as folder:
            result = check_content(
                folder, package_name(package), settings.intake, Keyring(), None, TODAY, working
            )
    except Refused as refused:
        result = Result(package_name(package), findings=[refused.finding])
    if result.status != receipt["status"]:
        yield f"check_package says {receipt['status']}, check_content {result.status}"
    if not expected.broken:
        for table in result.tables:
            yield from _rows(table, expected.tables[table.stated.table])
    if seed % RECEIVED_EVERY == 0:
        yield from _received(package, receipt, settings, place)


def _status(receipt: dict[str, Any], expected: Verdict) -> Iterator[str]:
    status = receipt["status"]
    whole = {f["rule"][-3:] for f in receipt["findings"] if f["level"] == "package"}
    if whole and not expected.broken:
        yield f"wrong rejection of the package: {sorted(whole)}: {_first(receipt)}"
    elif expected.broken and not whole:
        yield f"wrong acceptance of the package: it breaks {sorted(expected.broken)}"
    elif whole - expected.broken:
        yield f"wrong rule: {sorted(whole)} for {sorted(expected.broken)}: {_first(receipt)}"
    if whole or expected.broken:
        return
    if status != expected.status:
        yield f"status {status}, expected {expected.status}"
    warned = {f["rule"]: f["count"] for f in receipt["findings"] if f["level"] == "warning"}
    if warned != expected.warnings:
        yield f"warnings {warned}, expected {expected.warnings}"


def _first(receipt: dict[str, Any]) -> str:
    examples = receipt["findings"][0]["examples"]
    return str(examples[0]["message"]) if examples else ""


def _rows(table: TableResult, expected: TableVerdict) -> Iterator[str]:
    name = table.stated.table
    if table.rejected_whole != expected.rejected_whole:
        yield f"{name}: rejected whole {table.rejected_whole}, expected {expected.rejected_whole}"
    rows = pq.read_table(table.rows).to_pylist() if table.passed else []
    accepted = {row["line"]: row for row in rows}
    for line in sorted(set(accepted) - set(expected.accepted))[:3]:
        yield f"{name}: wrong acceptance of line {line}: {expected.rejected.get(line)}"
    said = _rejected(table)
    for line in sorted(set(expected.accepted) - set(accepted))[:3]:
        yield f"{name}: wrong rejection of line {line}: {said.get(line)}"
    for line in sorted(set(said) ^ set(expected.rejected))[:3]:
        yield f"{name}: line {line}: rejected by {said.get(line)}, {expected.rejected.get(line)}"
    for line in sorted(set(said) & set(expected.rejected)):
        if said[line] not in expected.rejected[line]:
            yield f"{name}: line {line}: wrong rule {said[line]} of {expected.rejected[line]}"
            break
    for line in set(accepted) & set(expected.accepted):
        loaded = {k: v for k, v in accepted[line].items() if k not in LINEAGE}
        if loaded != expected.accepted[line]:
            off = {k: (v, expected.accepted[line].get(k)) for k, v in loaded.items()
                   if v != expected.accepted[line].get(k)}  # fmt: skip
            yield f"{name}: line {line} holds {str(off)[:300]}"
            break


def _rejected(table: TableResult) -> dict[int, tuple[str, str | None]]:
    if table.rejected is None:
        return {}
    csv.field_size_limit(10**9)
    with table.rejected.open(encoding="utf-8", newline="") as file:
        return {int(row[2]): (row[4][-3:], row[3] or None) for row in csv.reader(file, strict=True)}


def _received(
    package: Path, checked: dict[str, Any], settings: Settings, place: Path
) -> Iterator[str]:
    home = Home(place / "home").create()
    submit(package, home)
    paths = receive(home, settings, NOW)
    log = home.path / "unexpected.log"
    if log.exists():
        yield "traceback in receive: " + log.read_text("utf-8")
    if len(paths) != 1:
        yield f"{len(paths)} receipts"
        return
    receipt = json.loads(paths[0].read_text("utf-8"))
    for each in (receipt, checked):
        for table in each["tables"]:
            table.pop("replaced_sequence")
    if receipt != checked:
        said = {key: (value, checked[key]) for key, value in receipt.items()
                if value != checked[key]}  # fmt: skip
        yield f"receive and check say {said}"
    loaded = {f.parent.parent.name: pq.read_metadata(f).num_rows
              for f in home.lake.rglob("*.parquet")}  # fmt: skip
    promised = {table["table"]: table["accepted"] for table in receipt["tables"]}
    if {t: n for t, n in loaded.items() if n} != {t: n for t, n in promised.items() if n}:
        yield f"the lake holds {loaded}, the receipt says {promised}"


def main(packages: int, first: int) -> int:
    """Run so many packages and print what was counted."""
    statuses: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    slowest, received = (0.0, 0), 0
    begun = perf_counter()
    workers = max(1, min(2, os.cpu_count() or 1))
    tasks = range(first, first + packages)
    for seed, result in results(tried, tasks, workers, SECONDS):
        if isinstance(result, (Hang, Death, str)):
            kind = {Hang: "hang", Death: "worker died"}.get(type(result), "traceback")
            counted[kind] += 1
            print(f"seed {seed}: {kind} {result if isinstance(result, str) else ''}", flush=True)
            continue
        statuses[result["status"]] += 1
        rows.update(dict(zip(("accepted", "rejected"), result["rows"], strict=True)))
        received += result["received"]
        slowest = max(slowest, (result["seconds"], seed))
        for found in result["found"]:
            counted[found.split(":")[0] if found.startswith("traceback") else "difference"] += 1
            print(f"seed {seed} ({result['done']}): {found}", flush=True)
    print(f"{packages} packages, seeds {first} to {first + packages - 1}, "
          f"{perf_counter() - begun:.0f} s; {received} also received")  # fmt: skip
    print(f"expected {dict(sorted(statuses.items()))}; rows judged {dict(rows)}")
    print(f"slowest {slowest[0]:.1f} s (seed {slowest[1]})")
    for kind in ("traceback", "hang", "worker died", "difference"):
        print(f"{kind}: {counted[kind]}")
    return int(bool(counted))


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    sys.exit(main(*(given + [5000, 1][len(given) :])))
