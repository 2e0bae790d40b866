"""The seeds that a release reports: nobody chooses them, the release's version does."""

from __future__ import annotations

import hashlib

# Seeds lie between these, which leaves the small ones to whoever builds.
FIRST, PAST = 1_000_000, 10_000_000


def release_seeds(version: str, count: int) -> list[int]:
    """The seeds of a version's examination, different ones, in the order in which they are drawn.

    The n-th comes from the SHA-256 of `version:n`, counted from 1; one that came before is passed
    over.
    """
    seeds: list[int] = []
    number = 0
    while len(seeds) < count:
        number += 1
        digest = hashlib.sha256(f"{version}:{number}".encode()).digest()
        seed = FIRST + int.from_bytes(digest[:8], "big") % (PAST - FIRST)
        if seed not in seeds:
            seeds.append(seed)
    return seeds
