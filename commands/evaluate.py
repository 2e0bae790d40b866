"""The command that examines the program on labelled provinces: evaluate."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.terminal import Terminal, terminal
from data.calibration import calibration, write_calibration
from data.errors import InputError
from evaluation.calibration import fit_calibration
from evaluation.examination import Plan, Progress, examine, judge_all
from evaluation.facts import Facts
from evaluation.province import LEVELS
from evaluation.release_seeds import release_seeds
from evaluation.results import store_results
from evaluation.results_text import aligned, typology_rows, way_rows

Scale = Literal["small", "medium", "large"]
# The folder of the results under the home.
EVALUATION = "evaluation"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(evaluate)


def evaluate(
    context: typer.Context,
    seeds: Annotated[str | None, typer.Option(help="Seeds, joined by commas.")] = None,
    release: Annotated[
        int | None, typer.Option(min=1, help="So many seeds drawn from the program's version.")
    ] = None,
    scale: Annotated[Scale, typer.Option(help="Size of each province.")] = "small",
    days: Annotated[int | None, typer.Option(min=1, help="Days; 30 by default.")] = None,
    degrade: Annotated[
        str, typer.Option(help="Levels of degraded data, joined by commas.")
    ] = LEVELS[0],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results; evaluation under the home.")
    ] = None,
    calibrate: Annotated[
        bool, typer.Option(help="Fit the calibration table on these seeds instead.")
    ] = False,
) -> None:
    """Judge labelled provinces, and say what was found, missed and wrongly accused.

    Simulates, submits and runs a night for every seed and level; what is done is not done again
    with the same code and settings. Seeds that made the calibration are refused.
    """
    chosen = terminal(context)
    plan = Plan(_seeds(seeds, release), scale, days, _levels(degrade), chosen.settings_path)
    folder = out or chosen.home.path / EVALUATION
    told = _progress(chosen)
    if calibrate:
        _calibrate(chosen, judge_all(plan, folder, told), plan)
        return
    facts = examine(plan, folder, told)
    tables = store_results(facts, plan, folder)
    zh = chosen.language == "zh"
    for level in plan.levels:
        title = f"{scale}, {level}, {len(plan.seeds)}"
        chosen.say(f"{title} 个种子", f"{title} seeds")
        for lines in (
            typology_rows(tables["typologies"], level, zh),
            way_rows(tables["orders"], level, zh),
        ):
            for line in aligned(lines):
                typer.echo(line)
            typer.echo("")
    chosen.remark(f"结果在 {folder}", f"results are in {folder}")


def _seeds(seeds: str | None, release: int | None) -> tuple[int, ...]:
    if (seeds is None) == (release is None):
        raise InputError("give either --seeds 1,2,3 or --release COUNT")
    if release is not None:
        return tuple(release_seeds(version("lookthrough"), release))
    parts = [part.strip() for part in str(seeds).split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise InputError(f"--seeds {seeds!r}: write whole numbers joined by commas, as in 1,2,3")
    return tuple(int(part) for part in parts)


def _levels(degrade: str) -> tuple[str, ...]:
    levels = tuple(part.strip() for part in degrade.split(","))
    unknown = [level for level in levels if level not in LEVELS]
    if unknown:
        raise InputError(f"--degrade {unknown[0]!r}: known are {', '.join(LEVELS)}")
    return levels


def _progress(chosen: Terminal) -> Progress:
    def tell(seed: int, level: str, number: int, count: int, held: bool) -> None:
        state = ("已有", "held") if held else ("判定中", "judging")
        chosen.remark(
            f"{number}/{count} 种子 {seed}，{level}：{state[0]}",
            f"{number}/{count} seed {seed}, {level}: {state[1]}",
        )

    return tell


def _calibrate(chosen: Terminal, facts: Facts, plan: Plan) -> None:
    before = calibration().version
    table = fit_calibration(facts.findings, before + 1, plan.scale, plan.seeds)
    write_calibration(table)
    chosen.say(
        f"校准表第 {table.version} 版，依据 {table.findings} 项发现",
        f"calibration table {table.version}, from {table.findings} findings",
    )
