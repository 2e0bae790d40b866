"""The registry: every detector's module is in it and says all it must; all run on a quiet world."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from detector_world import World, at

import detectors
from data.errors import ContractError
from data.settings import Section, load_settings
from detectors.description import Description, read_description
from detectors.registry import DETECTORS, Detector, detect_all

OFFICES = {"JR", "YJ", "PBC", "ZJ", "BJ", "GS", "WW"}
CHINESE = re.compile("[一-鿿]")
HERE = Path(__file__).parent


def test_every_module_that_detects_is_registered_once() -> None:
    modules = [
        importlib.import_module(f"detectors.{found.name}")
        for found in pkgutil.iter_modules(detectors.__path__)
    ]
    detecting = {module.__name__ for module in modules if hasattr(module, "detect")}
    registered = [str(getattr(each, "__name__", "")) for each in DETECTORS]
    assert sorted(registered) == sorted(detecting)
    for what in ("NAME", "CODE"):
        said = [getattr(each, what) for each in DETECTORS]
        assert len(set(said)) == len(said)


@pytest.mark.parametrize("each", DETECTORS, ids=lambda each: each.NAME)
def test_a_detector_says_all_it_must(each: Detector) -> None:
    assert getattr(each, "__name__", "") == f"detectors.{each.NAME}"
    assert re.fullmatch(r"[A-Z][0-9]{1,2}", each.CODE)
    assert re.fullmatch(
        r"[一二三四五](\([一二三四五六七八]\)[0-9]?)?(, ?二\([一二三四五六七八]\)[0-9]?)*",
        each.CLAUSE,
    )
    assert 1 <= each.SEVERITY <= 5
    assert set(each.LEAD_OFFICE.split("+")) <= OFFICES
    zh, en = each.TITLE
    assert CHINESE.search(zh) and en and not CHINESE.search(en)
    words = each.__doc__ or ""
    assert words.startswith(f"{each.CODE} ")
    for zh, en in zip(
        vars(each.CHINESE).values(), vars(read_description(words)).values(), strict=True
    ):
        assert CHINESE.search(zh) and zh.endswith("。") and not zh.startswith(" ")
        assert len(en) > 20 and not CHINESE.search(en)
    assert (HERE / f"test_detector_{each.NAME}.py").exists()


def test_the_english_description_is_the_docstrings_paragraphs() -> None:
    docstring = """X1 this.

    Pattern: money goes
    round.

    Innocent look-alike: rent.

    Blind spots: cash.
    """
    assert read_description(docstring) == Description("Money goes round.", "Rent.", "Cash.")
    with pytest.raises(ContractError, match="0 paragraphs that open with 'Blind spots"):
        read_description(docstring.replace("Blind", "Other"))


def test_every_detector_has_settings_and_no_settings_lack_a_detector() -> None:
    held = load_settings().detectors
    sections = {name for name, value in held if isinstance(value, Section)}
    assert sections == {each.NAME for each in DETECTORS}


def test_the_readme_lists_every_detector_with_its_clause() -> None:
    for file in ("README.md", "README.zh-CN.md"):
        rows = (HERE.parent / file).read_text(encoding="utf-8").splitlines()
        for each in DETECTORS:
            assert [
                row
                for row in rows
                if row.startswith(f"| {each.CODE} |") and each.NAME in row and each.CLAUSE in row
            ], f"{file}: no row of {each.CODE} {each.NAME} {each.CLAUSE}"


def test_a_quiet_world_gives_nothing() -> None:
    world = World()
    world.trade(10)
    world.party("Payer", kind="person")
    world.pay("Payer", "trader-a", 10, at(3))
    assert detect_all(world.context(10)) == []
