"""The closure of an institution: every party tied to it on a day, each with the chain of ties.

A tie is ownership of at least a share, directly or as the product along a chain, "controls",
legal representation, directorship, guarantee, or a shared phone, address or device. From the
institution the search goes up to its owners, down to what it and its owners hold, and aside to the
officers, relatives and contacts of the institution and of those who control it. Owners' relatives
count; relatives' relatives do not, so that a closure stays a circle and not a town.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import networkx as nx
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

OWNING = ("shareholder", "controls")
OFFICES = ("legal_representative", "director")
CONTACTS = ("same_address", "same_device", "same_phone")


class Step(NamedTuple):
    """One tie of a chain: from whom to whom, of what kind; parties by number."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Tie:
    """How a party is tied to an institution.

    Along ownership `share` is the largest product of shares of any chain, control counting as 1;
    a party tied otherwise (an officer, a relative, a contact, a represented firm) has the share of
    the party it is tied through. The institution's own is 1.
    """

    share: float
    chain: tuple[Step, ...]


@dataclass(frozen=True)
class Relations:
    """The relations valid on one day as parallel arrays; parties by number, `share` NaN if unknown.

    `kinds` names the codes of `kind`. Rows are sorted by `start`; `by_end` sorts them by `end`.
    """

    start: Ints
    end: Ints
    kind: Ints
    share: Floats
    kinds: tuple[str, ...]
    by_end: Ints

    @classmethod
    def of(
        cls, start: Ints, end: Ints, kind: Ints, share: Floats, kinds: Sequence[str]
    ) -> Relations:
        """Sort relations given in any order; equal arrays give equal closures."""
        order = np.lexsort((kind, end, start))
        start, end, kind, share = start[order], end[order], kind[order], share[order]
        by_end = np.lexsort((kind, start, end))
        return cls(start, end, kind, share, tuple(kinds), by_end)

    def out_of(self, party: int) -> Iterator[tuple[int, str, float]]:
        """Whom a party points at: the other party, the kind, the share."""
        low, high = np.searchsorted(self.start, [party, party + 1])
        for row in range(low, high):
            yield int(self.end[row]), self.kinds[self.kind[row]], float(self.share[row])

    def into(self, party: int) -> Iterator[tuple[int, str, float]]:
        """Who points at a party: the other party, the kind, the share."""
        low = np.searchsorted(self.end, party, side="left", sorter=self.by_end)
        high = np.searchsorted(self.end, party, side="right", sorter=self.by_end)
        for row in self.by_end[low:high]:
            yield int(self.start[row]), self.kinds[self.kind[row]], float(self.share[row])


def closure(
    relations: Relations, institution: int, minimum_share: float, maximum_parties: int = 5_000
) -> dict[int, Tie]:
    """Find everyone tied to an institution, the institution itself included with an empty chain.

    Bounded by `maximum_parties`, nearest first, as a closure that large no longer says anything.
    """
    found = {institution: Tie(1.0, ())}
    _climb(relations, found, [institution], minimum_share, maximum_parties)
    owners = list(found)
    aside = _aside(relations, found, owners, maximum_parties)
    heads = owners + [party for party, kind in aside if kind in ("legal_representative", "kin")]
    _descend(relations, found, heads, minimum_share, maximum_parties)
    return found


def product_shares(relations: Relations, target: int, minimum_share: float) -> dict[int, float]:
    """The largest product of shares along any chain from each owner to a party, by NetworkX.

    The slow reading of what ``closure`` finds upwards; tests compare the two.
    """
    graph = nx.DiGraph()
    for start, end, kind, share in zip(
        relations.start, relations.end, relations.kind, relations.share, strict=True
    ):
        weight = _weight(relations.kinds[kind], float(share))
        if weight > 0:
            held = graph.get_edge_data(int(end), int(start), {"loss": np.inf})["loss"]
            graph.add_edge(int(end), int(start), loss=min(held, -np.log(weight)))
    if target not in graph:
        return {}
    losses = nx.single_source_dijkstra_path_length(graph, target, weight="loss")
    shares = {party: float(np.exp(-loss)) for party, loss in losses.items() if party != target}
    return {party: share for party, share in shares.items() if share >= minimum_share - 1e-12}


def _weight(kind: str, share: float) -> float:
    """What a relation passes on: control all, a holding its share, an unknown share nothing."""
    if kind == "controls":
        return 1.0
    return share if kind == "shareholder" and share == share else 0.0


def _climb(
    relations: Relations, found: dict[int, Tie], first: list[int], least: float, limit: int
) -> None:
    """Follow ownership upwards, to the largest product of shares."""
    _follow(found, first, least, limit, relations.into)


def _descend(
    relations: Relations, found: dict[int, Tie], first: list[int], least: float, limit: int
) -> None:
    """Follow ownership and legal representation downwards from those who lead."""
    _follow(found, first, least, limit, relations.out_of)
    for head in first:
        for party, kind, _ in relations.out_of(head):
            if kind == "legal_representative" and party not in found and len(found) < limit:
                chain = (*found[head].chain, Step(head, party, kind))
                found[party] = Tie(found[head].share, chain)


def _follow(
    found: dict[int, Tie], first: list[int], least: float, limit: int, edges: object
) -> None:
    share = {party: 1.0 for party in first}
    waiting = deque(first)
    while waiting and len(found) < limit:
        party = waiting.popleft()
        for other, kind, held in edges(party):  # type: ignore[operator]
            product = share[party] * _weight(kind, held)
            if product < least - 1e-12 or product <= share.get(other, 0.0):
                continue
            if other not in found and len(found) >= limit:
                continue
            share[other] = product
            if other not in found or (other not in first and found[other].share < product):
                chain = (*found[party].chain, Step(party, other, kind))
                found[other] = Tie(product, chain)
            waiting.append(other)


def _aside(
    relations: Relations, found: dict[int, Tie], owners: list[int], limit: int
) -> list[tuple[int, str]]:
    """Add officers and guarantors of the institution, and contacts and kin of it and its owners."""
    institution, added = owners[0], []

    def add(party: int, by: int, kind: str) -> None:
        """Tie a party through one that is found, unless it is there already."""
        if party not in found and len(found) < limit:
            found[party] = Tie(found[by].share, (*found[by].chain, Step(by, party, kind)))
            added.append((party, kind))

    for party, kind, _ in relations.into(institution):
        if kind in (*OFFICES, "guarantees"):
            add(party, institution, kind)
    for party, kind, _ in relations.out_of(institution):
        if kind == "guarantees":
            add(party, institution, kind)
    led = owners + [party for party, kind in added if kind == "legal_representative"]
    for near in led:
        for other, kind, _ in (*relations.into(near), *relations.out_of(near)):
            if kind == "kin" or (kind in CONTACTS and near in owners):
                add(other, near, kind)
    return added
