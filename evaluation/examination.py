"""An examination: many provinces judged one after another, each once, and their facts together.

What a province told is kept in its folder, under a key of code and settings, so that an examination
that was interrupted, or gets further seeds, goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data.calibration import calibration
from data.durable import make_folder
from data.errors import InputError
from data.home import Home
from data.settings import load_settings
from evaluation.cases import KEPT, cases_of, write_cases
from evaluation.facts import FINDINGS, ORDERS, SCHEMES, Facts, read_facts
from evaluation.province import LEVELS, judge_province
from pipelines.run_key import PACKAGES, PROJECT, code_version, model_version

# The tables of a province's facts.
TABLES = {"schemes": SCHEMES, "findings": FINDINGS, "orders": ORDERS}

# Says which province is judged, of how many: seed, level, number from 1, count, whether it is held.
Progress = Callable[[int, str, int, int, bool], None]


@dataclass(frozen=True)
class Plan:
    """What is examined: provinces of one scale, each at every level of degradation."""

    seeds: tuple[int, ...]
    scale: str
    days: int | None
    levels: tuple[str, ...]
    settings: Path | None


def examine(plan: Plan, out: Path, progress: Progress) -> Facts:
    """Judge every province of a plan that is not judged yet, and return the facts of all.

    Raises:
        InputError: a seed is one that the calibration was fitted on, or stands twice.
    """
    refuse_seeds(plan.seeds, calibration().seeds)
    return judge_all(plan, out, progress)


def refuse_seeds(seeds: Sequence[int], fitted: Sequence[int]) -> None:
    """Report no seed that the calibration has seen, and none twice.

    Raises:
        InputError: one is, or does.
    """
    seen = sorted(set(seeds) & set(fitted))
    if seen:
        raise InputError(
            f"seeds {', '.join(map(str, seen))} made the calibration and measure nothing any more; "
            "choose others"
        )
    if len(set(seeds)) < len(seeds):
        raise InputError("a seed stands twice in --seeds; write each once")


def judge_all(plan: Plan, out: Path, progress: Progress) -> Facts:
    """Judge every province of a plan that is not judged yet, and return the facts of all."""
    key = _key(plan)
    wanted = [(seed, level) for level in plan.levels for seed in plan.seeds]
    parts = []
    for number, (seed, level) in enumerate(wanted, start=1):
        place = out / "provinces" / f"{plan.scale}-{plan.days or 'all'}-{seed}-{level}"
        held = _held(place, key)
        progress(seed, level, number, len(wanted), held)
        if not held:
            _judge(plan, seed, level, place, key)
        parts.append([pl.read_parquet(place / f"{name}.parquet") for name in TABLES])
    return Facts(*(pl.concat(tables) for tables in zip(*parts, strict=True)))


def _judge(plan: Plan, seed: int, level: str, place: Path, key: str) -> None:
    """Judge one province in a folder that is removed again, and keep its facts; the key last."""
    shutil.rmtree(place, ignore_errors=True)
    make_folder(place)
    chosen = load_settings(plan.settings).score
    with tempfile.TemporaryDirectory(dir=place) as working:
        truth, judged = judge_province(
            Path(working), seed, plan.scale, plan.days, level, plan.settings
        )
        if level == LEVELS[0]:
            write_cases(cases_of(truth, judged, Home(Path(working) / "home"), seed), place / KEPT)
    facts = read_facts(truth, judged, seed, level, chosen)
    for name in TABLES:
        getattr(facts, name).write_parquet(place / f"{name}.parquet")
    stages = json.dumps({"key": key, "stages": judged.stages}, indent=1)
    (place / "judged.json").write_text(stages + "\n", encoding="utf-8")


def _held(place: Path, key: str) -> bool:
    judged = place / "judged.json"
    return judged.exists() and json.loads(judged.read_text("utf-8"))["key"] == key


def _key(plan: Plan) -> str:
    code = code_version(PROJECT, (*PACKAGES, "simulator", "evaluation"))
    parts = [code, model_version(), load_settings(plan.settings).digest()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
