"""A large entry.csv from package to lake and receipt, beside DuckDB reading the same file.

``python -m benchmarks.intake [ROWS]`` prints wall and CPU seconds, their ratios and peak memory for
UTF-8, GB18030, and with one row in a hundred bad (UTF-8). Each figure is the best of `ROUNDS`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path
from time import perf_counter, process_time

import duckdb
import numpy as np
import polars as pl

from data.codes import cnaps_with_check, uscc_with_check
from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive, submit

SUBMITTER = uscc_with_check("91320000710939135")
BANK = cnaps_with_check("10230100001")
DAY = date(2016, 6, 13)
ROUNDS = 3


def write_package(place: Path, rows: int, encoding: str, bad_share: float) -> Path:
    """Write a package of one entry.csv with that many rows, some with an unparsable amount."""
    generator = np.random.default_rng(1)
    package = place / f"{SUBMITTER}-{DAY:%Y%m%d}-00000001"
    package.mkdir(parents=True)
    amounts = generator.integers(100, 10_000_000, rows)
    accounts = generator.integers(10**11, 10**11 + max(rows // 20, 1), rows)
    frame = pl.DataFrame({"n": np.arange(rows), "account": accounts, "amount_fen": amounts})
    at = pl.datetime(2016, 6, 13) + pl.duration(seconds=pl.col("n") % 86_400)
    bad = pl.lit(generator.random(rows) < bad_share)
    frame = frame.select(
        pl.lit(BANK).alias("bank_no"),
        pl.col("account").cast(pl.String).alias("account_no"),
        pl.format("E{}", "n").alias("entry_no"),
        at.dt.strftime("%Y-%m-%d %H:%M:%S").alias("booked_at"),
        pl.when(pl.col("n") % 2 == 0)
        .then(pl.lit("in"))
        .otherwise(pl.lit("out"))
        .alias("direction"),
        pl.when(bad)
        .then(pl.format("{}.5", "amount_fen"))
        .otherwise(pl.col("amount_fen").cast(pl.String))
        .alias("amount_fen"),
        pl.lit("张三").alias("counterparty_name"),
        pl.format("M{}", "n").alias("match_no"),
        pl.lit("cnaps_beps").alias("channel"),
        pl.lit("false").alias("cash"),
        pl.lit("货款").alias("purpose"),
    )
    path = package / "entry.csv"
    frame.write_csv(path)
    if encoding != "utf-8":
        path.write_bytes(path.read_bytes().decode().encode(encoding))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    stated = {"name": "entry.csv", "table": "entry", "encoding": encoding, "rows": rows,
              "amount_total": int(amounts.sum()), "sha256": digest}  # fmt: skip
    manifest = {"spec": 1, "submitter": SUBMITTER, "business_date": DAY.isoformat(), "sequence": 1,
                "files": [stated]}  # fmt: skip
    (package / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return package


def taken_in(package: Path, home: Path) -> dict[str, float]:
    """Seconds and peak memory of submitting and receiving a package, in this process."""
    place = Home(home).create()
    begun, spent = perf_counter(), process_time()
    submit(package, place)
    submitted = perf_counter() - begun
    settings = load_settings(None)
    if "bad" in package.parent.name:
        settings = settings.model_copy(
            update={"intake": settings.intake.model_copy(update={"max_rejected_share": 0.05})}
        )
    [path] = receive(place, settings, datetime(2016, 6, 14))
    figures = _figures(begun, spent)
    [table] = json.loads(path.read_text("utf-8"))["tables"]
    return {**figures, "receive": figures["seconds"] - submitted, "accepted": table["accepted"]}


def reference(path: Path) -> dict[str, float]:
    """Seconds that DuckDB takes to read the file into a table, all text."""
    begun, spent = perf_counter(), process_time()
    with duckdb.connect() as db:
        db.execute("set threads = 2; set enable_progress_bar = false")
        db.execute(f"create table t as select * from read_csv('{path}', all_varchar = true)")
    return _figures(begun, spent)


def _figures(begun: float, spent: float) -> dict[str, float]:
    """Wall and CPU seconds since, and this program's own peak of memory (not its parent's)."""
    seconds, cpu = perf_counter() - begun, process_time() - spent
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    peak = int(found[1]) / 1024 if found else float("nan")
    return {"seconds": seconds, "cpu": cpu, "peak_mb": peak}


def main(rows: int) -> None:
    """Run each form in its own process and print the figures."""
    with tempfile.TemporaryDirectory() as place:
        utf8 = None
        for name, encoding, bad in (
            ("utf-8", "utf-8", 0.0), ("gb18030", "gb18030", 0.0), ("bad", "utf-8", 0.01),
        ):  # fmt: skip
            package = write_package(Path(place) / name, rows, encoding, bad)
            utf8 = utf8 or package
            homes = [Path(place) / f"home-{name}-{turn}" for turn in range(ROUNDS)]
            ours, theirs = [], []
            for home in homes:
                theirs.append(_apart("reference", utf8 / "entry.csv"))
                ours.append(_apart("taken_in", package, home))
                shutil.rmtree(home)
            wall, cpu = (_ratio(ours, theirs, kind) for kind in ("seconds", "cpu"))
            alone = _ratio([{"seconds": each["receive"]} for each in ours], theirs, "seconds")
            print(
                f"{name:<8} {rows} rows  {wall}  receive alone {alone}  CPU {cpu}  "
                f"peak {ours[0]['peak_mb']:.0f} : {theirs[0]['peak_mb']:.0f} MB  "
                f"accepted {ours[0]['accepted']:.0f}",
                flush=True,
            )
            if package != utf8:
                shutil.rmtree(package)


def _ratio(ours: list[dict[str, float]], theirs: list[dict[str, float]], kind: str) -> str:
    one, other = (min(each[kind] for each in figures) for figures in (ours, theirs))
    return f"{one:.1f} : {other:.1f} s = {one / other:.1f}"


def _apart(function: str, *arguments: Path) -> dict[str, float]:
    given = ", ".join(f"Path({str(argument)!r})" for argument in arguments)
    program = (
        "import json; from pathlib import Path; from benchmarks import intake; "
        f"print(json.dumps(intake.{function}({given})))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
