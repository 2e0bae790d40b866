"""The results of an examination, stored: tables as CSV and Parquet, everything as JSON, plots."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from data.durable import make_folder
from evaluation.calibration import calibration_error, reliability
from evaluation.examination import Plan
from evaluation.facts import Facts
from evaluation.measures import order_measures, typology_measures
from evaluation.plots import bars, curve


def store_results(facts: Facts, plan: Plan, out: Path) -> dict[str, pl.DataFrame]:
    """Write the results under a folder, and return their tables.

    - `typologies`, `orders`, `reliability`: the measures, as CSV and Parquet;
    - `schemes`, `findings`: the facts behind them, as Parquet;
    - `examination.json`: seeds, scale, levels and all tables;
    - `recall.svg`, `reliability.svg`, `ways.svg`.
    """
    make_folder(out)
    bins = [
        reliability(group).with_columns(pl.lit(level).alias("level"))
        for (level,), group in sorted(facts.findings.group_by("level"), key=lambda each: each[0])
    ]
    tables = {
        "typologies": typology_measures(facts),
        "orders": order_measures(facts),
        "reliability": pl.concat(bins) if bins else pl.DataFrame(),
    }
    for name, table in tables.items():
        table.write_csv(out / f"{name}.csv")
        table.write_parquet(out / f"{name}.parquet")
    facts.schemes.write_parquet(out / "schemes.parquet")
    facts.findings.write_parquet(out / "findings.parquet")
    content = {
        "scale": plan.scale,
        "days": plan.days,
        "seeds": list(plan.seeds),
        "levels": list(plan.levels),
        "calibration_error": {
            level: calibration_error(group)
            for (level,), group in sorted(
                facts.findings.group_by("level"), key=lambda each: each[0]
            )
        },
        **{name: table.to_dicts() for name, table in tables.items()},
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (out / "examination.json").write_text(text + "\n", encoding="utf-8")
    for name, picture in _pictures(tables, plan).items():
        (out / f"{name}.svg").write_text(picture, encoding="utf-8")
    return tables


def _pictures(tables: dict[str, pl.DataFrame], plan: Plan) -> dict[str, str]:
    typologies = tables["typologies"].filter(pl.col("schemes").is_not_null())
    names = typologies["typology"].unique().sort().to_list()
    recall = {
        level: _column(typologies.filter(pl.col("level") == level), names, "recall_at_2k")
        for level in plan.levels
    }
    ways = tables["orders"]
    marks = ("precision_at_k", "recall_at_2k", "average_precision")
    by_way = {
        way: [row[mark] for mark in marks]
        for way in ("both", "rules", "forest")
        for row in ways.filter(way=way, level=plan.levels[0]).to_dicts()
    }
    bins = tables["reliability"]
    points = {
        level: [
            (row["confidence"], row["true_share"])
            for row in bins.filter(pl.col("level") == level).to_dicts()
        ]
        for level in plan.levels
    }
    return {
        "recall": bars("recall at the top 2K", names, recall),
        "ways": bars("what each part adds", list(marks), by_way),
        "reliability": curve("stated confidence, and the share that is true", points),
    }


def _column(table: pl.DataFrame, names: list[str], measure: str) -> list[float | None]:
    held = dict(table.select("typology", measure).rows())
    return [held.get(name) for name in names]
