"""What a search for a pattern returns: instances with their transfers, counts, and what was cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from data.errors import ContractError
from graph.transfer_list import Ints


@dataclass(frozen=True)
class Bounds:
    """What limits a search; without limits it is complete.

    `instances`: how many are found at most, in the order of the result, before the search ends.
    `per_start`: how many are found at most from one start (an account or a first transfer).
    `store` False: instances are counted and not kept; then `instances` may not be given.
    """

    instances: int | None = None
    per_start: int | None = None
    store: bool = True

    def __post_init__(self) -> None:
        for limit in (self.instances, self.per_start):
            if limit is not None and limit < 1:
                raise ContractError(f"a limit of {limit} instances finds nothing; give 1 or more")
        if self.instances is not None and not self.store:
            raise ContractError("a count is not limited by instances; give per_start instead")


COMPLETE = Bounds()


@dataclass(frozen=True)
class Cut:
    """What a bound left out: starts that were searched in part, and starts not searched at all."""

    bound: str
    limit: int
    starts_in_part: int
    starts_unsearched: int

    def __str__(self) -> str:
        return (
            f"cut by {self.bound} {self.limit}: {self.starts_in_part} starts searched in part, "
            f"{self.starts_unsearched} not searched"
        )


@dataclass(frozen=True)
class Ragged:
    """Lists of whole numbers of different lengths; list i is values[starts[i]:ends[i]].

    Lists may share values, so that windows that overlap cost nothing.

    >>> lists = Ragged(np.array([0, 1]), np.array([2, 3]), np.array([7, 8, 8]))
    >>> lists.to_lists()
    [[7, 8], [8, 8]]
    >>> lists.distinct().to_lists()
    [[7, 8], [8]]
    """

    starts: Ints
    ends: Ints
    values: Ints

    @classmethod
    def of_offsets(cls, offsets: Ints, values: Ints) -> Ragged:
        """Lists that follow each other: list i begins at offsets[i]; the last offset is the end."""
        return cls(offsets[:-1], offsets[1:], values)

    @classmethod
    def empty(cls, lists: int = 0) -> Ragged:
        """That many empty lists."""
        nothing = np.zeros(lists, dtype=np.int64)
        return cls(nothing, nothing, np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> Ints:
        """How long each list is."""
        return self.ends - self.starts

    def flat(self) -> tuple[Ints, Ints]:
        """Offsets, one more than lists, and the values of all lists one after the other."""
        lengths = self.lengths
        offsets = np.zeros(len(self) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        if len(self) and np.array_equal(self.starts[1:], self.ends[:-1]):
            return offsets, self.values[self.starts[0] : self.ends[-1]]
        places = np.arange(offsets[-1]) + np.repeat(self.starts - offsets[:-1], lengths)
        return offsets, self.values[places]

    def distinct(self) -> Ragged:
        """Each list's different values, ascending."""
        offsets, values = self.flat()
        owner = np.repeat(np.arange(len(self)), np.diff(offsets))
        by_owner = np.lexsort((values, owner))
        owner, values = owner[by_owner], values[by_owner]
        keep = np.ones(len(values), dtype=bool)
        keep[1:] = (np.diff(owner) != 0) | (np.diff(values) != 0)
        kept = np.zeros(len(self) + 1, dtype=np.int64)
        np.cumsum(np.bincount(owner[keep], minlength=len(self)), out=kept[1:])
        return Ragged.of_offsets(kept, values[keep])

    def beside(self, other: Ragged) -> Ragged:
        """Each list followed by the other's list of the same number."""
        (mine, values), (others, more) = self.flat(), other.flat()
        offsets = mine + others
        owner = np.concatenate(
            [np.repeat(np.arange(len(each)), each.lengths) for each in (self, other)]
        )
        order = np.argsort(owner, kind="stable")
        return Ragged.of_offsets(offsets, np.concatenate([values, more])[order])

    def to_lists(self) -> list[list[int]]:
        """The lists themselves; for tests and small results."""
        pairs = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return [self.values[start:end].tolist() for start, end in pairs]


@dataclass(frozen=True)
class Found:
    """The instances of one kind of pattern.

    `count` is how many were found, kept or not, and `sizes` how many of each size (index: size).
    `accounts` names roles, and per role each instance's accounts (where instances are windows, once
    per transfer: `Ragged.distinct` leaves each one); `transfers` are their rows of the list.
    `per_account` counts, per role, the instances that hold each account in it. All of it is the
    same for the same list and bounds, with any number of threads.
    """

    kind: str
    count: int
    sizes: Ints
    accounts: Mapping[str, Ragged]
    transfers: Ragged
    per_account: Mapping[str, Ints]
    cut: Cut | None = None

    def counts_only(self) -> Found:
        """The same without the instances."""
        nothing = {role: Ragged.empty() for role in self.accounts}
        return replace(self, accounts=nothing, transfers=Ragged.empty())


def counted(lists: Ragged, accounts: int) -> Ints:
    """How many of the lists hold each account; a list holds an account at most once."""
    return np.bincount(lists.flat()[1], minlength=accounts)


def bounded(found: Ints, start: Ints, starts: int, bounds: Bounds) -> tuple[Ints, Cut | None]:
    """Apply bounds to instances that are found already, in the order of their starts."""
    cut = None
    if bounds.per_start is not None and len(found):
        fresh = np.ones(len(found), dtype=bool)
        fresh[1:] = start[1:] != start[:-1]
        begin = np.maximum.accumulate(np.where(fresh, np.arange(len(found)), 0))
        keep = np.arange(len(found)) - begin < bounds.per_start
        partly = np.unique(start[~keep])
        if len(partly):
            cut = Cut("per_start", bounds.per_start, len(partly), 0)
        found, start = found[keep], start[keep]
    else:
        partly = start[:0]
    if bounds.instances is not None and len(found) > bounds.instances:
        last = int(start[bounds.instances])
        before = int((partly < last).sum())
        cut = Cut("instances", bounds.instances, before + 1, starts - 1 - last)
        found = found[: bounds.instances]
    return found, cut
