"""What a manifest states, and every package rule that it breaks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from benchmarks.reference.tables import tables
from benchmarks.reference.values import is_uscc


@dataclass
class StatedFile:
    """One file that a manifest names."""

    name: str
    table: str
    encoding: str
    rows: int
    total: int | None
    sha256: str


@dataclass
class Manifest:
    """What was read, and the numbers of the package rules that it breaks."""

    broken: set[str]
    package: str = ""
    day: date | None = None
    files: tuple[StatedFile, ...] = ()


def read_manifest(content: bytes | None) -> Manifest:
    """Read manifest.json; where a rule is broken, `files` may lack what could not be read."""
    if content is None:
        return Manifest({"003"})
    try:
        stated = json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_refuse
        )
    except (ValueError, RecursionError):
        return Manifest({"003"})
    if not isinstance(stated, dict):
        return Manifest({"003"})
    broken: set[str] = set()
    if not _is_whole(stated.get("spec")) or stated["spec"] != 1:
        broken.add("004")
    submitter, sequence = stated.get("submitter"), stated.get("sequence")
    if not _is_text(submitter):
        broken.add("003")
    elif not is_uscc(submitter):
        broken.add("006")
    if not _is_whole(sequence) or not 1 <= sequence <= 99_999_999:
        broken.add("003")
    day = _day(stated.get("business_date"))
    if day is None:
        broken.add("003")
    files = stated.get("files")
    read = []
    if not isinstance(files, list) or not files:
        broken.add("003")
    else:
        read = [_file(each, broken) for each in files]
    for values in ([f.table for f in read if f], [f.name for f in read if f]):
        if len(set(values)) < len(values):
            broken.add("005")
    if broken:
        return Manifest(broken)
    package = f"{submitter}-{str(day).replace('-', '')}-{sequence:08d}"
    return Manifest(broken, package, day, tuple(each for each in read if each is not None))


def _file(stated: Any, broken: set[str]) -> StatedFile | None:
    if not isinstance(stated, dict):
        broken.add("003")
        return None
    name, table, digest = (stated.get(each) for each in ("name", "table", "sha256"))
    if _is_text(table) and table not in tables():
        broken.add("005")
    if not (_is_text(name) and _is_text(table) and _is_text(digest)):
        broken.add("003")
        return None
    if name in ("", ".", "..") or any(s in name for s in "/\\\0") or len(name.encode()) > 200:
        broken.add("007")
    if not re.fullmatch("[0-9a-fA-F]{64}", digest):
        broken.add("010")
    encoding = stated.get("encoding", "utf-8")
    if not isinstance(encoding, str) or encoding.lower() not in ("utf-8", "gb18030"):
        broken.add("003")
    rows, total = stated.get("rows"), stated.get("amount_total")
    if not _is_whole(rows) or rows < 0 or not isinstance(stated.get("delta", False), bool):
        broken.add("003")
    if table not in tables() or tables()[table].amount is None:
        total = None
    elif not _is_whole(total):
        broken.add("003")
    return StatedFile(name, table, str(encoding).lower(), rows, total, digest.lower())


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    """Whether it is text that can be written, without a half of a surrogate pair."""
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date(*map(int, value.split("-")))
    except ValueError:
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
