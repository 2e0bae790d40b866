"""A package in its making, which mutations spoil step by step."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.packages import Draft, Part


@dataclass
class Making:
    """A package in its making: the draft, then its files' bytes, manifest text and ZIP."""

    draft: Draft
    contents: dict[str, bytes] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    text: str | bytes | None = None
    package: str = ""
    restate: bool = True
    spoil_zip: Callable[[bytes, random.Random], bytes] | None = None
    members: list[tuple[zipfile.ZipInfo, bytes]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)


Mutation = Callable[[Making, random.Random], None]


def part_of(making: Making, dice: random.Random) -> Part:
    """Any file, one that has rows where there is one."""
    parts = [part for part in making.draft.parts if part.rows] or making.draft.parts
    return dice.choice(parts)
