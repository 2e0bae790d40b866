"""The manifest of a package: what it states, read strictly."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from data.codes import is_cnaps, is_uscc
from data.contracts import TABLES
from pipelines.intake import rules
from pipelines.intake.findings import Refused

PACKAGE_NAME = re.compile(r"(?P<submitter>[0-9A-Z]{18})-(?P<day>[0-9]{8})-(?P<sequence>[0-9]{8})")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SHA256 = re.compile(r"[0-9a-f]{64}")
MAX_BYTES = 10_000_000
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class StatedFile:
    """One file as the manifest states it.

    `bank_no` is the bank of its accounts, for forms whose records do not say it.
    """

    name: str
    table: str
    encoding: str
    rows: int
    amount_total: int | None
    sha256: str
    delta: bool
    bank_no: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A package's manifest; `submitter`, date and sequence name the package."""

    submitter: str
    business_date: date
    sequence: int
    files: tuple[StatedFile, ...]

    @property
    def package(self) -> str:
        """The package's name."""
        return f"{self.submitter}-{self.business_date:%Y%m%d}-{self.sequence:08d}"


def read_manifest(folder: Path) -> Manifest:
    """Read a package's manifest.json.

    Raises:
        Refused: it is missing, unreadable, of another version, or states what cannot be.
    """
    path = folder / "manifest.json"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Refused(rules.MANIFEST, f"manifest.json is larger than {MAX_BYTES} bytes")
        stated = json.loads(
            path.read_bytes().decode("utf-8-sig"),
            object_pairs_hook=_once,
            parse_constant=_no_constant,
        )
    except (FileNotFoundError, IsADirectoryError) as error:
        raise Refused(rules.MANIFEST, f"manifest.json: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Refused(rules.MANIFEST, f"manifest.json is not JSON: {error}") from None
    if not isinstance(stated, dict):
        raise Refused(rules.MANIFEST, "manifest.json is not an object")
    if stated.get("spec") != 1 or type(stated.get("spec")) is not int:
        raise Refused(rules.SPEC, f"spec is {stated.get('spec')!r}; known is 1")
    submitter = _text(stated, "submitter")
    if not is_uscc(submitter):
        raise Refused(rules.SUBMITTER, f"submitter {submitter!r} is no social credit code")
    files = stated.get("files")
    if not isinstance(files, list) or not files:
        raise Refused(rules.MANIFEST, "files is not a list of at least one file")
    # Each table is listed once at most, also where one file of camt.053 stands for two.
    if len(files) > len(TABLES):
        message = (
            f"files lists {len(files)} files; there are {len(TABLES)} tables, each at most once"
        )
        raise Refused(rules.TABLE, message)
    sequence = _whole(stated, "sequence")
    if not 1 <= sequence <= 99_999_999:
        raise Refused(rules.MANIFEST, f"sequence {sequence} is not within 1 and 99999999")
    read = Manifest(submitter, _date(stated), sequence, tuple(_file(each) for each in files))
    tables = [each.table for each in read.files]
    # A file of camt.053 may be named for its entries and for its balances.
    entries = {each.name for each in read.files if each.table == "entry"}
    names = [e.name for e in read.files if not (e.table == "balance" and e.name in entries)]
    for what, values in (("table", tables), ("name", names)):
        twice = sorted(value for value, count in Counter(values).items() if count > 1)
        if twice:
            raise Refused(rules.TABLE, f"{what} {twice[0]!r} is listed twice")
    return read


def _file(stated: Any) -> StatedFile:
    if not isinstance(stated, dict):
        raise Refused(rules.MANIFEST, f"files holds {stated!r}, which is not an object")
    name, table = _text(stated, "name"), _text(stated, "table")
    if len(name.encode()) > MAX_NAME:
        raise Refused(rules.PATH, f"file name {name!r} is longer than {MAX_NAME} bytes")
    if Path(name).name != name or name in ("", ".", "..") or "\\" in name or "\0" in name:
        raise Refused(rules.PATH, f"file name {name!r} is not a plain name", file=name)
    if table not in TABLES:
        known = ", ".join(TABLES)
        raise Refused(rules.TABLE, f"table {table!r} is unknown; known are {known}", file=name)
    encoding = str(stated.get("encoding", "utf-8")).lower()
    if encoding not in ("utf-8", "gb18030"):
        raise Refused(
            rules.MANIFEST, f"encoding {encoding!r} is neither utf-8 nor gb18030", file=name
        )
    digest = _text(stated, "sha256").lower()
    if not SHA256.fullmatch(digest):
        raise Refused(rules.HASH, f"sha256 {digest!r} is not 64 hex digits", file=name)
    total = None
    if TABLES[table].amount_column is not None:
        total = _whole(stated, "amount_total", signed=True)
    delta = stated.get("delta", False)
    if not isinstance(delta, bool):
        raise Refused(rules.MANIFEST, f"delta is {delta!r}; use true or false", file=name)
    bank_no = None if stated.get("bank_no") is None else _text(stated, "bank_no")
    if bank_no is not None and not is_cnaps(bank_no):
        raise Refused(rules.MANIFEST, f"bank_no {bank_no!r} is no CNAPS bank number", file=name)
    return StatedFile(name, table, encoding, _whole(stated, "rows"), total, digest, delta, bank_no)


def _text(stated: dict[str, Any], name: str) -> str:
    value = stated.get(name)
    if not isinstance(value, str):
        raise Refused(rules.MANIFEST, f"{name} is {value!r}; it must be text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused(rules.MANIFEST, f"{name} is {value!r}, which is no text") from None
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name is stated twice")
    return read


def _no_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is no value")


def _whole(stated: dict[str, Any], name: str, *, signed: bool = False) -> int:
    value = stated.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or (value < 0 and not signed):
        raise Refused(rules.MANIFEST, f"{name} is {value!r}; it must be a whole number")
    return value


def _date(stated: dict[str, Any]) -> date:
    value = _text(stated, "business_date")
    try:
        if not DAY.fullmatch(value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise Refused(rules.MANIFEST, f"business_date {value!r} is not an ISO date") from None
