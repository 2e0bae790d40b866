"""Results of an examination: seeds by version, what is held, plots and tables."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
from test_evaluation_measures import facts

from evaluation import examination
from evaluation.examination import Plan, judge_all
from evaluation.facts import Facts
from evaluation.plots import bars, curve
from evaluation.province import Judged
from evaluation.release_seeds import release_seeds
from evaluation.results import store_results
from evaluation.results_text import aligned, markdown, typology_rows

PLAN = Plan((1,), "small", None, ("none",), None)


def test_seeds_come_from_the_version_and_differ() -> None:
    seeds = release_seeds("0.1.0", 12)
    assert seeds[:3] == [1155346, 7054867, 6212074]
    assert len(set(seeds)) == 12 and seeds[:5] == release_seeds("0.1.0", 5)
    assert not set(seeds) & set(release_seeds("0.2.0", 12))


def test_a_province_that_is_judged_is_not_judged_again_until_the_settings_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[tuple[int, str]] = []

    def judge_province(
        place: Path, seed: int, scale: str, days: int | None, level: str, settings: Path | None
    ) -> tuple[object, Judged]:
        judged.append((seed, level))
        return {}, Judged([], [], [], {})

    def read(truth: object, result: Judged, seed: int, level: str, score: object) -> Facts:
        told = facts()
        return Facts(
            *(
                table.with_columns(pl.lit(seed).alias("seed"), pl.lit(level).alias("level"))
                for table in (told.schemes, told.findings, told.orders)
            )
        )

    monkeypatch.setattr(examination, "judge_province", judge_province)
    monkeypatch.setattr(examination, "read_facts", read)
    monkeypatch.setattr(examination, "cases_of", lambda *_: {"fund_pool": {"seed": 1}})
    said: list[tuple[int, bool]] = []

    def tell(seed: int, level: str, number: int, count: int, held: bool) -> None:
        said.append((seed, held))

    first = Plan((1,), "small", None, ("none",), None)
    judge_all(first, tmp_path, tell)
    more = judge_all(Plan((1, 2), "small", None, ("none",), None), tmp_path, tell)
    assert judged == [(1, "none"), (2, "none")] and more.schemes.height == 6
    assert said == [(1, False), (1, True), (2, False)]
    kept = tmp_path / "provinces" / "small-all-1-none" / "cases.json"
    assert json.loads(kept.read_text("utf-8")) == {"fund_pool": {"seed": 1}}
    settings = tmp_path / "settings.toml"
    settings.write_text("[score]\nreasons = 4\n", "utf-8")
    judge_all(Plan((1,), "small", None, ("none",), settings), tmp_path, tell)
    assert judged[2:] == [(1, "none")]


def test_results_are_stored_as_tables_json_and_plots(tmp_path: Path) -> None:
    tables = store_results(facts(), PLAN, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "examination.json",
        "findings.parquet",
        "orders.csv",
        "orders.parquet",
        "recall.svg",
        "reliability.csv",
        "reliability.parquet",
        "reliability.svg",
        "schemes.parquet",
        "typologies.csv",
        "typologies.parquet",
        "ways.svg",
    ]
    assert pl.read_parquet(tmp_path / "typologies.parquet").equals(tables["typologies"])
    held = json.loads((tmp_path / "examination.json").read_text("utf-8"))
    assert held["seeds"] == [1] and held["typologies"] == tables["typologies"].to_dicts()
    drawn = ElementTree.parse(tmp_path / "recall.svg").getroot()
    assert [text.text for text in drawn.iter() if text.text and "_" in text.text] == [
        "borrower_cap",
        "fund_pool",
    ]


def test_a_table_in_words_and_in_markdown() -> None:
    table = pl.DataFrame({"level": ["none"], "typology": ["x"], "schemes": [2]}).with_columns(
        *(
            pl.lit(0.5).alias(name)
            for name in ("recall_at_2k", "recall", "precision_at_k", "average_precision")
        ),
        *(
            pl.lit(None, pl.Float64).alias(name)
            for name in (
                "lookalikes_at_k", "named", "evidence_precision", "evidence_recall",
                "amount_error", "roles_right", "calibration_error",
            )
        ),
        pl.lit(1).alias("false"),
    )  # fmt: skip
    rows = typology_rows(table, "none", zh=False)
    assert rows[1] == ["x", "2", *["0.50"] * 4, *["-"] * 7, "1"]
    assert aligned([["type", "n"], ["x", "12"]]) == ["type   n", "x     12"]
    assert markdown([["a", "b"], ["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"


def test_plots_show_each_value_and_escape_names() -> None:
    drawn = ElementTree.fromstring(bars("t", ["a<b", "c"], {"s": [0.5, None]}))
    texts = [node.text for node in drawn.iter() if node.text and node.text.strip()]
    assert "a<b" in texts and "0.50" in texts
    assert sum(node.tag.endswith("rect") for node in drawn.iter()) == 3
    points = ElementTree.fromstring(curve("t", {"s": [(0.9, 1.0), (0.5, 0.0)]}))
    [line] = [node for node in points.iter() if node.tag.endswith("polyline")]
    assert line.get("points") == "210.0,366.0 338.0,46.0"
