"""Patterns beside snapml, igraph and NetworkX: CPU seconds, ratios and counts.

    python -m benchmarks.patterns [TRANSFERS] [--peers PYTHON] [--static]

`--peers` names an interpreter that has snapml and igraph, which are no dependencies; their passes
run apart, on one thread as ours do, and end after `PATIENCE_S`. Without `--static` patterns in time
stand beside snapml: counts are transfers in instances by size, what snapml states per transfer.
`--static` searches simple cycles of 3 to 7 accounts in 280,000 transfers with pockets, as many
cycles as a contest's lists hold, up to the file that is written; igraph and NetworkX count too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import networkx as nx
import numpy as np

from graph.amount_ratio import AmountRatio
from graph.fans import fan_sizes
from graph.pattern_found import Bounds, Found
from graph.scatter_gather import scatter_gather
from graph.temporal_cycles import temporal_cycles
from graph.transfer_list import Ints, TransferList
from pipelines.patterns import Search, as_text, find
from pipelines.transfer_file import read_transfer_file

DAY_S = 86_400
DAYS = 30
PATIENCE_S = 900
COUNT = Bounds(store=False)
SNAPML = """
import json, sys, time
import numpy as np
from snapml import GraphFeaturePreprocessor
file, pattern, window, length = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rows = np.load(file)
table = np.column_stack([np.arange(len(rows["payer"])), rows["payer"], rows["payee"], rows["at"]])
pass_ = GraphFeaturePreprocessor()
names = ("fan", "degree", "scatter-gather", "temp-cycle", "lc-cycle")
chosen = dict(num_threads=1, vertex_stats=False, **{name: name == pattern for name in names})
chosen[pattern + "_tw"], chosen[pattern + "_bins"] = window, list(range(2, 31))
if pattern == "lc-cycle":
    chosen["lc-cycle_len"], chosen[pattern + "_bins"] = length, list(range(2, 9))
pass_.set_params(chosen)
begun = time.process_time()
found = pass_.transform(table.astype(float))[:, 4:].sum(0)
print(json.dumps([time.process_time() - begun, found.astype(int).tolist()]))
"""
IGRAPH = """
import json, sys, time
import igraph, numpy as np
pairs, longest = np.load(sys.argv[1])["pairs"], int(sys.argv[2])
graph = igraph.Graph(n=int(pairs.max()) + 1, edges=pairs.tolist(), directed=True)
begun = time.process_time()
found = graph.simple_cycles(min=3, max=longest)
print(json.dumps([time.process_time() - begun, len(found)]))
"""


def transfers_in_time(count: int, hubs: bool, seed: int = 1) -> TransferList:
    """Random transfers of thirty days among a tenth as many accounts, evenly or with hubs."""
    generator = np.random.default_rng(seed)
    accounts = count // 10
    if hubs:
        weights = np.cumsum((np.arange(1, accounts + 1) + 5.0) ** -0.7)
        sides = np.searchsorted(weights / weights[-1], generator.random((2, count)))
    else:
        sides = generator.integers(0, accounts, (2, count))
    at = np.sort(generator.integers(0, DAYS * DAY_S, count))
    amount = np.exp(generator.normal(10, 1.5, count)).astype(np.int64) + 1
    keep = sides[0] != sides[1]
    return TransferList(sides[0][keep], sides[1][keep], amount[keep], at[keep], accounts)


def in_transfers(found: Found) -> list[int]:
    """Transfers in instances, by size from 2."""
    return [int(size * many) for size, many in enumerate(found.sizes)][2:]


def fan_counts(transfers: TransferList) -> list[int]:
    """Transfers in the windows that each transfer ends, by counterparties; payers, then payees."""
    counts = []
    for side in ("in", "out"):
        measured = fan_sizes(transfers, side, DAY_S - 1)  # type: ignore[arg-type]
        held = np.arange(len(measured.first)) - measured.first + 1
        by_size = np.bincount(measured.size, weights=held, minlength=31).astype(int)
        counts += by_size[2:31].tolist()
    return counts


PASSES: dict[str, tuple[str, Callable[[TransferList], list[int]]]] = {
    "cycles in time": ("temp-cycle", lambda t: in_transfers(
        temporal_cycles(t, max_length=8, window_us=DAY_S, bounds=COUNT, threads=1))),
    "cycles in any order, to 4": ("lc-cycle", lambda t: in_transfers(
        temporal_cycles(t, max_length=4, window_us=DAY_S, times="any", bounds=COUNT, threads=1))),
    "fans": ("fan", fan_counts),
    "scatter-gather": ("scatter-gather", lambda t: in_transfers(
        scatter_gather(t, window_us=DAY_S, bounds=COUNT, threads=1))),
}  # fmt: skip


def beside_snapml(count: int, python: str | None) -> Iterator[str]:
    """A line per graph and pattern: our CPU seconds, theirs, the ratio, both counts."""
    warm = transfers_in_time(2_000, hubs=True)
    for _, ours in PASSES.values():
        ours(warm)
    for hubs in (False, True):
        rows = transfers_in_time(count, hubs)
        with tempfile.NamedTemporaryFile(suffix=".npz") as file:
            np.savez(file.name, payer=rows.payer, payee=rows.payee, at=rows.times)
            for name, (pattern, ours) in PASSES.items():
                # What is known of a list of transfers is made again for each pass.
                fresh = TransferList(rows.payer, rows.payee, rows.amount, rows.at, rows.accounts)
                begun = process_time()
                found = ours(fresh)
                seconds = process_time() - begun
                theirs = (
                    _run(python, SNAPML, file.name, pattern, str(DAY_S), "4")
                    if python
                    else "not asked"
                )
                if isinstance(theirs, list):
                    ratio = f"{theirs[0]:8.2f} s = {theirs[0] / max(seconds, 1e-4):6.0f} times"
                    said = f"{ratio}  theirs {_short(theirs[1])}"
                else:
                    said = theirs
                kind = "hubs" if hubs else "even"
                yield (f"{kind} {count:>9} {name:<26} {seconds:7.3f} CPU-s  snapml {said}  "
                       f"ours {_short(found)}")  # fmt: skip


def _run(python: str, program: str, *given: str) -> list[Any] | str:
    """What a peer's program prints, or why it prints nothing."""
    try:
        done = subprocess.run([python, "-c", program, *given], capture_output=True,
                              timeout=PATIENCE_S)  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"more than {PATIENCE_S} s"
    if done.returncode:
        return f"failed ({done.returncode})"
    read: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return read


def _short(counts: list[int]) -> str:
    while counts and not counts[-1]:
        counts = counts[:-1]
    return str(counts[:7])[:-1] + (", …]" if len(counts) > 7 else "]")


def pockets(seed: int = 5) -> tuple[Ints, Ints, Ints]:
    """280,000 transfers among about as many accounts, some of them in dense pockets."""
    generator = np.random.default_rng(seed)
    accounts, transfers, many, size, degree = 270_000, 280_000, 230, 60, 5.4
    inside = generator.integers(0, size, (2, many, int(size * degree)))
    inside += (np.arange(many) * size)[:, None]
    payer, payee = inside.reshape(2, -1)
    pairs = np.unique(payer[payer != payee] * accounts + payee[payer != payee])
    outside = generator.integers(many * size, accounts, (2, transfers - len(pairs)))
    sides = np.concatenate([np.stack([pairs // accounts, pairs % accounts]), outside], axis=1)
    names = generator.permutation(accounts)[sides]
    amount = (np.exp(generator.normal(5, 0.77, transfers)) * 100).astype(np.int64) + 1
    order = generator.permutation(transfers)
    return names[0][order], names[1][order], amount[order]


def static(peers: str | None) -> Iterator[str]:
    """Lines on simple cycles of 3 to 7 accounts with and without the ratio 0.2 to 3."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "list.txt"
        np.savetxt(path, np.column_stack(pockets()), fmt="%d", delimiter=",")
        named = read_transfer_file(path)
        for text in ("0.2:3", None):
            ratio = None if text is None else AmountRatio.parse(text)
            search = Search("cycles", 3, 7, ratio=ratio)
            find(named.transfers, Search("cycles", 3, 4, ratio=ratio))
            begun, busy = perf_counter(), process_time()
            again = read_transfer_file(path)
            read = perf_counter()
            found = find(again.transfers, search)
            searched = perf_counter()
            as_text(found, again, rows=False).write_csv(Path(place) / "out.csv")
            written, cpu = perf_counter(), process_time() - busy
            steps = (read - begun, searched - read, written - searched, written - begun)
            read_s, search_s, write_s, all_s = (f"{seconds:.2f}" for seconds in steps)
            yield (f"static, ratio {text}: {found.count} cycles; reading {read_s} s, search "
                   f"{search_s} s, writing {write_s} s, together {all_s} s; "
                   f"{cpu:.2f} CPU-s")  # fmt: skip
        yield _beside_igraph("static, to length 7", named.transfers, 7, peers)
    few = transfers_in_time(3_000, hubs=False)
    yield _beside_igraph("3,000 transfers to length 5", few, 5, peers)
    graph = nx.DiGraph(zip(few.payer.tolist(), few.payee.tolist(), strict=True))
    begun = process_time()
    theirs = sum(len(cycle) > 2 for cycle in nx.simple_cycles(graph, length_bound=5))
    apart = process_time() - begun
    ours, seconds = _cycles_counted(few, 5)
    yield (f"3,000 transfers to length 5: ours {ours} in {seconds:.4f} CPU-s, "
           f"NetworkX {theirs} in {apart:.2f} = {apart / seconds:.0f} times")  # fmt: skip


def _cycles_counted(transfers: TransferList, longest: int) -> tuple[int, float]:
    fresh = TransferList(transfers.payer, transfers.payee, transfers.amount, None,
                         transfers.accounts)  # fmt: skip
    begun = process_time()
    count = find(fresh, Search("cycles", 3, longest, bounds=COUNT)).count
    return count, process_time() - begun


def _beside_igraph(name: str, rows: TransferList, longest: int, peers: str | None) -> str:
    ours, seconds = _cycles_counted(rows, longest)
    said = f"{name}: ours {ours} in {seconds:.4f} CPU-s, igraph "
    if peers is None:
        return said + "not asked"
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        pairs = np.unique(np.column_stack([rows.payer, rows.payee]), axis=0)
        np.savez(file.name, pairs=pairs[pairs[:, 0] != pairs[:, 1]])
        theirs = _run(peers, IGRAPH, file.name, str(longest))
    if isinstance(theirs, str):
        return said + theirs
    return said + f"{theirs[1]} in {theirs[0]:.2f} = {theirs[0] / seconds:.0f} times"


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("transfers", nargs="?", type=int, default=100_000)
    parser.add_argument("--peers", metavar="PYTHON")
    parser.add_argument("--static", action="store_true")
    chosen = parser.parse_args()
    lines = static(chosen.peers) if chosen.static else beside_snapml(chosen.transfers, chosen.peers)
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
