"""The typologies' pages: current, complete in both languages, and pictures that add up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from test_evaluation_measures import finding

from detectors.registry import DETECTORS
from evaluation.cases import case, grouped, read_cases
from evaluation.flow_picture import Flow, flow_picture
from evaluation.pages import FOLDER, pages, rules_of, thresholds_of

FOUND = replace(finding("fund_pool", "firm"), accomplices=(("card", "pool"),))
MOVED = [
    ("t1", "a", "card", 300),
    ("t2", "b", "card", 200),
    ("t3", "card", "firm", 400),
    ("t4", "firm", "b", 50),
    ("t5", None, "firm", 7),
    ("t6", "firm", "shop", 30),
]


@pytest.mark.parametrize("name", sorted(pages(read_cases())))
def test_a_page_is_what_its_detector_says(name: str) -> None:
    said = pages(read_cases())[name]
    assert (FOLDER / name).read_text("utf-8") == said, "run `make docs`"


def test_there_are_no_pages_of_what_is_no_more() -> None:
    held = {path.name for path in FOLDER.iterdir() if path.suffix in (".md", ".svg")}
    assert held == set(pages(read_cases()))


def test_every_typology_has_a_page_in_both_languages_with_its_thresholds() -> None:
    files = pages({})
    for each in DETECTORS:
        for ending, heads in (
            (".md", ("## Pattern", "## Innocent look-alikes", "## Blind spots")),
            (".zh-CN.md", ("## 表现", "## 相似的正常情形", "## 盲区")),
        ):
            text = files[f"{each.NAME}{ending}"]
            assert all(head in text for head in heads)
            assert all(
                f"`{name}` | {value} |" in text for name, value, _ in thresholds_of(each.NAME)
            )
            assert all(rule.source in text for rule in rules_of(each))


def test_a_case_sums_its_transfers_by_groups() -> None:
    sizes, flows = grouped(FOUND, MOVED)
    assert sizes == {"both": 1, "payees": 1, "payers": 2, "pool": 1, "subject": 1}
    assert flows == [
        Flow("both", "pool", 200, 1),
        Flow("payers", "pool", 300, 1),
        Flow("payers", "subject", 7, 1),
        Flow("pool", "subject", 400, 1),
        Flow("subject", "both", 50, 1),
        Flow("subject", "payees", 30, 1),
    ]
    assert sum(flow.amount_fen for flow in flows) == sum(row[3] for row in MOVED)
    kept = case(replace(FOUND, transfers=("t1", "loan:I1:7")), MOVED[:1])
    assert (kept["transfers"], kept["records"]) == (1, ["loan:I1:7"])


def test_a_picture_shows_every_group_and_every_sum() -> None:
    sizes, flows = grouped(FOUND, MOVED)
    drawn = ElementTree.fromstring(flow_picture(sizes, flows, zh=False))
    texts = {node.text for node in drawn.iter() if node.tag.endswith("text")}
    assert {"payers × 2", "subject", "holders of pool accounts", "4 yuan, 1"} <= texts
    assert sum("marker-end" in node.attrib for node in drawn.iter()) == len(flows)
    inner = flow_picture({"pool": 2}, [Flow("pool", "pool", 1_000_000, 3)], zh=True)
    assert "↻ 10,000 元，3 笔" in inner and "marker-end" not in inner


def test_the_folder_is_the_documents() -> None:
    assert Path("docs/typologies").resolve() == FOLDER
