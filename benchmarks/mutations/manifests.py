"""Manifests that state other values, lack some, name files twice, or are no JSON."""

from __future__ import annotations

import json
import random
from typing import Any

from benchmarks.mutations.any_bytes import flip_bits
from benchmarks.mutations.making import Making
from benchmarks.packages import DAY
from benchmarks.reference.tables import tables

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.0, 2, 10**30, 10**400, float("nan"), float("inf"), "", "1", "x",
    [], {}, [1], {"a": 1}, "2016-02-30", "20160613", "2999-01-01", "1990-01-01", "0001-01-01",
    "../x", "/etc/passwd", "a/b", "a\\b", "..", ".", "x" * 201, "entry", "Entry", "entry.csv",
    "manifest.json", "UTF-8", "GB18030", "gbk", "utf8", "\ud800", "nul\0", "é" * 60,
    "91320000710939135U", "913200007109391351",
)  # fmt: skip


def odd_value(making: Making, dice: random.Random) -> None:
    held = dice.choice([making.manifest, *making.manifest["files"]])
    if held and isinstance(held, dict):
        name = dice.choice(sorted(held))
        if name != "files" or dice.random() < 0.2:
            held[name] = dice.choice(ODD)
            making.done.append(f"{name}={str(held[name])[:20]!r}")
    if not isinstance(making.manifest["files"], list):
        # Written as it is now; later mutations change nothing any more.
        making.text = json.dumps(making.manifest)
        making.manifest["files"] = []


def drop_name(making: Making, dice: random.Random) -> None:
    held = dice.choice([making.manifest, *making.manifest["files"]])
    if isinstance(held, dict) and held is not making.manifest and held:
        held.pop(dice.choice(sorted(held)))
    else:
        making.manifest.pop(dice.choice(("spec", "submitter", "business_date", "sequence")), None)


def more_names(making: Making, dice: random.Random) -> None:
    held = dice.choice([making.manifest, *making.manifest["files"]])
    if isinstance(held, dict):
        held[dice.choice(("delta", "comment", "encoding", "amount_total"))] = dice.choice(ODD)


def same_file_twice(making: Making, dice: random.Random) -> None:
    files = making.manifest["files"]
    if files:
        again = dict(dice.choice(files))
        if dice.random() < 0.5 and "table" in again:
            again["table"] = dice.choice(sorted(tables()))
        files.append(again)


def other_table(making: Making, dice: random.Random) -> None:
    files = [each for each in making.manifest["files"] if isinstance(each, dict)]
    if files:
        dice.choice(files)["table"] = dice.choice(sorted(tables()))


def off_by_one(making: Making, dice: random.Random) -> None:
    files = [each for each in making.manifest["files"] if isinstance(each, dict)]
    if files:
        held, name = dice.choice(files), dice.choice(("rows", "amount_total"))
        if isinstance(held.get(name), int):
            held[name] += dice.choice((1, -1, 100))


def hash_differs(making: Making, dice: random.Random) -> None:
    files = [each for each in making.manifest["files"] if isinstance(each, dict)]
    if files:
        held = dice.choice(files)
        held["sha256"] = dice.choice((
            "0" * 64, str(held.get("sha256")).upper(), str(held.get("sha256")) + " ", "x" * 64,
        ))  # fmt: skip


def text_of_manifest(making: Making, dice: random.Random) -> None:
    """The JSON text itself: cut, nested deep, a name twice, other encodings."""
    text = json.dumps(making.manifest, ensure_ascii=dice.random() < 0.5)
    kind = dice.randrange(12)
    making.done.append(f"text {kind}")
    if kind == 0:
        making.text = text[: dice.randrange(len(text))]
    elif kind == 1:
        making.text = "[" * 100_000 + "]" * 100_000
    elif kind == 2:
        making.text = text[:-1] + ', "spec": 1}'
    elif kind == 3:
        making.text = "\ufeff" + text
    elif kind == 4:
        making.text = text.encode("utf-16")
    elif kind == 5:
        making.text = text + dice.choice((" ", "\n", "x", "\0", "{}"))
    elif kind == 6:
        making.text = text.replace(
            '"spec": 1', f'"spec": {dice.choice(("1.0", "01", "1e0", "+1"))}'
        )
    elif kind == 7:
        making.text = text[:-1] + ', "deep": ' + "[" * 900 + "]" * 900 + "}"
    elif kind == 8:
        making.text = text[:-1] + f', "n": {"9" * dice.choice((4000, 5000))}}}'
    elif kind == 9:
        making.text = text.replace('"rows"', '"rows": 1, "rows"')
    elif kind == 10:
        making.text = dice.choice(("null", "[]", '"x"', "1", "", "{}"))
    else:
        held = bytearray(text.encode("utf-8", "surrogatepass"))
        flip_bits(held, dice)
        making.text = bytes(held)


def package_name(making: Making, dice: random.Random) -> None:
    name = making.package
    making.package = dice.choice((
        name[:-1] + "9", name.replace("-", "_"), name.lower(), name + "x", f"x{name}",
        name.replace(f"{DAY:%Y%m%d}", "20160612"), "包裹", name[:-8] + "1",
    ))  # fmt: skip


def listed_file_missing(making: Making, dice: random.Random) -> None:
    if making.contents:
        making.contents.pop(dice.choice(list(making.contents)))


MANIFEST_MUTATIONS = (
    odd_value, odd_value, drop_name, more_names, same_file_twice, other_table, off_by_one,
    hash_differs, text_of_manifest, package_name, listed_file_missing,
)  # fmt: skip
