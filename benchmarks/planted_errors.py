"""Errors planted in files of 100,000 rows: are all found, at the right line, by the right rule?

    python -m benchmarks.planted_errors [ROWS] [ERRORS IN A FILE]

Every rule about rows in every column that it can concern, every comparison between tables, and the
rules about whole tables, in UTF-8, in GB18030 (CR LF) and in Parquet; cells with line ends lie
between. ``rejected.csv`` and the receipt must say what was planted, no more and no less. The exit
code is 1 when anything was missed, false, or named otherwise.
"""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.planted import world
from benchmarks.planted.crossings import plant_crossings
from benchmarks.planted.errors import Planted, plant
from benchmarks.planted.files import FORMS, File, write
from benchmarks.planted.world import BEFORE, DAY, Row
from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive, submit

NOW = datetime(2016, 6, 14, 8)
SHOWN = 20
PACKAGES = (
    (world.HOUSE, ("clearing",)),
    (world.A, ("entry", "balance", "account", "party")),
    (world.PLATFORM, ("loan", "loan_event", "reserve_day")),
)


def received(home: Home, package: Path, share: float = 0.01) -> dict[str, Any]:
    """Take a package in; its receipt."""
    settings = load_settings(None)
    changed = {"max_rejected_share": share, "examples": SHOWN}
    intake = settings.intake.model_copy(update=changed)
    submit(package, home)
    [path] = receive(home, settings.model_copy(update={"intake": intake}), NOW)
    receipt: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return receipt


def prepare(home: Home, place: Path, clean: dict[str, list[Row]], rows: int) -> None:
    """What others, and the day before, submitted."""
    before = [world.balance(number, rows, before=True) for number in range(rows)]
    theirs = [world.entry(number, side="B") for number in range(rows)]
    theirs += [world.one_sided(number) for number in range(world.ONE_SIDED)]
    for submitter, file, day in (
        (world.A, File("balance", before), BEFORE),
        (world.A, File("entry", clean["entry"]), DAY),
        (world.B, File("entry", theirs), DAY),
        (world.HOUSE, File("clearing", clean["clearing"]), DAY),
    ):
        receipt = received(home, write(place, submitter, 1, "utf-8", [file], day)[0])
        assert receipt["status"] == "accepted", receipt


def compared(
    home: Home,
    package: Path,
    receipt: dict[str, Any],
    lines: dict[str, list[int]],
    files: dict[str, File],
    planted: list[Planted],
    crossed: dict[str, list[int]],
) -> list[str]:
    """What was missed, is false, or is named otherwise."""
    wrong: list[str] = []
    is_typed = any(package.glob("*.parquet"))
    expected = {(p.table, lines[p.table][p.place]): (p.rule, p.column) for p in planted}
    places = {(p.table, lines[p.table][p.place]): p.place for p in planted}
    [path] = home.outbox.rglob(f"{package.name}.rejected.csv")
    said = {}
    csv.field_size_limit(10**9)
    with path.open(encoding="utf-8", newline="") as file:
        for row in list(csv.reader(file, strict=True))[1:]:
            at = (row[1], int(row[2]))
            wrong += [f"{at} is named twice"] if at in said else []
            said[at] = (row[4].rsplit("-", 1)[1], row[3] or None)
            if at in expected and row[3]:
                wrong += _as_sent(files[at[0]], places[at], row[6], typed=is_typed)
    wrong += [f"missed: {at} {expected[at]}" for at in sorted(expected.keys() - said.keys())]
    wrong += [f"false: {at} {said[at]}" for at in sorted(said.keys() - expected.keys())]
    for at in sorted(said.keys() & expected.keys()):
        wrong += [] if said[at] == expected[at] else [f"{at}: {said[at]}, not {expected[at]}"]
    warned = {f["rule"]: f for f in receipt["findings"] if f["level"] == "warning"}
    for rule in sorted(warned.keys() | crossed.keys()):
        table = rule[2:].rsplit("-", 1)[0].lower()
        right = sorted(lines[table][place] for place in crossed.get(rule, []))
        found = warned.get(rule, {"count": 0, "examples": []})
        named = [example["line"] for example in found["examples"]]
        if found["count"] != len(right) or named != right[:SHOWN]:
            here = f"{found['count']} at {named[:5]}"
            wrong.append(f"{rule}: {here}, planted {len(right)} at {right[:5]}")
    return wrong


def _as_sent(file: File, place: int, sent: str, *, typed: bool) -> list[str]:
    """Whether a rejected row is there as it was sent; a typed file's numbers have other texts."""
    cells = next(csv.reader(io.StringIO(sent, newline=""), strict=True))
    right = [file.rows[place].get(name, "") for name in file.names]
    if typed or cells == right:
        return []
    return [f"{file.table} row {place}: sent {right}, shown {cells}"]


def whole_tables(home: Home, place: Path, clean: dict[str, list[Row]]) -> Counter[str]:
    """Rules about whole tables: a column too many, one too few, too many rows failed."""
    found: Counter[str] = Counter()
    rows = clean["loan"]
    wrong = [{**row, "due_on": "soon"} if n % 90 == 0 else row for n, row in enumerate(rows)]
    sequence = 90
    for form in FORMS[:2]:
        for rule, file in (
            ("R-LOAN-009", File("loan", rows, added=("mood",))),
            ("R-LOAN-010", File("loan", wrong)),
            ("R-LOAN-011", File("loan", rows, left_out=("due_on",))),
        ):
            sequence += 1
            package, _ = write(place, world.PLATFORM, sequence, form, [file])
            receipt = received(home, package)
            named = {finding["rule"] for finding in receipt["findings"]}
            status = "accepted_with_warnings" if rule == "R-LOAN-009" else "rejected"
            found["planted"] += 1
            found["wrong"] += not (rule in named and receipt["status"] == status)
    return found


def planted_and_found(rows: int, errors: int) -> tuple[Counter[str], list[str], Counter[str]]:
    """Plant, take in and compare.

    Returns:
        How many errors were planted by rule, what was missed or is false, and the counts of the
        rules about whole tables.
    """
    rules: Counter[str] = Counter()
    found: list[str] = []
    clean = {table: world.clean(table, rows) for _, tables in PACKAGES for table in tables}
    with TemporaryDirectory(prefix="planted-") as folder:
        place = Path(folder)
        home = Home(place / "home").create()
        prepare(home, place, clean, rows)
        for submitter, tables in PACKAGES:
            for sequence, form in enumerate(FORMS, start=2):
                dice = random.Random(f"{submitter}{form}")
                files = {table: File(table, list(clean[table])) for table in tables}
                crossed = plant_crossings(files, dice)
                taken = {place for places in crossed.values() for place in places}
                planted = [
                    each
                    for file in files.values()
                    for each in plant(file, errors, dice, taken, typed=form == "parquet")
                ]
                package, lines = write(place, submitter, sequence, form, list(files.values()))
                # Few rows may fail of many, but of a small version's many.
                receipt = received(home, package, max(0.01, 2 * errors / rows))
                wrong = compared(home, package, receipt, lines, files, planted, crossed)
                rules.update(f"R-TABLE-{each.rule}" for each in planted)
                rules.update({rule: len(places) for rule, places in crossed.items()})
                found += [f"{form} {', '.join(tables)}: {each}" for each in wrong]
                shutil.rmtree(package)
        whole = whole_tables(home, place, clean)
    return rules, found, whole


def main(rows: int, errors: int) -> int:
    """Run and print the counts."""
    begun = perf_counter()
    rules, found, whole = planted_and_found(rows, errors)
    for each in found[:50]:
        print(each)
    print(f"{sum(rules.values()) + whole['planted']} errors in files of {rows} rows: "
          f"{len(found) + whole['wrong']} missed, false or otherwise; "
          f"{perf_counter() - begun:.0f} s")  # fmt: skip
    print("  ".join(f"{rule} {count}" for rule, count in sorted(rules.items())),
          f" R-TABLE-009 to 011 {whole['planted']}")  # fmt: skip
    return int(bool(found or whole["wrong"]))


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    sys.exit(main(*(given + [100_000, 45][len(given) :])))
