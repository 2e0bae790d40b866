"""A night under power cuts: what was published before stays, what is published now opens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.disk_model import Tree
from benchmarks.powercut_intake import sound
from data.control import Control
from data.home import Home
from data.settings import load_settings
from data.store import Database
from pipelines import night
from pipelines.intake import receive, submit
from pipelines.publish import find_run, is_whole
from pipelines.verify import verify

KINDS = ("does not open", "current names none", "published lost", "otherwise than calm",
         "doubled", "disagreements", "failed")  # fmt: skip
DONE = "published"


def start(home: Path, province: Path) -> None:
    """A home with a province's packages received and an earlier night published."""
    place = Home(home).create()
    for package in sorted((province / "packages").iterdir()):
        submit(package, place)
    receive(place, load_settings(None))
    run_night(home, last_date(province) - timedelta(days=1))


def run(home: Path, province: Path, marks: Path) -> None:
    """Run the last date's night; a mark says when it was published and in the ledger."""
    with marks.open("a", buffering=1) as said:
        run_night(home, last_date(province))
        said.write(f"{DONE}\n")


def run_night(home: Path, day: date) -> None:
    """The steps of a night, in this process."""
    place = str(home)
    night.receive_packages(place, None)
    with night.recorded(place, None, day) as run:
        if run.published is None:
            night.load_warehouse(place, None, run.key)
            features = night.measure_features(place, None, run.key)
            looked = night.look_through(place, None, run.key)
            findings = night.detect_typologies(place, None, run.key)
            run.published = night.publish_suspects(place, None, run.key, features, findings, looked)


def last_date(province: Path) -> date:
    """The last business date of a province."""
    return date.fromisoformat(json.loads((province / "truth.json").read_text())["last_date"])


def calm(traced: Path, _: Path) -> Any:
    """What is published in the end."""
    home = Home(traced / "home")
    return {"files": published(home), "content": content(home), "current": find_run(home).name}


def judge(
    cut: Path, province: Path, _: Tree, marks: Sequence[str], calm: Any
) -> dict[str, list[str]]:
    """Look at what a cut left published, run the night again, and count what is wrong."""
    home, day = Home(cut / "home"), last_date(province)
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    if not sound(home):
        found["does not open"].append(home.control.name)
    before = published(home)
    for name, digest in before.items():
        if digest != calm["files"].get(name) or not is_whole(home.published / name):
            found["does not open"].append(name)
    current = home.published / "current"
    named = current.read_text().strip() if current.exists() else ""
    if not (home.published / named).is_file():
        found["current names none"].append(named)
    if DONE in marks and named != calm["current"]:
        found["published lost"].append(named)
    with Control(home) as control:
        for run in control.runs():
            if run.state == "complete" and run.published not in before:
                found["published lost"].append(str(run.published))
    run_night(cut / "home", day)
    after, again = published(home), content(home)
    found["otherwise than calm"] += [name for name in before if after.get(name) != before[name]]
    found["otherwise than calm"] += sorted(
        name for name in {*again, *calm["content"]} if again.get(name) != calm["content"].get(name)
    )
    left = [*home.published.glob(".writing*"), *home.published.glob("*.damaged"),
            *home.working.iterdir()]  # fmt: skip
    found["otherwise than calm"] += [path.name for path in left]
    if find_run(home).name != calm["current"]:
        found["current names none"].append(find_run(home).name)
    with Control(home) as control:
        complete = [run.run_id for run in control.runs(day) if run.state == "complete"]
    if len(complete) != 1:
        found["doubled"].append(str(complete))
    said = verify(home, load_settings(None), repair=False)
    found["disagreements"] += [str(each.path) for each in said]
    return found


def content(home: Home) -> dict[str, Any]:
    """The published files with the rows and hashes of their tables, where they are whole."""
    found = {}
    for path in sorted(home.published.glob("*.duckdb")):
        with Database.open(path, read_only=True) as db:
            facts = db.rows("content", "select * from content order by table_name")
        found[path.name] = [list(fact) for fact in facts] if is_whole(path) else "not whole"
    return found


def published(home: Home) -> dict[str, str]:
    """The published files with the hashes of their bytes."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(home.published.glob("*.duckdb"))}  # fmt: skip
