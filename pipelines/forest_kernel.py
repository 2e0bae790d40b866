"""Isolation trees as flat heaps, and the array passes that walk them.

A tree is laid out so that the children of node i are 2i+1 and 2i+2. A leaf above the bottom hands
everything to its left child, so every walk has the same number of steps and no branch on the kind
of node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

ROWS_AT_ONCE = 512

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trees:
    """A forest in heap order: arrays of shape (trees, nodes).

    `leaf_path` (trees, bottom nodes) is the path length that ends there, with the correction for
    the parties left together in the leaf; `node_path` is the mean of it over the training parties
    of each node, in steps.
    """

    depth: int
    feature: npt.NDArray[np.uint16]
    threshold: npt.NDArray[np.float32]
    leaf_path: Floats
    node_path: Floats
    expected_path: float


def compress(values: Floats) -> npt.NDArray[np.float32]:
    """Prepare features: the median for unknown, sign(x) * ln(1 + |x|), single precision.

    Amounts and counts have heavy tails, and a split drawn evenly between the least and the
    greatest value would only ever meet the few greatest; the logarithm keeps the order. A feature
    that is unknown for all becomes zero.
    """
    filled = values.copy()
    for column in range(values.shape[1]):
        unknown = np.isnan(values[:, column])
        if unknown.any():
            known = values[~unknown, column]
            filled[unknown, column] = np.median(known) if len(known) else 0.0
    return np.ascontiguousarray(np.sign(filled) * np.log1p(np.abs(filled)), dtype=np.float32)


def average_path(samples: npt.NDArray[np.int64]) -> Floats:
    """Give the mean depth at which that many parties would still be told apart (Liu 2008, eq. 1).

    Written operation for operation as scikit-learn writes it, so that the bits agree.
    """
    result = np.zeros(samples.shape)
    result[samples == 2] = 1.0
    many = samples > 2
    count = samples[many]
    result[many] = 2.0 * (np.log(count - 1.0) + np.euler_gamma) - 2.0 * (count - 1.0) / count
    return result


def heap_order(trees: Sequence[Any], sample_size: int) -> Trees:
    """Lay scikit-learn trees out as heaps; thresholds are rounded down to single precision.

    For a single-precision x and a double t, x <= t holds exactly when x <= t rounded down.
    """
    depth = max(1, max(int(tree.max_depth) for tree in trees))
    nodes, bottom = 2 ** (depth + 1) - 1, 2**depth
    feature = np.zeros((len(trees), nodes), dtype=np.uint16)
    threshold = np.full((len(trees), nodes), np.inf, dtype=np.float32)
    leaf_path = np.zeros((len(trees), bottom))
    node_path = np.zeros((len(trees), nodes))
    for number, tree in enumerate(trees):
        samples = np.asarray(tree.n_node_samples, dtype=np.int64)
        ends = (
            np.asarray(tree.compute_node_depths(), dtype=np.float64) + average_path(samples) - 1.0
        )
        _place(
            np.asarray(tree.children_left, dtype=np.int64),
            np.asarray(tree.children_right, dtype=np.int64),
            np.asarray(tree.feature, dtype=np.int64),
            np.asarray(tree.threshold, dtype=np.float64),
            samples,
            ends,
            depth,
            feature[number],
            threshold[number],
            leaf_path[number],
            node_path[number],
        )
    expected = float(average_path(np.asarray([sample_size]))[0])
    return Trees(depth, feature, threshold, leaf_path, node_path, expected)


@numba.njit(cache=True)
def _place(  # type: ignore[no-untyped-def]
    left,
    right,
    feature,
    threshold,
    samples,
    ends,
    depth,
    to_feature,
    to_threshold,
    to_leaf,
    to_node,
):
    count = len(left)
    place = np.zeros(count, dtype=np.int64)
    level = np.zeros(count, dtype=np.int64)
    mean = np.zeros(count)
    first = 2**depth - 1
    for node in range(count):  # parents come before their children
        if left[node] >= 0:
            place[left[node]] = 2 * place[node] + 1
            place[right[node]] = 2 * place[node] + 2
            level[left[node]] = level[node] + 1
            level[right[node]] = level[node] + 1
            to_feature[place[node]] = feature[node]
            rounded = np.float32(threshold[node])
            if np.float64(rounded) > threshold[node]:
                rounded = np.nextafter(rounded, np.float32(-np.inf))
            to_threshold[place[node]] = rounded
    for node in range(count - 1, -1, -1):
        if left[node] >= 0:
            a, b = left[node], right[node]
            mean[node] = (mean[a] * samples[a] + mean[b] * samples[b]) / samples[node]
            to_node[place[node]] = mean[node]
        else:
            mean[node] = ends[node]
            spot = place[node]
            to_node[spot] = ends[node]
            for _ in range(depth - level[node]):
                spot = 2 * spot + 1
                to_node[spot] = ends[node]
            to_leaf[spot - first] = ends[node]


def add_path_lengths(trees: Trees, matrix: npt.NDArray[np.float32]) -> Floats:
    """Sum each row's path lengths over all trees, in the order of the trees."""
    total = np.zeros(len(matrix))
    _walk(trees.feature, trees.threshold, trees.leaf_path, trees.depth, matrix, total)
    return total


@numba.njit(cache=True, parallel=True)
def _walk(feature, threshold, leaf_path, depth, matrix, total):  # type: ignore[no-untyped-def]
    # A block of rows goes down one tree level by level: the rows do not wait for each other, and
    # unsigned indices spare the test for negative ones. Twice as fast as row by row.
    rows = np.uint64(matrix.shape[0])
    size = np.uint64(ROWS_AT_ONCE)
    first = np.uint32(2**depth - 1)
    for block in numba.prange((matrix.shape[0] + ROWS_AT_ONCE - 1) // ROWS_AT_ONCE):
        start = np.uint64(block) * size
        count = min(rows, start + size) - start
        nodes = np.zeros(ROWS_AT_ONCE, dtype=np.uint32)
        for tree in range(feature.shape[0]):
            splits, limits, ends = feature[tree], threshold[tree], leaf_path[tree]
            nodes[:] = 0
            for _ in range(depth):
                for offset in range(count):
                    at = np.uint64(offset)
                    node = nodes[at]
                    right = matrix[start + at, np.uint64(splits[node])] > limits[node]
                    nodes[at] = np.uint32(2) * node + np.uint32(1) + np.uint32(right)
            for offset in range(count):
                at = np.uint64(offset)
                total[start + at] += ends[nodes[at] - first]


def add_contributions(trees: Trees, matrix: npt.NDArray[np.float32]) -> Floats:
    """Sum, per row and feature, the steps that the feature's splits took off the expected path."""
    parts = np.zeros(matrix.shape)
    _walk_contributions(trees.feature, trees.threshold, trees.node_path, trees.depth, matrix, parts)
    return parts


@numba.njit(cache=True, parallel=True)
def _walk_contributions(feature, threshold, node_path, depth, matrix, parts):  # type: ignore[no-untyped-def]
    for row in numba.prange(matrix.shape[0]):
        for tree in range(feature.shape[0]):
            node = np.uint32(0)
            for _ in range(depth):
                split = feature[tree, node]
                right = matrix[row, split] > threshold[tree, node]
                child = np.uint32(2) * node + np.uint32(1) + np.uint32(right)
                parts[row, split] += node_path[tree, node] - node_path[tree, child]
                node = child
