"""Damage done to the files of a home, one after the other, and whether verify names each."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

from data.home import Home
from data.settings import load_settings
from pipelines.verify import verify

SECTOR, PAGE = 512, 4096


def damage(path: Path, generator: random.Random) -> tuple[bytes, str]:
    """Damage a file in one of three ways; returns what it held, and the way."""
    held = path.read_bytes()
    while True:
        harmed = bytearray(held)
        kind = generator.choice(("bit", "sector", "pages"))
        at = generator.randrange(len(held))
        if kind == "bit":
            harmed[at] ^= 1 << generator.randrange(8)
        elif kind == "sector":
            start = at // SECTOR * SECTOR
            harmed[start : start + SECTOR] = bytes(len(harmed[start : start + SECTOR]))
        elif len(held) >= 2 * PAGE:
            one, two = generator.sample(range(len(held) // PAGE), 2)
            a, b = (slice(page * PAGE, (page + 1) * PAGE) for page in (one, two))
            harmed[a], harmed[b] = held[b], held[a]
        if bytes(harmed) != held:
            path.write_bytes(bytes(harmed))
            return held, kind


def damaged(home: Home, damages: int, out: Path) -> None:
    """Damage files of a home one after the other; writes how many verify overlooked."""
    generator = random.Random(2)
    settings = load_settings(None)
    before = verify(home, settings, repair=False)
    files = {
        folder.name: [
            path for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix != "" and path.stat().st_size
        ]
        for folder in (home.archive, home.lake, home.published)
    }  # fmt: skip
    done: Counter[str] = Counter()
    overlooked = []
    for _ in range(damages):
        folder = generator.choice(sorted(files))
        path = generator.choice(files[folder])
        held, kind = damage(path, generator)
        done[f"{folder}, {kind}"] += 1
        named = [each.path for each in verify(home, settings, repair=False)]
        if not any(path == each or each in path.parents for each in named):
            overlooked.append(str(path))
        path.write_bytes(held)
    out.write_text(json.dumps({"done": done, "before": len(before), "overlooked": overlooked}))
