"""Intake under power cuts: packages of every fate are submitted and received, twice over."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.disk_model import Tree
from data.control import Control
from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive, submit
from pipelines.intake.receipt import is_of
from pipelines.verify import verify

NOW = datetime(2016, 10, 1, 8)
RECEIPT = ".receipt.json"
KINDS = ("acknowledged lost", "submitted lost", "doubled", "otherwise than calm", "disagreements",
         "does not open", "failed")  # fmt: skip


def start(home: Path, province: Path) -> None:
    """A home in whose inbox a bank put something that is no plain package: it holds a link."""
    [odd] = made_packages(province)["odd"]
    target = home / "inbox" / odd.name.split("-")[0] / odd.name
    target.parent.mkdir(parents=True)
    shutil.copytree(odd, target, symlinks=True)


def run(home: Path, province: Path, marks: Path) -> None:
    """Submit and receive two batches; a mark says when a package was submitted."""
    place = Home(home).create()
    packages = made_packages(province)
    with marks.open("a", buffering=1) as said:
        for batch in ("first", "second"):
            for package in packages[batch]:
                submit(package, place)
                said.write(f"{package.name}\n")
            receive(place, load_settings(None), NOW)


def calm(traced: Path, _: Path) -> Any:
    """What the home holds in the end."""
    return ended(Home(traced / "home"))


def judge(
    cut: Path, province: Path, before: Tree, marks: Sequence[str], calm: Any
) -> dict[str, list[str]]:
    """Receive in a home that a cut left, send again what has no receipt, and count what is wrong.

    A package counts as acknowledged when a reader could see its receipt before the cut.
    """
    home, packages = Home(cut / "home"), made_packages(province)
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    if not sound(home):
        found["does not open"].append(home.control.name)
    held = {path.name for path in (*home.inbox.glob("*/*"), *home.inbox.glob("*"))}
    held |= {path.name.partition("-")[2] for path in home.archive.glob("*/*")}
    # What the process had said to have put into the inbox must not need sending again.
    found["submitted lost"] += [name for name in marks if name not in held]
    home.create()
    receive(home, load_settings(None), NOW)
    with Control(home) as control:
        rows = control.submissions()
    for path, receipt in before.items():
        if not path.startswith("home/outbox/") or not path.endswith(RECEIPT):
            continue
        assert isinstance(receipt, bytes)
        name = Path(path).name.removesuffix(RECEIPT)
        again = (cut / path).read_text("utf-8") if (cut / path).exists() else ""
        # What it says that it replaces may have come after it.
        if not any(
            row.package == name and is_of(receipt.decode(), row) and is_of(again, row)
            for row in rows
        ):
            found["acknowledged lost"].append(name)
    for batch in ("first", "second"):
        for package in packages[batch]:
            name = package.name.removesuffix(".zip")
            if not list(home.outbox.glob(f"*/{name}{RECEIPT}")):
                submit(package, home)
        receive(home, load_settings(None), NOW)
    now = ended(home)
    both = set(map(tuple, now["files"].items())) ^ set(map(tuple, calm["files"].items()))
    found["otherwise than calm"] += sorted({name for name, _ in both})
    found["otherwise than calm"] += sorted(
        {row[0] for row in now["rows"] if row not in calm["rows"]}
    )
    twice = Counter(row[0] for row in now["rows"]) - Counter(row[0] for row in calm["rows"])
    found["doubled"] += sorted(twice)
    found["disagreements"] += now["disagreements"]
    return found


def ended(home: Home) -> Any:
    """What a home holds: files with their hashes, the ledger's rows, what verify says."""
    said = verify(home, load_settings(None), repair=False)
    files = {}
    folders = (home.lake, home.outbox, home.inbox, home.archive, home.working, home.path / "staged")
    for path in sorted(each for folder in folders for each in folder.rglob("*")):
        if not path.is_symlink() and path.is_file():
            name = str(path.relative_to(home.path))
            files[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    if (home.path / "unexpected.log").exists():
        files["unexpected.log"] = (home.path / "unexpected.log").read_text()[-1000:]
    with Control(home) as control:
        rows = sorted([row.package, row.sha256, row.status, row.receipt, row.tables]
                      for row in control.submissions())  # fmt: skip
    return {"files": files, "rows": rows, "disagreements": [str(each.path) for each in said]}


def sound(home: Home) -> bool:
    """Whether the ledger's file, if there is one, passes SQLite's own check."""
    if not home.control.exists():
        return True
    try:
        connection = sqlite3.connect(home.control)
        said = connection.execute("pragma integrity_check").fetchall()
        connection.close()
    except sqlite3.DatabaseError:
        return False
    return bool(said == [("ok",)])


def receipts(before: Tree) -> int:
    """How many receipts a reader could see."""
    return sum(path.startswith("home/outbox/") and path.endswith(RECEIPT) for path in before)


def made_packages(province: Path) -> dict[str, list[Path]]:
    """Packages of every fate, made once from a province's: two batches, and what is no package.

    Accepted, with a later sequence that replaces it, as a ZIP, with rejected rows, with a wrong
    hash, under a name that is none, and with a link inside.
    """
    place = province.parent / "made"
    if not place.exists():
        _make(province, place)
    order = json.loads((place / "order.json").read_text())
    return {batch: [place / name for name in names] for batch, names in order.items()}


def _make(province: Path, place: Path) -> None:
    place.mkdir()
    given = sorted((province / "packages").iterdir())
    banks: dict[str, list[Path]] = {}
    for package in given:
        if (package / "entry.csv").exists():
            banks.setdefault(package.name.split("-")[0], []).append(package)
    first, second, third = min(banks.values(), key=lambda days: sum(map(_size, days)))
    zipped = min((each for each in given if each.name.split("-")[0] not in banks), key=_size)
    plain = shutil.copytree(first, place / first.name)
    later = _changed(first, place, 2, lambda lines: lines[:-1])
    shutil.make_archive(str(place / zipped.name), "zip", zipped)
    partial = _changed(second, place, 1, lambda lines: [lines[0], _broken(*lines[:2]), *lines[2:]])
    wrong = shutil.copytree(third, place / third.name)
    with (wrong / "entry.csv").open("ab") as file:
        file.write(b"\n")
    stranger = shutil.copytree(third, place / "notes")
    odd = shutil.copytree(third, place / third.name.replace("-00000001", "-00000009"))
    (odd / "link").symlink_to("manifest.json")
    batches = {
        "first": [plain, place / f"{zipped.name}.zip", partial],
        "second": [later, wrong, stranger],
        "odd": [odd],
    }
    order = {name: [path.name for path in paths] for name, paths in batches.items()}
    (place / "order.json").write_text(json.dumps(order))


def _size(package: Path) -> int:
    return sum(path.stat().st_size for path in package.iterdir())


def _broken(header: str, line: str) -> str:
    cells = line.split(",")
    cells[header.split(",").index("direction")] = "sideways"
    return ",".join(cells)


def _changed(package: Path, place: Path, sequence: int, change: Any) -> Path:
    """A package with other lines in its entry.csv and a manifest that fits them."""
    made = place / package.name.replace("-00000001", f"-{sequence:08d}")
    shutil.copytree(package, made)
    manifest = json.loads((made / "manifest.json").read_text("utf-8"))
    manifest["sequence"] = sequence
    [encoding] = [each["encoding"] for each in manifest["files"] if each["name"] == "entry.csv"]
    lines = change((made / "entry.csv").read_text(encoding).splitlines())
    content = "".join(f"{line}\n" for line in lines).encode(encoding)
    (made / "entry.csv").write_bytes(content)
    at = lines[0].split(",").index("amount_fen")
    for stated in manifest["files"]:
        if stated["name"] == "entry.csv":
            stated["rows"] = len(lines) - 1
            stated["amount_total"] = sum(int(line.split(",")[at]) for line in lines[1:])
            stated["sha256"] = hashlib.sha256(content).hexdigest()
    (made / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return made
