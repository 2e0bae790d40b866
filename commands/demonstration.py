"""Commands that make data up: simulate a province, and the demo that runs the whole way through."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.nights import run_nights
from commands.packages import receive_all, submit_all
from commands.terminal import DEMO, Terminal, terminal, writing
from data.errors import InputError
from pipelines import report
from simulator import write_province

Scale = Literal["small", "medium", "large"]
Degrade = Literal["none", "light", "medium", "heavy"]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")]
DEMO_TOP = 10
# What stands in the folder of a province, and nothing else.
PROVINCE = {"packages", "truth.json"}


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (demo, simulate):
        app.command()(command)


def simulate(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder for packages/ and truth.json.")],
    seed: Seed = 1,
    scale: Annotated[Scale, typer.Option(help="About 0.1, 1 or 10 million transfers.")] = "small",
    days: Annotated[int | None, typer.Option(min=1, help="Days; 30 by default.")] = None,
    degrade: Annotated[
        Degrade, typer.Option(help="How many records are lost or garbled.")
    ] = "none",
) -> None:
    """Write a labelled province as submission packages, and the truth beside them.

    A folder that holds anything but a province simulated before is refused, and left as it is.
    """
    chosen = terminal(context)
    _simulate(chosen, out, seed, scale, days, degrade)
    chosen.say(f"报送包在 {out / 'packages'}", f"packages are in {out / 'packages'}")
    chosen.remark(
        f"接下来：{chosen.program} submit {out}/packages/*",
        f"next: {chosen.program} submit {out}/packages/*",
    )


def demo(
    context: typer.Context,
    seed: Seed = 1,
    every: Annotated[int, typer.Option(min=1, help="Days between nights.")] = 10,
) -> None:
    """Simulate a small province, submit it, run some of its nights, and print the suspects.

    Lives in the folder demo under the home. Can be interrupted and repeated at will: what is done
    is not done again.
    """
    chosen = terminal(context)
    chosen = Terminal(chosen.named_home.path / DEMO, chosen.settings_path, chosen.language)
    province = chosen.home.path / f"province-{seed}"
    if not (province / "truth.json").exists():
        _simulate(chosen, province, seed, "small", None)
    packages = sorted((province / "packages").iterdir())
    submit_all(chosen, packages)
    receive_all(chosen)
    dates = sorted({date.fromisoformat(package.name.split("-")[1]) for package in packages})
    chosen_dates = sorted({dates[-1 - n] for n in range(0, len(dates), every)})
    run_nights(chosen, chosen_dates)
    listed = report.render_suspects(
        chosen.home, None, DEMO_TOP, "table", chosen.language, chosen.program
    )
    typer.echo(listed.decode(), nl=False)
    _print_next(chosen)


def _simulate(
    chosen: Terminal,
    out: Path,
    seed: int,
    scale: Scale,
    days: int | None,
    degrade: Degrade = "none",
) -> None:
    """Simulate beside ``out`` and rename, so that an interrupted simulation leaves nothing half.

    Raises:
        InputError: ``out`` cannot be written, or holds what no simulation wrote.
    """
    out = out.absolute()
    _refuse_foreign(out)
    with chosen.progress() as progress, writing(out):
        label = chosen.text("模拟一个省", "simulating a province")
        bar = progress.add_task(label, total=1)
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as beside:
            write_province(Path(beside) / "new", seed=seed, scale=scale, days=days, degrade=degrade)
            if out.exists():
                out.rename(Path(beside) / "old")
            (Path(beside) / "new").rename(out)
        progress.advance(bar)


def _refuse_foreign(out: Path) -> None:
    """Let a simulation replace nothing but an empty folder or a province written before."""
    with writing(out):
        if not out.exists() or (out.is_dir() and not any(out.iterdir())):
            return
        names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if names != PROVINCE or not _is_truth(out / "truth.json"):
        raise InputError(
            f"--out {out} is not empty and no province that `simulate` wrote; "
            "choose another folder, nothing in it was changed"
        )


def _is_truth(path: Path) -> bool:
    try:
        facts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(facts, dict) and {"seed", "scale", "schemes", "lookalikes"} <= facts.keys()


def _print_next(chosen: Terminal) -> None:
    program = chosen.program
    chosen.remark(
        f"\n接下来（主目录 {chosen.home.path}）：\n"
        f"  {program} suspect 主体编号        一个嫌疑的理由、条款、证据\n"
        f"  {program} suspects --format json  供程序读取\n"
        f"  {program} runs                    各次运行",
        f"\nnext (home {chosen.home.path}):\n"
        f"  {program} suspect PARTY           one suspect, with the evidence\n"
        f"  {program} suspects --format json  for programs\n"
        f"  {program} runs                    the nights that ran",
    )
