"""Money that goes straight on, or comes back: array passes over transfers in the order of time.

How much of what came in left again within some hours is an upper bound: each payment is taken
from what came in last. A round trip is a chain of payments, each a little smaller than or equal to
the one before, that ends where it began.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import polars as pl

from data.settings import Features
from pipelines.features.in_time import HOUR_US, InTime, grouped, share


@numba.njit(cache=True)
def _passed_on(
    events: Any, starts: Any, at: Any, amount: Any, limits: Any, low: float, scan: int
) -> tuple[Any, Any]:
    """Fen passed on within each limit, and fen of payments in that a like payment out followed.

    `events` lists each party's transfers in time order: 2 * i for one paid, 2 * i + 1 for one
    received. The second kind looks at most `scan` events ahead, within the last limit.
    """
    parties = len(starts) - 1
    passed = np.zeros((parties, len(limits)))
    alike = np.zeros(parties)
    for party in range(parties):
        begin, end = starts[party], starts[party + 1]
        lots = np.empty(end - begin, dtype=np.int64)
        left = np.empty(end - begin, dtype=np.int64)
        used = np.zeros(end - begin, dtype=np.bool_)
        held = 0
        for place in range(begin, end):
            event = events[place]
            transfer = event >> 1
            if event & 1:
                lots[held], left[held] = at[transfer], amount[transfer]
                held += 1
                for ahead in range(place + 1, min(end, place + 1 + scan)):
                    later = events[ahead] >> 1
                    if at[later] - at[transfer] > limits[-1]:
                        break
                    if events[ahead] & 1 or used[ahead - begin]:
                        continue
                    if low * amount[transfer] <= amount[later] <= amount[transfer]:
                        used[ahead - begin] = True
                        alike[party] += amount[transfer]
                        break
                continue
            wanted = amount[transfer]
            while wanted > 0 and held > 0:
                taken = min(wanted, left[held - 1])
                age = at[transfer] - lots[held - 1]
                for limit in range(len(limits)):
                    if age <= limits[limit]:
                        passed[party, limit] += taken
                wanted -= taken
                left[held - 1] -= taken
                if left[held - 1] == 0:
                    held -= 1
    return passed, alike


@numba.njit(cache=True)
def _round_trips(
    payer: Any,
    payee: Any,
    at: Any,
    amount: Any,
    paid: Any,
    starts: Any,
    hours: int,
    low: float,
    hops: int,
    scan: int,
) -> Any:
    """Mark the transfers that lie on a round trip of at most so many hops.

    `paid` lists each party's payments in time order. From every transfer the search goes forward,
    looking at most at `scan` payments of each party on the way, smallest time first.
    """
    marked = np.zeros(len(payer), dtype=np.bool_)
    path = np.empty(hops, dtype=np.int64)
    cursor = np.empty(hops, dtype=np.int64)
    seen = np.empty(hops, dtype=np.int64)
    for first in range(len(payer)):
        if payee[first] < 0 or payer[first] < 0:
            continue
        path[0] = first
        depth = 0
        cursor[0], seen[0] = _after(paid, starts, payee[first], first), 0
        while depth >= 0:
            last = path[depth]
            place = cursor[depth]
            if (
                place >= starts[payee[last] + 1]
                or seen[depth] >= scan
                or at[paid[place]] - at[first] > hours
            ):
                depth -= 1
                continue
            cursor[depth] += 1
            seen[depth] += 1
            following = paid[place]
            if not low * amount[last] <= amount[following] <= amount[last]:
                continue
            if payee[following] == payer[first]:
                for step in range(depth + 1):
                    marked[path[step]] = True
                marked[following] = True
                break
            if depth + 2 < hops and payee[following] >= 0:
                depth += 1
                path[depth] = following
                cursor[depth] = _after(paid, starts, payee[following], following)
                seen[depth] = 0
    return marked


@numba.njit(cache=True)
def _after(paid: Any, starts: Any, party: int, transfer: int) -> int:
    """The place of a party's first payment later in the order than a transfer."""
    low, high = starts[party], starts[party + 1]
    while low < high:
        middle = (low + high) // 2
        if paid[middle] <= transfer:
            low = middle + 1
        else:
            high = middle
    return int(low)


def measure_passing(flow: InTime, settings: Features) -> pl.DataFrame:
    """A frame by party_no: shares passed on, passed on alike, and on round trips."""
    limits = np.array([hours * HOUR_US for hours in settings.pass_on_hours], dtype=np.int64)
    passed, alike = _passed_on(
        flow.events, flow.starts, flow.at, flow.amount_fen, limits, settings.alike_from,
        settings.scan_transfers,
    )  # fmt: skip
    paid, paid_starts = grouped(flow.payer, flow.parties)
    marked = _round_trips(
        flow.payer, flow.payee, flow.at, flow.amount_fen, paid, paid_starts,
        settings.round_trip_hours * HOUR_US, settings.alike_from, settings.round_trip_hops,
        settings.scan_transfers,
    )  # fmt: skip
    came_in = flow.came_in
    frame = pl.DataFrame(
        {
            "party_no": np.arange(flow.parties, dtype=np.int64),
            "passed_on_fast": share(passed[:, 0], came_in),
            "passed_on_slower": share(passed[:, -1], came_in),
            "passed_on_alike": share(alike, came_in),
            "round_trip_share": share(flow.sums(flow.payer, marked), flow.went_out),
        }
    )
    return frame.fill_nan(None)
