"""Kills a receiver at every write step and at random instants, and damages what it left.

    python -m benchmarks.soak [INSTANTS] [DAMAGES]

Each time a receiver was killed another one goes on; then lake, receipts and ledger must be those of
a calm run, and `verify` must find nothing. Each time a file of archive, lake or published was
damaged (a bit, a sector of zeros, two pages exchanged), `verify` must name it. Prints counts; the
exit code is 1 when anything was lost, doubled or overlooked.

Children are forked before any thread of polars or DuckDB starts in this process.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from data.control import Control
from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive, submit
from pipelines.verify import verify

NOW = datetime(2016, 10, 1, 8)
STEPS = ("fsync", "replace", "rename", "unlink", "rmdir", "mkdir")
PACKAGES = 6
SECTOR, PAGE = 512, 4096


def in_child(work: Callable[[], object], kill_after: float | None = None) -> int:
    """Run something in a forked process; returns its wait status."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def command(*arguments: str) -> None:
    """Run a command of the program, apart from this process."""
    subprocess.run([sys.executable, "-m", "cli", *arguments], check=True, capture_output=True)


def prepare(place: Path, packages: list[Path]) -> Home:
    """A home whose inbox holds the packages."""
    home = Home(place).create()
    for package in packages:
        submit(package, home)
    return home


def dying_at(step: int) -> None:
    """Let this process die just before its step of that number; steps are changes of the disk."""
    left = step

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return call

    for name in STEPS:
        setattr(os, name, wrapped(getattr(os, name)))


def content(home: Home) -> dict[str, str]:
    """The lake's and the outbox's files with their hashes, and what the inbox still holds."""
    found = {}
    for folder in (home.lake, home.outbox, home.inbox):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = str(path.relative_to(home.path))
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def state(home: Home, out: Path) -> None:
    """Receive what is left, and write what the home then holds and what verify says of it."""
    receive(home, load_settings(None), NOW)
    found = verify(home, load_settings(None), repair=False)
    with Control(home) as control:
        rows = sorted(held.package for held in control.submissions())
    said = [str(each.path) for each in found]
    out.write_text(json.dumps({"content": content(home), "rows": rows, "disagreements": said}))


def difference(calm: Any, ended: Any) -> str:
    """What a home holds otherwise than it should, in a few words."""
    if ended is None:
        return "the receiver after it failed"
    both = calm["content"].items() ^ ended["content"].items()
    return ", ".join(sorted({name for name, _ in both})[:3]) or "ledger or verify differ"


def killed(place: Path, packages: list[Path], instants: int) -> int:
    """Kill receivers at each step, then at random instants; returns how many ended differently."""
    out = place / "state.json"

    def after(work: Callable[[Home], object], seconds: float | None) -> tuple[bool, Any]:
        shutil.rmtree(place / "home", ignore_errors=True)
        in_child(lambda: prepare(place / "home", packages))
        status = in_child(lambda: work(Home(place / "home")), seconds)
        if in_child(lambda: state(Home(place / "home"), out)):
            return os.WIFSIGNALED(status), None
        return os.WIFSIGNALED(status), json.loads(out.read_text())

    def take(home: Home) -> None:
        receive(home, load_settings(None), NOW)

    begun = time.monotonic()
    _, calm = after(take, None)
    seconds = time.monotonic() - begun
    wrong = step = 0
    while True:
        step += 1
        died, ended = after(lambda home, at=step: (dying_at(at), take(home)), None)  # type: ignore[misc]
        wrong += ended != calm
        if ended != calm:
            print(f"    step {step}: {difference(calm, ended)}")
        if not died:
            break
    print(f"{step - 1} write steps, killed before each: {wrong} ended otherwise than a calm run")
    late = 0
    generator = random.Random(1)
    for _ in range(instants):
        _, ended = after(take, generator.uniform(0, seconds / 2))
        late += ended != calm
    print(f"{instants} random instants: {late} ended otherwise")
    print(f"disagreements in the calm run: {len(calm['disagreements'])}")
    return wrong + late + len(calm["disagreements"])


def damage(path: Path, generator: random.Random) -> bytes:
    """Damage a file in one of three ways; returns what it held."""
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
            return held


def damaged(home: Home, damages: int, out: Path) -> None:
    """Damage files of a home one after the other; writes how many verify overlooked."""
    generator = random.Random(2)
    settings = load_settings(None)
    before = verify(home, settings, repair=False)
    files = [
        path
        for folder in (home.archive, home.lake, home.published)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != "" and path.stat().st_size
    ]
    overlooked = []
    for _ in range(damages):
        path = generator.choice(files)
        held = damage(path, generator)
        named = [each.path for each in verify(home, settings, repair=False)]
        if not any(path == each or each in path.parents for each in named):
            overlooked.append(str(path))
        path.write_bytes(held)
    kinds = {folder.name: sum(folder in p.parents for p in files) for folder in
             (home.archive, home.lake, home.published)}  # fmt: skip
    out.write_text(json.dumps({"files": kinds, "before": len(before), "overlooked": overlooked}))


def main(instants: int, damages: int) -> int:
    """Run both campaigns over a small province."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        province = str(place / "province")
        command("simulate", "--out", province, "--days", "3")
        packages = sorted((place / "province" / "packages").iterdir())
        failed = killed(place, packages[:PACKAGES], instants)
        home = ["--home", str(place / "whole")]
        last = json.loads((place / "province" / "truth.json").read_text())["last_date"]
        command(*home, "submit", *map(str, packages))
        command(*home, "nightly", "--date", last)
        out = place / "damages.json"
        in_child(lambda: damaged(Home(place / "whole"), damages, out))
        said = json.loads(out.read_text())
    print(f"{damages} damages in files {said['files']}: {len(said['overlooked'])} overlooked")
    for path in said["overlooked"][:5]:
        print(f"    {path}")
    return int(bool(failed or said["overlooked"] or said["before"]))


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    sys.exit(main(*(given + [200, 300][len(given) :])))
