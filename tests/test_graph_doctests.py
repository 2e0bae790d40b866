"""The examples in graph/: each runs and shows what it says, and each algorithm has one."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

MODULES = sorted(path.stem for path in Path("graph").glob("[a-z]*.py"))
ALGORITHMS = {
    "bipartite", "chains", "fans", "gather_scatter", "scatter_gather", "simple_cycles", "stack",
    "temporal_cycles",
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"graph.{name}"))
    assert result.failed == 0
    assert result.attempted > 0 or name not in ALGORITHMS


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_an_algorithm_cites_its_source_and_states_its_cost(name: str) -> None:
    text = Path(f"graph/{name}.py").read_text("utf-8")
    opening = text.split('"""')[1]
    assert any(str(year) in opening for year in range(1975, 2027))
    assert any(word in text for word in ("Time is", "Linear in", "The cost is"))
