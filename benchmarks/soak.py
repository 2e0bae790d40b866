"""Kills a receiver at every write step and at random instants, and damages what it left.

    python -m benchmarks.soak [INSTANTS] [DAMAGES]

Each time a receiver was killed another one goes on; then lake, receipts and ledger must be those of
a calm run, and `verify` must find nothing. Each time a file of archive, lake or published was
damaged (a bit, a sector of zeros, two pages exchanged), `verify` must name it. Prints counts; the
exit code is 1 when anything was lost, doubled or overlooked.

Children are forked before any thread of polars or DuckDB starts in this process.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.children import command, in_child
from benchmarks.damages import damaged
from benchmarks.powercut_intake import made_packages
from benchmarks.write_steps import dying_at, named_steps
from data.control import Control
from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive, submit
from pipelines.verify import verify

NOW = datetime(2016, 10, 1, 8)
# A kill that comes when the receiver is done already does not count; so many tries for each.
MOST_TRIES = 5


def prepare(place: Path, packages: list[Path]) -> Home:
    """A home whose inbox holds the packages."""
    home = Home(place).create()
    for package in packages:
        submit(package, home)
    return home


def content(home: Home) -> dict[str, str]:
    """The lake's and the outbox's files with their hashes, and what the inbox still holds."""
    found = {}
    for folder in (home.lake, home.outbox, home.inbox):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = str(path.relative_to(home.path))
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def state(home: Home, out: Path) -> None:
    """Receive what is left, and write what the home then holds and what verify says of it."""
    receive(home, load_settings(None), NOW)
    found = verify(home, load_settings(None), repair=False)
    with Control(home) as control:
        rows = sorted(held.package for held in control.submissions())
    said = [str(each.path) for each in found]
    receipts = sorted(path.name for path in home.outbox.rglob("*.receipt.json"))
    held = {"content": content(home), "rows": rows, "receipts": receipts, "disagreements": said}
    out.write_text(json.dumps(held))


@dataclass
class Tally:
    """What became of the packages of many runs."""

    runs: int = 0
    sent: int = 0
    lost: int = 0
    doubled: int = 0
    disagreements: int = 0
    otherwise: int = 0

    def add(self, name: str, calm: Any, ended: Any) -> None:
        """Count a run that ended; None is one in which the receiver did not start again."""
        self.runs += 1
        self.sent += len(calm["rows"])
        if ended is None:
            self.lost += len(calm["rows"])
        else:
            there, receipts = Counter(ended["rows"]), Counter(ended["receipts"])
            self.lost += sum((Counter(calm["rows"]) - there).values())
            self.doubled += sum((there - Counter(calm["rows"])).values())
            self.doubled += sum((receipts - Counter(calm["receipts"])).values())
            self.disagreements += len(ended["disagreements"])
        if ended != calm:
            self.otherwise += 1
            print(f"    {name}: {difference(calm, ended)}")

    def __str__(self) -> str:
        return (
            f"{self.runs} runs: {self.sent} packages sent, {self.lost} lost, {self.doubled} "
            f"receipts doubled, {self.disagreements} disagreements found by verify; "
            f"{self.otherwise} ended otherwise than a calm run"
        )


def difference(calm: Any, ended: Any) -> str:
    """What a home holds otherwise than it should, in a few words."""
    if ended is None:
        return "the receiver after it failed"
    both = calm["content"].items() ^ ended["content"].items()
    return ", ".join(sorted({name for name, _ in both})[:3]) or "ledger or verify differ"


def killed(place: Path, packages: list[Path], instants: int) -> int:
    """Kill receivers at each step, then at random instants; returns how many ended differently."""
    out = place / "state.json"

    def after(work: Callable[[Home], object], seconds: float | None) -> tuple[bool, Any]:
        shutil.rmtree(place / "home", ignore_errors=True)
        in_child(lambda: prepare(place / "home", packages))
        status = in_child(lambda: work(Home(place / "home")), seconds)
        if in_child(lambda: state(Home(place / "home"), out)):
            return os.WIFSIGNALED(status), None
        return os.WIFSIGNALED(status), json.loads(out.read_text())

    def take(home: Home) -> None:
        receive(home, load_settings(None), NOW)

    _, calm = after(take, None)
    shutil.rmtree(place / "home")
    in_child(lambda: prepare(place / "home", packages))
    begun = time.monotonic()
    in_child(lambda: take(Home(place / "home")))
    seconds = time.monotonic() - begun
    shutil.rmtree(place / "home")
    in_child(lambda: prepare(place / "home", packages))
    steps = named_steps(lambda: take(Home(place / "home")), place / "steps")
    print(f"{len(steps)} write steps of {len(set(steps))} kinds:")
    for name, count in sorted(Counter(steps).items()):
        print(f"    {count:3} {name}")
    at_steps_killed = Tally()
    for number, name in enumerate(steps, 1):

        def dying(home: Home, at: int = number) -> None:
            dying_at(at)
            take(home)

        died, ended = after(dying, None)
        assert died, f"the receiver outlived step {number}, {name}"
        at_steps_killed.add(f"step {number}, {name}", calm, ended)
    print(f"killed before each write step, {at_steps_killed}", flush=True)
    late, inside = Tally(), 0
    generator = random.Random(1)
    while inside < instants and late.runs < MOST_TRIES * instants:
        died, ended = after(take, generator.uniform(0, seconds))
        inside += died
        late.add(f"instant {late.runs}", calm, ended)
    print(
        f"killed at {inside} random instants while at work, {late.runs - inside} times late, {late}"
    )
    print(f"disagreements in the calm run: {len(calm['disagreements'])}", flush=True)
    return at_steps_killed.otherwise + late.otherwise + len(calm["disagreements"])


def main(instants: int, damages: int) -> int:
    """Run both campaigns over a small province."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        province = str(place / "province")
        command("simulate", "--out", province, "--days", "3")
        made = made_packages(place / "province")
        failed = killed(place, [*made["first"], *made["second"]], instants)
        packages = sorted((place / "province" / "packages").iterdir())
        home = ["--home", str(place / "whole")]
        last = json.loads((place / "province" / "truth.json").read_text())["last_date"]
        command(*home, "submit", *map(str, packages))
        command(*home, "nightly", "--date", last)
        out = place / "damages.json"
        in_child(lambda: damaged(Home(place / "whole"), damages, out))
        said = json.loads(out.read_text())
    done = ", ".join(f"{what} {count}" for what, count in sorted(said["done"].items()))
    print(f"{damages} damages ({done}): {len(said['overlooked'])} overlooked by verify")
    for path in said["overlooked"][:5]:
        print(f"    {path}")
    return int(bool(failed or said["overlooked"] or said["before"]))


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    sys.exit(main(*(given + [200, 300][len(given) :])))
