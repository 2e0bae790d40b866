"""The examination that the README shows: that of the release's own seeds, as it was stored.

python -m evaluation.published FOLDER     takes results of `lookthrough evaluate --release`
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from data.errors import InputError
from evaluation.release_seeds import release_seeds
from evaluation.results_text import markdown, typology_rows, way_rows

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "docs" / "examination"
STORED = "examination.json"
PICTURES = ("recall.svg", "ways.svg", "reliability.svg")
READMES = {"README.md": False, "README.zh-CN.md": True}
BLOCK = re.compile(r"(<!-- examination -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Keep the results of a folder as the release's, and write them into both READMEs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    held = json.loads((folder / STORED).read_text("utf-8"))
    refuse_chosen(held["seeds"], version("lookthrough"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in (STORED, *PICTURES):
        shutil.copyfile(folder / name, FOLDER / name)
    for name, zh in READMES.items():
        path = PROJECT / name
        path.write_text(with_block(path.read_text("utf-8"), held, zh), encoding="utf-8")


def refuse_chosen(seeds: list[int], released: str) -> None:
    """Show no seeds but those that the release's version draws.

    Raises:
        InputError: they are others, or in another order.
    """
    drawn = release_seeds(released, len(seeds))
    if seeds != drawn:
        raise InputError(
            f"seeds {seeds} are not those of release {released}, {drawn}; "
            f"`lookthrough evaluate --release {len(seeds)}` measures these"
        )


def with_block(readme: str, held: Mapping[str, Any], zh: bool) -> str:
    """A README with the block of the examination made again.

    Raises:
        InputError: it has no place for one.
    """
    if not BLOCK.search(readme):
        raise InputError("the README lacks <!-- examination --> and <!-- end -->; put them in")
    return BLOCK.sub(lambda found: f"{found[1]}{block(held, zh)}{found[2]}", readme, count=1)


def block(held: Mapping[str, Any], zh: bool) -> str:
    """Seeds, and the tables of every level of degradation, in Markdown."""
    seeds = ", ".join(str(seed) for seed in held["seeds"])
    parts = [
        f"规模 {held['scale']}，种子由版本号抽出：{seeds}。"
        if zh
        else f"Scale {held['scale']}, seeds drawn from the version: {seeds}."
    ]
    typologies = pl.DataFrame(held["typologies"], infer_schema_length=None)
    orders = pl.DataFrame(held["orders"], infer_schema_length=None)
    for level in held["levels"]:
        error = held["calibration_error"][level]
        parts.append(
            f"数据缺损 {level}，总体校准误差 {error:.2f}："
            if zh
            else f"Degradation {level}, calibration error over all {error:.2f}:"
        )
        parts.append(markdown(typology_rows(typologies, level, zh)).rstrip())
        parts.append(markdown(way_rows(orders, level, zh)).rstrip())
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
