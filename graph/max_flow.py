"""The largest flow through a network of whole capacities, by level graphs and blocking flows.

Source: E. A. Dinitz, "Algorithm for solution of a problem of maximum flow in networks with power
estimation", Soviet Mathematics Doklady 11 (1970). Time is at most nodes squared times arcs; on
networks laid out in time it is close to linear. Capacities are 64-bit, as scipy's are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass
class Network:
    """Arcs with what they still let through; arc 2k goes as given, 2k + 1 is its way back.

    `first` and `arcs` list the arcs that leave each node; `head` is where an arc leads.
    """

    head: Ints
    room: Ints
    first: Ints
    arcs: Ints

    @classmethod
    def of(cls, nodes: int, tail: Ints, head: Ints, capacity: Ints) -> Network:
        """The network of arcs from `tail` to `head`, empty."""
        both_heads = np.empty(2 * len(tail), dtype=np.int64)
        both_heads[::2], both_heads[1::2] = head, tail
        room = np.zeros(2 * len(tail), dtype=np.int64)
        room[::2] = capacity
        both_tails = np.empty(2 * len(tail), dtype=np.int64)
        both_tails[::2], both_tails[1::2] = tail, head
        first = np.zeros(nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(both_tails, minlength=nodes), out=first[1:])
        return cls(both_heads, room, first, np.argsort(both_tails, kind="stable"))

    def copy(self) -> Network:
        """The same network with a flow of its own."""
        return Network(self.head, self.room.copy(), self.first, self.arcs)

    def push(self, source: int, sink: int, *, from_sink: bool = False) -> int:
        """Send as much as fits from source to sink, on top of what flows, and say how much.

        With `from_sink` levels are told from there, which is quicker where less leads to the sink
        than away from the source.

        >>> arcs = [0, 0, 1, 2, 1], [1, 2, 3, 3, 2], [3, 2, 2, 4, 5]
        >>> Network.of(4, *map(np.array, arcs)).push(0, 3)
        5
        """
        return int(_push(self.head, self.room, self.first, self.arcs, source, sink, from_sink))


@numba.njit(cache=True, nogil=True)
def _push(
    head: Any, room: Any, first: Any, arcs: Any, source: int, sink: int, from_sink: bool
) -> int:
    nodes = len(first) - 1
    level = np.empty(nodes, dtype=np.int64)
    queue = np.empty(nodes, dtype=np.int64)
    place = np.empty(nodes, dtype=np.int64)
    path = np.empty(nodes + 1, dtype=np.int64)
    total = 0
    start, end = (sink, source) if from_sink else (source, sink)
    step_up = -1 if from_sink else 1
    while True:
        level[:] = -1
        level[start], queue[0] = 0, start
        done, waiting = 0, 1
        while done < waiting and level[end] < 0:
            node = queue[done]
            done += 1
            for at in range(first[node], first[node + 1]):
                arc = arcs[at]
                if room[arc ^ from_sink] > 0 and level[head[arc]] < 0:
                    level[head[arc]] = level[node] + 1
                    queue[waiting] = head[arc]
                    waiting += 1
        if level[end] < 0:
            return total
        for at in range(waiting):
            place[queue[at]] = first[queue[at]]
        depth, node = 0, source
        while True:
            if node == sink:
                least = room[path[0]]
                for step in range(1, depth):
                    least = min(least, room[path[step]])
                total += least
                back = depth
                for step in range(depth - 1, -1, -1):
                    room[path[step]] -= least
                    room[path[step] ^ 1] += least
                    if room[path[step]] == 0:
                        back = step
                depth = back
                node = head[path[depth] ^ 1]
                continue
            moved = False
            while place[node] < first[node + 1]:
                arc = arcs[place[node]]
                up = level[head[arc]]
                if room[arc] > 0 and up >= 0 and up == level[node] + step_up:
                    path[depth] = arc
                    depth += 1
                    node = head[arc]
                    moved = True
                    break
                place[node] += 1
            if moved:
                continue
            if depth == 0:
                break
            depth -= 1
            node = head[path[depth] ^ 1]
            place[node] += 1
