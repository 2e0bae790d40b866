"""Depths and cycles of holdings: the array pass against NetworkX on random graphs."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.nesting import ENDLESS, nesting

EDGES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20)


@given(EDGES)
def test_depths_and_cycles_are_those_of_networkx(edges: list[tuple[int, int]]) -> None:
    array = np.array(edges, dtype=np.int64).reshape(-1, 2)
    found = nesting(array[:, 0], array[:, 1], 9)
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(range(9))
    for product in range(9):
        below = graph.subgraph({product, *nx.descendants(graph, product)})
        if nx.is_directed_acyclic_graph(below):
            longest = nx.dag_longest_path(nx.DiGraph(below))
            assert found.depth[product] == len(longest) - 1
            chain = found.chain(product)
            assert len(chain) == found.depth[product] + 1
            assert all(graph.has_edge(*step) for step in pairwise(chain))
        else:
            assert found.depth[product] == ENDLESS
    going_round = [
        part
        for part in nx.strongly_connected_components(graph)
        if len(part) > 1 or graph.has_edge(*(2 * tuple(part)))
    ]
    assert len(found.cycles) == len(going_round)
    for cycle in found.cycles:
        assert len(set(cycle)) == len(cycle)
        steps = zip(cycle, (*cycle[1:], cycle[0]), strict=True)
        assert all(graph.has_edge(*step) for step in steps)


def test_no_holdings_are_no_layers() -> None:
    empty = np.empty(0, dtype=np.int64)
    found = nesting(empty, empty, 2)
    assert (found.depth.tolist(), found.cycles) == ([0, 0], ())
