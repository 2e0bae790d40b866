"""Measures the tracing pass: transfers a second, growth, memory, by convention and colours.

    python -m benchmarks.tracing [MILLIONS...]

A world is seeded: a tenth as many accounts as transfers, each with an opening balance; payers and
payees are drawn so that a few are busy, amounts so that most are small; a twentieth of the
transfers is tinted. Each measure is a process of its own; CPU time of the pass alone, best of two.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import sys
import time
from pathlib import Path

import numpy as np

from graph.tracing import CONVENTIONS, Convention, Opening, Transfers, trace

COLOURS = (1, 50, 1000)
SEED = 20160613
TINTED_SHARE = 0.05
# Transfers times colours that accounts come to hold; pro rata keeps each of them, and beyond it
# needs more memory than a shared machine of 24 GiB has to spare.
LARGEST = 1_200_000_000
USUAL_COLOURS = 100


def world(count: int, colours: int) -> tuple[Transfers, np.ndarray, Opening, int]:
    """Transfers, tints, opening balances of colour 0, and the number of accounts."""
    draw = np.random.default_rng(SEED)
    accounts = count // 10
    # The square draws low numbers more often; the permutation spreads them over memory.
    spread = draw.permutation(accounts).astype(np.int32)
    payer, payee = (spread[(accounts * draw.random(count) ** 2).astype(np.int32)] for _ in range(2))
    amount = np.exp(draw.normal(11, 2, count)).astype(np.int64) + 1
    at = np.arange(count, dtype=np.int64) * 1000
    tint = np.full(count, -1, dtype=np.int32)
    tinted = draw.random(count) < TINTED_SHARE
    tint[tinted] = draw.integers(1, colours + 1, int(tinted.sum()))
    held = np.exp(draw.normal(13, 2, accounts)).astype(np.int64)
    return Transfers(payer, payee, amount, at), tint, Opening.balances(held), accounts


def measure(count: int, colours: int, convention: Convention) -> dict[str, object]:
    """One pass for its sums: CPU seconds and bytes a transfer beyond its inputs."""
    small = world(1000, colours)
    trace(
        small[0], small[1], accounts=small[3], colours=colours + 1, convention=convention,
        opening=small[2], record=False,
    )  # fmt: skip
    transfers, tint, opening, accounts = world(count, colours)
    # What making the world took at its peak is forgotten: only the pass counts.
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    seconds, peak = math.inf, 0
    for _ in range(2):
        start = time.process_time()
        traced = trace(
            transfers, tint, accounts=accounts, colours=colours + 1, convention=convention,
            opening=opening, record=False,
        )  # fmt: skip
        seconds = min(seconds, time.process_time() - start)
        peak = max(peak, _status("VmHWM"))
        held = np.bincount(traced.held_colour, traced.held_fen, minlength=colours + 1)
        assert (traced.entered - traced.left == held.astype(np.int64)).all() or (
            traced.held_fen.sum() > 1 << 53
        )
        del traced
    return {
        "transfers": count, "colours": colours, "convention": convention,
        "seconds": round(seconds, 2), "million_a_second": round(count / seconds / 1e6, 2),
        "bytes_a_transfer": round(max(peak - before, 0) / count),
    }  # fmt: skip


def _status(name: str) -> int:
    """Bytes of memory that the kernel says of this process: now (VmRSS), or at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024


def main() -> None:
    """Measure every convention, number of colours and size, then how the time grows."""
    sizes = [int(float(word) * 1e6) for word in sys.argv[1:]] or [10**6, 10**7, 5 * 10**7]
    fresh = multiprocessing.get_context("spawn")
    for convention in CONVENTIONS:
        for colours in COLOURS:
            seconds = []
            kept = min(colours, USUAL_COLOURS) if convention == "prorata" else 1
            fitting = [count for count in sizes if count * kept <= LARGEST]
            for count in sorted(set(sizes) - set(fitting)):
                print(f"{convention}, {colours} colours: {count} transfers left out, memory")
            for count in fitting:
                with fresh.Pool(1) as pool:
                    found = pool.apply(measure, (count, colours, convention))
                seconds.append(found["seconds"])
                print(json.dumps(found), flush=True)
            if len(fitting) > 1:
                slope = np.polyfit(np.log(fitting), np.log(seconds), 1)[0]
                print(f"{convention}, {colours} colours: growth exponent {slope:.3f}", flush=True)


if __name__ == "__main__":
    main()
