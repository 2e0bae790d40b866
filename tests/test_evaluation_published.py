"""The README's examination: of the version's seeds, and exactly as it was stored."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from data.calibration import calibration
from data.errors import InputError
from evaluation.published import FOLDER, PICTURES, STORED, refuse_chosen, with_block
from evaluation.release_seeds import release_seeds

HELD = json.loads((FOLDER / STORED).read_text("utf-8"))


@pytest.mark.parametrize(("readme", "zh"), [("README.md", False), ("README.zh-CN.md", True)])
def test_the_readme_shows_what_was_stored(readme: str, zh: bool) -> None:
    text = Path(readme).read_text("utf-8")
    assert with_block(text, HELD, zh) == text
    assert all(f"docs/examination/{name}" in text for name in PICTURES)


def test_the_seeds_are_those_of_the_version_and_made_no_calibration() -> None:
    seeds = HELD["seeds"]
    assert seeds == release_seeds(version("lookthrough"), len(seeds))
    assert not set(seeds) & set(calibration().seeds)
    with pytest.raises(InputError, match=r"are not those of release 0\.0\.1"):
        refuse_chosen(seeds, "0.0.1")


def test_a_readme_without_a_place_is_refused() -> None:
    with pytest.raises(InputError, match="lacks <!-- examination -->"):
        with_block("no place", HELD, zh=False)
