"""How deep a graph of holdings is nested: layers below each product, and where holdings go round.

Products are numbers from 0; an edge leads from the product that holds to the product that is held.
Depth is found layer by layer from the products that hold none; strong components tell cycles.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]

# The depth of a product from which holdings lead into a cycle: no number of layers is the last.
ENDLESS = -1


@dataclass(frozen=True)
class Nesting:
    """Layers below each product, and the cycles.

    `depth` is 0 for a product that holds none, else 1 more than the deepest it holds, or `ENDLESS`.
    `deepest` is the held product on the longest chain (the smallest number of several), for endless
    ones on the shortest way into a cycle, or -1 for none and within cycles. `cycles` has one
    shortest cycle through the smallest product of each strong component, in the order of these
    products.
    """

    depth: Ints
    deepest: Ints
    cycles: tuple[tuple[int, ...], ...]

    def chain(self, product: int) -> tuple[int, ...]:
        """The longest chain from a product down, or the way into a cycle; the product first."""
        found = [product]
        while self.deepest[found[-1]] >= 0:
            found.append(int(self.deepest[found[-1]]))
        return tuple(found)


def nesting(holder: Ints, held: Ints, products: int) -> Nesting:
    """Measure the nesting of `products` products whose holdings are the edges holder to held.

    >>> result = nesting(np.array([0, 1, 3, 4]), np.array([1, 2, 4, 3]), 5)
    >>> result.depth.tolist(), result.chain(0), result.cycles
    ([2, 1, 0, -1, -1], (0, 1, 2), ((3, 4),))
    >>> nesting(np.array([0, 1, 2]), np.array([1, 2, 1]), 3).chain(0)
    (0, 1)
    """
    edges = np.unique(np.column_stack([holder, held]).astype(np.int64), axis=0)
    start, end = edges[:, 0], edges[:, 1]
    matrix = csr_array((np.ones(len(edges)), (start, end)), shape=(products, products))
    _, component = connected_components(matrix, connection="strong")
    sizes = np.bincount(component, minlength=products)
    round_going = sizes[component] > 1
    round_going[start[start == end]] = True
    endless = _leading_to(round_going, start, end)
    depth = np.zeros(products, dtype=np.int64)
    # A layer a step: each step gives the right depth to all products one layer higher.
    while True:
        lifted = depth.copy()
        np.maximum.at(lifted, start, np.where(endless[start], 0, depth[end] + 1))
        if np.array_equal(lifted, depth):
            break
        depth = lifted
    depth[endless] = ENDLESS
    deepest = np.full(products, -1, dtype=np.int64)
    on_way = (depth[start] > 0) & (depth[end] == depth[start] - 1)
    # Edges are sorted; written backwards, the smallest held product stays.
    deepest[start[on_way][::-1]] = end[on_way][::-1]
    near = round_going.copy()
    while not np.array_equal(near, endless):
        entering = ~near[start] & near[end]
        deepest[start[entering][::-1]] = end[entering][::-1]
        near[start[entering]] = True
    return Nesting(depth, deepest, _cycles(start, end, component, round_going))


def _leading_to(marked: npt.NDArray[np.bool_], start: Ints, end: Ints) -> npt.NDArray[np.bool_]:
    """Mark every product from which holdings lead to a marked one."""
    reached = marked.copy()
    while True:
        grown = reached.copy()
        grown[start[reached[end]]] = True
        if np.array_equal(grown, reached):
            return reached
        reached = grown


def _cycles(
    start: Ints, end: Ints, component: Ints, round_going: npt.NDArray[np.bool_]
) -> tuple[tuple[int, ...], ...]:
    inner = round_going[start] & (component[start] == component[end])
    graph = nx.DiGraph(zip(start[inner].tolist(), end[inner].tolist(), strict=True))
    found = []
    seen: set[int] = set()
    for product in np.flatnonzero(round_going).tolist():
        if int(component[product]) not in seen:
            seen.add(int(component[product]))
            ways = [
                nx.shortest_path(graph, after, product)
                for after in sorted(graph.successors(product))
            ]
            shortest = min(ways, key=len)
            found.append((product, *shortest[:-1]))
    return tuple(found)
