"""Runs a search from every start, block by block on threads, and puts the blocks' results together.

A kernel searches a range of starts and returns records: whole numbers, each record how many values
follow and then the values. Blocks are put together in the order of their starts, so the result
does not depend on how many threads ran.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from graph.pattern_found import Bounds, Cut
from graph.transfer_list import Ints, Small

# Far beyond what can be found; what kernels add to it stays within 64 bits.
NO_LIMIT = 1 << 62
BLOCKS_PER_THREAD = 32

# A kernel's block: records, how many of each size, and the starts that were searched in part.
Block = tuple[Small, Ints, Ints]
Kernel = Callable[[int, int, Any, int, int], Any]


@dataclass(frozen=True)
class Searched:
    """Records one after the other, how many patterns of each size they hold, and what was cut."""

    records: Small
    sizes: Ints
    cut: Cut | None

    def by_size(self) -> dict[int, Small]:
        """Records whose size is that of the pattern, as a table for each size."""
        if not len(self.records):
            return {}
        sizes = np.flatnonzero(self.sizes).tolist()
        return {size: _of_size(self.records, size, int(self.sizes[size])) for size in sizes}


def search_starts(
    kernel: Kernel,
    starts: int,
    scratch: Callable[[], Any],
    bounds: Bounds,
    threads: int,
    start_of: Callable[[int], int],
    size_at: int = 0,
) -> Searched:
    """Search from starts 0 to `starts` - 1.

    `kernel(first, past, scratch, limit, per_start)` ends a block once it has found more than
    `limit`; each thread has a scratch of its own. `start_of` tells a record's start by its first
    value; `size_at` is where a record states its pattern's size.
    """
    limit = NO_LIMIT if bounds.instances is None else bounds.instances
    per_start = NO_LIMIT if bounds.per_start is None else bounds.per_start
    edges = np.linspace(0, starts, min(starts, BLOCKS_PER_THREAD * threads) + 1).astype(int)
    ranges = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    blocks: list[Small] = []
    parts: list[Ints] = []
    sizes = np.zeros(1, dtype=np.int64)
    for records, found, part in _run(kernel, ranges, scratch, limit, per_start, threads):
        blocks.append(records)
        parts.append(part)
        sizes = _added(sizes, found)
        if sizes.sum() > limit:
            break
    together = np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.int32)
    partly = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    cut = Cut("per_start", per_start, len(partly), 0) if len(partly) else None
    if sizes.sum() > limit:
        end = _place(together, limit)
        last = start_of(int(together[end + 1]))
        together = together[:end]
        before = int((partly < last).sum())
        cut = Cut("instances", limit, before + 1, starts - 1 - last)
        sizes = np.bincount(_sizes(together, limit, size_at)).astype(np.int64)
    return Searched(together, sizes, cut)


def _run(
    kernel: Kernel,
    ranges: list[tuple[int, int]],
    scratch: Callable[[], Any],
    limit: int,
    per_start: int,
    threads: int,
) -> Iterator[Block]:
    if threads == 1:
        own = scratch()
        for first, past in ranges:
            yield kernel(first, past, own, limit, per_start)
        return
    local = threading.local()

    def begin() -> None:
        local.scratch = scratch()

    def search(bounds: tuple[int, int]) -> Block:
        block: Block = kernel(*bounds, local.scratch, limit, per_start)
        return block

    with ThreadPoolExecutor(threads, initializer=begin) as pool:
        waiting = [pool.submit(search, each) for each in ranges]
        try:
            for block in waiting:
                yield block.result()
        finally:
            for block in waiting:
                block.cancel()


def _added(one: Ints, other: Ints) -> Ints:
    both = np.zeros(max(len(one), len(other)), dtype=np.int64)
    both[: len(one)] += one
    both[: len(other)] += other
    return both


@numba.njit(cache=True, nogil=True)
def _of_size(records: Small, size: int, count: int) -> Small:
    table = np.empty((count, size), dtype=np.int32)
    place = row = 0
    while place < len(records):
        if records[place] == size:
            for column in range(size):
                table[row, column] = records[place + 1 + column]
            row += 1
        place += records[place] + 1
    return table


@numba.njit(cache=True, nogil=True)
def _place(records: Small, number: int) -> int:
    """Where a record begins, counted from 0."""
    place = 0
    for _ in range(number):
        place += records[place] + 1
    return place


@numba.njit(cache=True, nogil=True)
def _sizes(records: Small, count: int, size_at: int) -> Ints:
    sizes = np.empty(count, dtype=np.int64)
    place = 0
    for number in range(count):
        sizes[number] = records[place + size_at]
        place += records[place] + 1
    return sizes
