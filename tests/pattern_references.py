"""Plain references of the patterns, by their definitions and without thought for time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise, product

import networkx as nx
import numpy as np

Row = tuple[int, int, int, int]
Range = tuple[Fraction, Fraction] | None
HALF_TO_MORE = (Fraction(1, 2), Fraction(3, 2))
LATE = 10**9


def random_rows(seed: int, accounts: int = 9, rows: int = 26) -> tuple[np.random.Generator, list]:
    """A generator for further choices, and random transfers, some of one time or to themselves."""
    generator = np.random.default_rng(seed)
    accounts, count = int(generator.integers(3, accounts)), int(generator.integers(0, rows))
    last = int(generator.integers(1, 25))
    columns = [generator.integers(0, accounts, count) for _ in range(2)]
    columns += [generator.integers(1, 6, count), generator.integers(0, last, count)]
    return generator, [tuple(map(int, row)) for row in zip(*columns, strict=True)]


def within(ratio: Range, this: int, after: int) -> bool:
    return ratio is None or ratio[0] * this <= after <= ratio[1] * this


def later(times: str, this: int, after: int) -> bool:
    return after > this if times == "strict" else after >= this


def simple(rows: Sequence[Row], shortest: int, longest: int, ratio: Range) -> list[list[int]]:
    """NetworkX's cycles from their smallest account, those with a choice of amounts that fits."""
    amounts = defaultdict(set)
    for payer, payee, amount, *_ in rows:
        amounts[payer, payee].add(amount)
    graph = nx.DiGraph([pair for pair in amounts if pair[0] != pair[1]])
    cycles = []
    for cycle in nx.simple_cycles(graph, length_bound=longest):
        begin = cycle.index(min(cycle))
        cycle = cycle[begin:] + cycle[:begin]
        hops = [amounts[pair] for pair in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
        fits = ratio is None or any(
            all(within(ratio, *pair) for pair in zip(choice, [*choice[1:], choice[0]], strict=True))
            for choice in product(*hops)
        )
        if len(cycle) >= shortest and fits:
            cycles.append(cycle)
    return sorted(cycles, key=lambda cycle: (len(cycle), cycle))


def temporal(
    rows: Sequence[Row],
    shortest: int,
    longest: int,
    window: int,
    times: str,
    ratio: Range,
    closing: bool,
) -> set[tuple[int, ...]]:
    """Cycles of transfers, by walking every transfer that may come next."""
    found = set()

    def walk(path: list[int]) -> None:
        first, last = rows[path[0]], rows[path[-1]]
        for number, row in enumerate(rows):
            if row[0] != last[1] or row[0] == row[1] or row[3] - first[3] > window:
                continue
            if times == "any":
                if (row[3], number) <= (first[3], path[0]):
                    continue
            elif not later(times, last[3], row[3]):
                continue
            if not within(ratio, last[2], row[2]):
                continue
            cycle = [*path, number]
            if row[1] == first[0]:
                one_time = len({rows[each][3] for each in cycle}) == 1
                fits = not closing or within(ratio, row[2], first[2])
                if times == "ties" and one_time and path[0] != min(cycle):
                    continue
                if fits and shortest <= len(cycle) <= longest:
                    found.add(tuple(cycle))
            elif row[1] not in {rows[each][0] for each in cycle} and len(cycle) < longest:
                walk(cycle)

    for number, row in enumerate(rows):
        if row[0] != row[1]:
            walk([number])
    return found


def chain(
    rows: Sequence[Row], shortest: int, longest: int, window: int, times: str, ratio: Range
) -> set[tuple[int, ...]]:
    """Chains to which no transfer can be added, out of all chains."""

    def valid(path: tuple[int, ...]) -> bool:
        accounts = [rows[path[0]][0], *(rows[each][1] for each in path)]
        hops = [(rows[one], rows[next_]) for one, next_ in pairwise(path)]
        return (
            len(set(accounts)) == len(accounts)
            and rows[path[-1]][3] - rows[path[0]][3] <= window
            and all(
                one[1] == two[0] and later(times, one[3], two[3]) and within(ratio, one[2], two[2])
                for one, two in hops
            )
        )

    numbers = range(len(rows))
    every: set[tuple[int, ...]] = set()
    current = [(number,) for number in numbers if valid((number,))]
    for _ in range(longest):
        every |= set(current)
        current = [(*path, each) for path in current for each in numbers if valid((*path, each))]
    return {
        path
        for path in every
        if len(path) >= shortest
        and (
            len(path) == longest
            or not any((*path, each) in every or (each, *path) in every for each in numbers)
        )
    }


def fan(rows: Sequence[Row], side: str, window: int, members: int) -> list[tuple]:
    """Windows that no other holds, out of all stretches of an account's transfers."""
    centre, other = (1, 0) if side == "in" else (0, 1)
    found = []
    for account in range(20):
        mine = sorted(
            (row[3], number)
            for number, row in enumerate(rows)
            if row[centre] == account and row[0] != row[1]
        )
        windows = [
            tuple(number for _, number in mine[begin:end])
            for begin in range(len(mine))
            for end in range(begin + 1, len(mine) + 1)
            if mine[end - 1][0] - mine[begin][0] <= window
        ]
        largest = [w for w in windows if not any(set(w) < set(o) for o in windows)]
        for held in sorted(largest, key=lambda w: (rows[w[0]][3], w[0])):
            counterparties = sorted({rows[number][other] for number in held})
            if len(counterparties) >= members:
                found.append((account, counterparties, list(held)))
    return found


def turns(rows: Sequence[Row], window: int, members: int, times: str, ratio: Range) -> list[tuple]:
    """Gather-scatter at each time an account is paid at."""
    found = []
    for account in range(20):
        paid = sorted((r[3], n) for n, r in enumerate(rows) if r[1] == account != r[0])
        pays = sorted((r[3], n) for n, r in enumerate(rows) if r[0] == account != r[1])
        moments = [*sorted({at for at, _ in paid}), LATE]
        for turn, again in pairwise(moments):
            if times == "strict":
                turned = any(turn < at <= again for at, _ in pays)
            else:
                turned = any(turn <= at < again for at, _ in pays)
            gathered = [n for at, n in paid if turn - window <= at <= turn]
            scattered = [n for at, n in pays if later(times, turn, at) and at - turn <= window]
            total = [sum(rows[n][2] for n in part) for part in (gathered, scattered)]
            if (
                turned
                and len({rows[n][0] for n in gathered}) >= members
                and len({rows[n][1] for n in scattered}) >= members
                and within(ratio, *total)
            ):
                found.append((account, gathered + scattered))
    return found


def paths_between(
    rows: Sequence[Row], window: int, members: int, times: str, ratio: Range
) -> list[tuple]:
    """Scatter-gather: sets of two-payment paths in a window that no other window's set holds."""
    paths = defaultdict(list)
    for one, a in enumerate(rows):
        for two, b in enumerate(rows):
            if a[0] == a[1] or b[0] == b[1] or a[1] != b[0] or b[1] == a[0]:
                continue
            if (times != "any" and not later(times, a[3], b[3])) or not within(ratio, a[2], b[2]):
                continue
            if abs(a[3] - b[3]) <= window:
                paths[a[0], b[1]].append((min(a[3], b[3]), max(a[3], b[3]), one, two))
    found = []
    for (payer, payee), each in sorted(paths.items()):
        sets: list[frozenset] = []
        for began in sorted({path[0] for path in each}):
            held = frozenset(p for p in each if p[0] >= began and p[1] <= began + window)
            if held not in sets:
                sets.append(held)
        for held in sets:
            middles = sorted({rows[path[2]][1] for path in held})
            if len(middles) >= members and not any(held < other for other in sets):
                moved = {number for path in held for number in path[2:]}
                found.append((payer, middles, payee, in_time(rows, moved)))
    return found


def in_time(rows: Sequence[Row], numbers: set[int]) -> list[int]:
    return sorted(numbers, key=lambda number: (rows[number][3], number))


def bicliques(rows: Sequence[Row], window: int, members: int) -> list[tuple]:
    """Bipartite instances, from every transfer and every set of its payer's payees."""
    ordered = in_time(rows, {n for n, row in enumerate(rows) if row[0] != row[1]})
    accounts = sorted({account for row in rows for account in row[:2]})
    found = []
    for place, begin in enumerate(ordered):
        payer, payee, _, at = rows[begin]
        first: dict[tuple[int, int], int] = {}
        for number in ordered[place:]:
            if rows[number][3] <= at + window:
                first.setdefault(rows[number][:2], number)

        def extends(pairs: set, payers: list, payees: tuple) -> bool:
            return any(
                all((x, y) in pairs for x in payers) for y in accounts if y not in payees
            ) or any(all((x, y) in pairs for y in payees) for x in accounts if x not in payers)

        reached = [y for y in accounts if (payer, y) in first]
        for count in range(members, len(reached) + 1):
            for payees in combinations(reached, count):
                payers = [x for x in accounts if all((x, y) in first for y in payees)]
                if payee not in payees or len(payers) < members:
                    continue
                moved = {first[x, y] for x in payers for y in payees}
                last = max(rows[number][3] for number in moved)
                before = {rows[n][:2] for n in ordered if last - window <= rows[n][3] <= last}
                earlier = any(
                    rows[n][:2] == (payer, payee) and rows[n][3] >= last - window
                    for n in ordered[:place]
                )
                if earlier or extends(set(first), payers, payees):
                    continue
                if not extends(before, payers, payees):
                    found.append((payers, list(payees), in_time(rows, moved)))
    return found


def stacked(
    rows: Sequence[Row],
    layers: list[tuple],
    window: int,
    members: int,
    times: str,
    ratio: Range,
) -> list[tuple]:
    """Stacks out of all pairs of bipartite instances."""
    found = []
    for above, one_payees, first in layers:
        for two_payers, below, second in layers:
            middle = []
            for account in sorted(set(one_payees) & set(two_payers)):
                paid = min(rows[n][3] for n in first if rows[n][1] == account)
                pays = min(rows[n][3] for n in second if rows[n][0] == account)
                if later(times, paid, pays):
                    middle.append(account)
            to = [n for n in first if rows[n][1] in middle]
            from_ = [n for n in second if rows[n][0] in middle]
            moments = [rows[n][3] for n in to + from_]
            if len(middle) < members or max(moments) - min(moments) > window:
                continue
            if within(ratio, sum(rows[n][2] for n in to), sum(rows[n][2] for n in from_)):
                found.append((above, middle, below, in_time(rows, {*to, *from_})))
    return found
