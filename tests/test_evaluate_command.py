"""The command `evaluate`: what it refuses before anything is simulated, and what it prints."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest
from test_evaluation_measures import facts

import cli
from commands import evaluate as command
from data.calibration import calibration
from evaluation.examination import Plan, Progress
from evaluation.facts import Facts
from evaluation.release_seeds import release_seeds


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give either --seeds 1,2,3 or --release COUNT"),
        (["--seeds", "1", "--release", "2"], "give either --seeds 1,2,3 or --release COUNT"),
        (["--seeds", "1,x"], "--seeds '1,x': write whole numbers joined by commas, as in 1,2,3"),
        (["--seeds", "1,1"], "a seed stands twice in --seeds; write each once"),
        (
            ["--seeds", "1", "--degrade", "awful"],
            "--degrade 'awful': known are none, light, medium, heavy",
        ),
    ],
)
def test_what_it_refuses(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["--home", str(tmp_path), "--lang", "en", "evaluate", *options]) == 2
    assert f"lookthrough: {message}\n" in capsys.readouterr().err


def test_it_refuses_seeds_of_the_calibration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = str(calibration().seeds[0])
    assert cli.run(["--home", str(tmp_path), "--lang", "en", "evaluate", "--seeds", seed]) == 2
    assert f"seeds {seed} made the calibration" in capsys.readouterr().err


def test_it_prints_both_tables_a_level_and_stores_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans: list[Plan] = []

    def examine(plan: Plan, out: Path, progress: Progress) -> Facts:
        plans.append(plan)
        progress(plan.seeds[0], "none", 1, 2, False)
        return facts()

    monkeypatch.setattr(command, "examine", examine)
    arguments = ["--home", str(tmp_path), "--lang", "en", "evaluate", "--release", "2"]
    assert cli.run(arguments) == 0
    assert plans[0].seeds == tuple(release_seeds(version("lookthrough"), 2))
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0] == "small, none, 2 seeds"
    assert [line.split()[:4] for line in lines[2:4]] == [
        ["borrower_cap", "1", "1.00", "1.00"],
        ["fund_pool", "1", "1.00", "1.00"],
    ]
    assert [line.split()[0] for line in lines[6:9]] == ["both", "forest", "rules"]
    assert said.err.startswith(f"1/2 seed {plans[0].seeds[0]}, none: judging\n")
    assert (tmp_path / "evaluation" / "examination.json").exists()
