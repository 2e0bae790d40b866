"""The typologies' pages, generated from their detectors, Chinese and English.

python -m evaluation.pages        writes docs/typologies/, two pages and two pictures a typology
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from data import settings as settings_module
from data.legal_rules import LegalRule, legal_rules
from detectors.description import read_description
from detectors.finding import Measure
from detectors.registry import DETECTORS, Detector
from evaluation.cases import flows_of, read_cases
from evaluation.flow_picture import flow_picture
from pipelines.disposal import in_words
from pipelines.measure_words import held_against, measure_name, money, quantity

FOLDER = Path(__file__).parents[1] / "docs" / "typologies"
LINE = re.compile(r"(\w+) = ([^#]+?)\s*(?:# (.*))?")


def main() -> None:
    """Write all pages and pictures, and remove those of typologies that are no more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = pages(read_cases())
    for path in FOLDER.iterdir():
        if path.suffix in (".md", ".svg") and path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def pages(cases: Mapping[str, Any]) -> dict[str, str]:
    """The text of every file by its name, from the detectors and the cases kept."""
    files = {"README.md": _index(zh=False), "README.zh-CN.md": _index(zh=True)}
    for detector in DETECTORS:
        held = cases.get(detector.NAME)
        for zh in (True, False):
            ending = ".zh-CN" if zh else ""
            files[f"{detector.NAME}{ending}.md"] = page(detector, held, zh)
            if held and held["flows"]:
                picture = flow_picture(held["groups"], flows_of(held), zh)
                files[f"{detector.NAME}{ending}.svg"] = picture
    return files


def page(detector: Detector, held: Mapping[str, Any] | None, zh: bool) -> str:
    """The page of one typology in one language; `held` is its example case."""
    words = detector.CHINESE if zh else read_description(detector.__doc__)
    other = f"{detector.NAME}.md" if zh else f"{detector.NAME}.zh-CN.md"
    title = detector.TITLE[not zh]
    office = in_words(detector.LEAD_OFFICE, zh)
    parts = [
        f"# {detector.CODE} {title}",
        f"[English]({other})" if zh else f"[中文]({other})",
        (
            f"条款 {detector.CLAUSE} · 严重程度 {detector.SEVERITY}/5 · 牵头 {office} · "
            f"`{detector.NAME}`"
            if zh
            else f"clause {detector.CLAUSE} · severity {detector.SEVERITY}/5 · lead: {office} · "
            f"`{detector.NAME}`"
        ),
        "## 表现" if zh else "## Pattern",
        words.pattern,
        "## 相似的正常情形" if zh else "## Innocent look-alikes",
        words.lookalikes,
        "## 盲区" if zh else "## Blind spots",
        words.blind_spots,
        *_thresholds(detector, zh),
        *_law(detector, zh),
        *_example(detector, held, zh),
    ]
    return "\n\n".join(parts) + "\n"


def rules_of(detector: Detector) -> list[LegalRule]:
    """The rows of the rule table that a detector names, or that bear its name."""
    named = {detector.NAME} | _texts(cast(ModuleType, detector))
    return [rule for rule in legal_rules() if rule.rule in named]


def thresholds_of(name: str) -> list[tuple[str, str, str]]:
    """The settings of a typology as they are written: name, value, unit and reason."""
    text = settings_module.DEFAULTS.read_text("utf-8")
    section = text.split(f"[detectors.{name}]", 1)[1].split("\n[", 1)[0]
    found = [LINE.fullmatch(line.strip()) for line in section.splitlines()[1:]]
    return [(m[1], m[2], m[3] or "") for m in found if m]


def _texts(module: ModuleType) -> set[str]:
    """The string constants of a module."""
    tree = ast.parse(inspect.getsource(module))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _thresholds(detector: Detector, zh: bool) -> list[str]:
    rows = thresholds_of(detector.NAME)
    head = ("设置", "值") if zh else ("setting", "value", "unit and reason")
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [_row([f"`{name}`", value, reason][: len(head)]) for name, value, reason in rows]
    said = (
        "均为起始假设，法定数字见下节；单位和理由写在 `data/settings.toml` 的 "
        f"`[detectors.{detector.NAME}]`。"
        if zh
        else f"From `data/settings.toml`, `[detectors.{detector.NAME}]`; what is law stands in the "
        "next section, the rest is a starting assumption."
    )
    return ["## 界限" if zh else "## Thresholds", said, "\n".join(lines)]


def _law(detector: Detector, zh: bool) -> list[str]:
    rules = rules_of(detector)
    title = "## 法定数字" if zh else "## Figures of the law"
    if not rules:
        return [title, "无。" if zh else "None."]
    head = ("规则", "值", "起", "止", "来源") if zh else ("rule", "value", "from", "to", "source")
    rows = [
        _row(
            [
                f"`{rule.rule}.{rule.parameter}`",
                _figure(rule, zh),
                rule.valid_from.isoformat(),
                rule.valid_to.isoformat() if rule.valid_to else "",
                rule.source,
            ]
        )
        for rule in rules
    ]
    return [title, "\n".join([_row(head), _row(["---"] * len(head)), *rows])]


def _figure(rule: LegalRule, zh: bool) -> str:
    if rule.unit == "flag":
        return "禁止" if zh else "banned"
    if rule.unit == "fen":
        return money(int(rule.value), zh)
    return quantity(float(rule.value), rule.unit, zh)


def _example(detector: Detector, held: Mapping[str, Any] | None, zh: bool) -> list[str]:
    if held is None:
        return []
    language = "zh" if zh else "en"
    lines = []
    for name, values in held["measures"].items():
        measure = Measure(**values)
        line = f"- {measure_name(name, zh)}{'：' if zh else ': '}"
        line += quantity(measure.value, measure.unit, zh)
        if measure.threshold is not None:
            against = held_against(measure.threshold, measure.unit, zh)
            line += f"（{against}）" if zh else f" ({against})"
        lines.append(line)
    for test in held["lookalikes"]:
        mark = ("已排除" if zh else "ruled out") if test["passed"] else ("未排除" if zh else "open")
        lines.append(f"- [{mark}] {test[language]}")
    parts = [
        "## 示例" if zh else "## An example",
        (
            f"模拟省份（种子 {held['seed']}）中的一例，置信度 {held['confidence']:.2f}，"
            f"所涉金额 {money(held['amount_fen'], zh)}，证据转账 {held['transfers']} 笔："
            if zh
            else f"From a simulated province (seed {held['seed']}), confidence "
            f"{held['confidence']:.2f}, {money(held['amount_fen'], zh)} at stake, "
            f"{held['transfers']} transfers as evidence:"
        ),
        f"> {held['text'][language]}",
        "\n".join(lines),
        ("未证实：" if zh else "Not established: ") + held["not_established"][language],
    ]
    if held["records"]:
        shown = ", ".join(f"`{record}`" for record in held["records"])
        parts.append(f"登记记录：{shown}" if zh else f"Records that show it: {shown}")
    if held["flows"]:
        name = f"{detector.NAME}{'.zh-CN' if zh else ''}.svg"
        parts.append(f"![{'资金流向' if zh else 'how the money moved'}]({name})")
    return parts


def _index(zh: bool) -> str:
    head = ("代码", "类型", "条款") if zh else ("code", "typology", "clause")
    rows = [
        _row(
            [
                each.CODE,
                f"[{each.TITLE[not zh]}]({each.NAME}{'.zh-CN' if zh else ''}.md)",
                each.CLAUSE,
            ]
        )
        for each in DETECTORS
    ]
    title = "# 类型" if zh else "# Typologies"
    return "\n".join([title, "", _row(head), _row(["---"] * 3), *rows]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    main()
