"""Cuts the power at hundreds of instants of intake and of a night, and lets both go on afterwards.

    python -m benchmarks.powercut [INTAKE_STATES] [NIGHT_STATES] [SEED]

One run of each is traced with every change of the disk. A state is what a disk may hold when the
power goes at some instant: all that was synced, and of the rest any sectors (some torn) and any
names (`benchmarks.disk_model`). In each state the program is started again. Every package whose
receipt could be read before the cut must still have its row, archived bytes, lake files and that
very receipt; banks send again what has none; in the end everything must be as in a calm run, and
`verify` must find nothing. Every published file must open and be what was published. Prints counts;
the exit code is 1 when anything was lost, doubled or does not open, 2 when nothing can be traced.

Children are forked before any thread of polars or DuckDB starts in this process.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import powercut_intake, powercut_night
from benchmarks.children import command, in_child
from benchmarks.disk_model import MODES, Change, Mark, Naming, Sync, Tree, seen, state, written
from benchmarks.disk_trace import missing, trace

STATES, SEED = (400, 120), 1
NO_TRACE = 2
SHOWN = 10


@dataclass(frozen=True)
class Campaign:
    """What is traced, and what must hold afterwards.

    `start` makes the home as it lies before the trace; `run` is traced there, with a file for
    marks; `judge` starts the program in a state and counts what is wrong, given what a reader had
    seen, the marks, and what `calm` wrote of a run that nothing cut.
    """

    name: str
    start: Callable[[Path, Path], object]
    run: Callable[[Path, Path, Path], object]
    calm: Callable[[Path, Path], Any]
    judge: Callable[[Path, Path, Tree, Sequence[str], Any], dict[str, list[str]]]
    kinds: tuple[str, ...]


CAMPAIGNS = {
    each.name: each
    for each in (
        Campaign("intake", powercut_intake.start, powercut_intake.run, powercut_intake.calm,
                 powercut_intake.judge, powercut_intake.KINDS),
        Campaign("night", powercut_night.start, powercut_night.run, powercut_night.calm,
                 powercut_night.judge, powercut_night.KINDS),
    )
}  # fmt: skip


def cut(campaign: Campaign, province: Path, place: Path, states: int, seed: int) -> int:
    """Trace a campaign's run and judge that many states after a cut; returns how many are wrong.

    Raises:
        TraceError: the run cannot be traced.
    """
    traced_place, aside = place / "traced", place / "aside"
    traced_place.mkdir(parents=True)
    aside.mkdir()
    started = in_child(lambda: campaign.start(traced_place / "home", province))
    assert started == 0, f"the home of {campaign.name} cannot be made"
    traced = trace(
        [sys.executable, "-m", "benchmarks.powercut", "--traced", campaign.name,
         str(traced_place / "home"), str(province), str(aside / "marks")], traced_place, aside,
    )  # fmt: skip
    out = place / "said.json"
    child = in_child(lambda: out.write_text(json.dumps(campaign.calm(traced_place, province))))
    assert child == 0, "the calm run cannot be read"
    calm = json.loads(out.read_text())
    changes = traced.changes
    kinds = Counter(type(change).__name__.lower() for change in changes)
    print(f"{campaign.name}: {len(changes)} changes traced ({_counts(kinds)}); replayed without a "
          "cut they give the same bytes")  # fmt: skip
    steps = [number for number, each in enumerate(changes) if isinstance(each, Naming | Sync)]
    wrong: Counter[str] = Counter(dict.fromkeys(campaign.kinds, 0))
    bad = checked = 0
    for number in range(states):
        generator = random.Random(seed * 1_000_003 + number)
        at = generator.choice(steps) if number % 2 else generator.randrange(len(changes) + 1)
        mode = MODES[number % len(MODES)]
        before = seen(traced.root, changes[:at])
        marks = [each.text for each in changes[:at] if isinstance(each, Mark)]
        checked += powercut_intake.receipts(before)
        cut_at = place / "cut"
        shutil.rmtree(cut_at, ignore_errors=True)
        written(state(traced.root, changes[:at], mode, generator), cut_at)

        def judge(cut_at: Path = cut_at, before: Tree = before, marks: Any = marks) -> None:
            found = campaign.judge(cut_at, province, before, marks, calm)
            out.write_text(json.dumps(found))

        failed = in_child(judge)
        found = {"failed": ["the program did not start again"]} if failed else {
            kind: said for kind, said in json.loads(out.read_text()).items() if said
        }  # fmt: skip
        for kind, said in found.items():
            wrong[kind] += len(said)
        bad += bool(found)
        if found and bad <= SHOWN:
            print(f"    state {number} ({mode}, before {_said(changes, at)}): {found}")
    print(f"{campaign.name}: {states} states, {checked} receipts seen before the cut; {bad} states "
          f"wrong ({_counts(wrong)})", flush=True)  # fmt: skip
    return bad


def _said(changes: Sequence[Change], at: int) -> str:
    if at == len(changes):
        return f"the end, {at}"
    change = changes[at]
    names = [name for _, name, _ in change.names] if isinstance(change, Naming) else []
    return f"change {at}: {' '.join([type(change).__name__.lower(), *names])}"


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{kind} {number}" for kind, number in sorted(counted.items()))


def main(states: Sequence[int], seed: int) -> int:
    """Run both campaigns over a small province; none where a campaign has no states."""
    reason = missing()
    if reason is not None:
        print(f"no power is cut: {reason}")
        return NO_TRACE
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        province = Path(folder) / "province"
        command("simulate", "--out", str(province), "--days", "3")
        for campaign, number in zip(CAMPAIGNS.values(), states, strict=True):
            bad += number and cut(campaign, province, Path(folder) / campaign.name, number, seed)
    return int(bad > 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--traced"]:
        name, *paths = sys.argv[2:]
        CAMPAIGNS[name].run(*map(Path, paths))
        sys.stdout.flush()
        os._exit(0)
    given = [int(each) for each in sys.argv[1:]]
    *states, seed = given + [*STATES, SEED][len(given) :]
    sys.exit(main(states, seed))
