"""The README's examination: of the version's seeds, and exactly as it was stored."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest
from test_evaluation_measures import facts

from data.calibration import calibration
from data.errors import InputError
from evaluation.examination import Plan
from evaluation.published import BLOCK, FOLDER, READMES, STORED, refuse_chosen, with_block
from evaluation.release_seeds import release_seeds
from evaluation.results import store_results


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_shows_what_was_stored_and_nothing_else(readme: str) -> None:
    text = Path(readme).read_text("utf-8")
    assert len(BLOCK.findall(text)) == 1
    if not (FOLDER / STORED).exists():
        assert "<!-- examination -->\n<!-- end -->" in text
        return
    held = json.loads((FOLDER / STORED).read_text("utf-8"))
    assert with_block(text, held, READMES[readme]) == text
    assert held["seeds"] == release_seeds(version("lookthrough"), len(held["seeds"]))
    assert not set(held["seeds"]) & set(calibration().seeds)


def test_seeds_that_somebody_chose_are_refused() -> None:
    refuse_chosen(release_seeds("0.1.0", 3), "0.1.0")
    with pytest.raises(InputError, match=r"seeds \[1\] are not those of release 0\.1\.0"):
        refuse_chosen([1], "0.1.0")


def test_a_block_holds_seeds_and_both_tables(tmp_path: Path) -> None:
    store_results(facts(), Plan((1,), "small", None, ("none",), None), tmp_path)
    held = json.loads((tmp_path / STORED).read_text("utf-8"))
    readme = "before\n<!-- examination -->\nold\n<!-- end -->\nafter\n"
    english = with_block(readme, held, zh=False)
    lines = english.splitlines()
    assert lines[:3] == [
        "before",
        "<!-- examination -->",
        "Scale small, seeds drawn from the version: 1.",
    ]
    assert lines[-2:] == ["<!-- end -->", "after"] and "old" not in lines
    assert [line.split(" | ")[0] for line in lines if line.startswith("| ")] == [
        *("| typology", "| ---", "| borrower_cap", "| fund_pool"),
        *("| by", "| ---", "| both", "| forest", "| rules"),
    ]
    assert with_block(english, held, zh=False) == english
    assert "种子由版本号抽出：1。" in with_block(readme, held, zh=True)
    with pytest.raises(InputError, match="lacks <!-- examination -->"):
        with_block("no place", held, zh=False)
