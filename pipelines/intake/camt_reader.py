"""Reads ISO 20022 camt.053, versions 2 to 8, entry by entry, into batches of `entry` or `balance`.

The parser resolves no entities, loads no DTD and no network, and keeps libxml2's limits on depth,
names and texts; `xml_scan` has refused a DOCTYPE before it starts, and bounds what a record holds.
What is read is let go. Line numbers and counts are the scan's, as the parser's end at 65,535.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from lxml import etree

from pipelines.intake import camt_balances, camt_entries, rules
from pipelines.intake.camt_values import Element, Fields, Reading, Record
from pipelines.intake.findings import Refused, shown
from pipelines.intake.raw import Batch, Fault, Origin
from pipelines.intake.xml_scan import Scan

NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.0[2-8]")
RECORDS = ("Ntry", "Stmt")
BATCH = 10_000

CamtTable = Literal["entry", "balance"]


def read_camt(path: Path, table: CamtTable, bank_no: str | None, scan: Scan) -> Iterator[Batch]:
    """Read a camt.053 file as batches of a table, at least one.

    A batch's `covered` counts the entries (for `balance`, statements) that its rows come from.
    `bank_no` is the bank of statements that name none.

    Raises:
        Refused: it is not well-formed, no camt.053 of a known version, or has no statement.
    """
    source = camt_entries if table == "entry" else camt_balances
    maker = _Maker(source.CELLS, source.SENT, dict(source.COLUMNS))
    lines = scan.lines["Ntry" if table == "entry" else "Stmt"]
    waiting: list[tuple[int, Record]] = []
    taken = 0
    for read, records in enumerate(_records(path, table, bank_no)):
        # Where the counts differ the file is rejected; until then there is no line to name.
        line = int(lines[read]) if read < len(lines) else 0
        waiting += [(line, record) for record in records]
        taken += 1
        if len(waiting) >= BATCH:
            yield maker.batch(waiting, taken)
            waiting, taken = [], 0
    yield maker.batch(waiting, taken)


def _records(path: Path, table: CamtTable, bank_no: str | None) -> Iterator[list[Record]]:
    """Yield the rows that each entry, or each statement, gives."""
    namespace, parts = "", ["", ""]
    statement: Element | None = None
    account = Fields(None, "")
    sums: dict[str, int] | None = {"in": 0, "out": 0}
    for element in _elements(path):
        if not namespace:
            namespace = _namespace(element, path)
            parts = [f"{{{namespace}}}{name}" for name in RECORDS]
        if element.tag == parts[0] and _inside(element, parts[1]):
            if element.getparent() is not statement:
                statement = element.getparent()
                account = Fields(statement.find(f"{{{namespace}}}Acct"), namespace)
            if table == "entry":
                yield camt_entries.entry_records(namespace, element, account, bank_no)
            else:
                sums = _added(namespace, element, sums)
        elif element.tag == parts[1] and _inside(element, None):
            if table == "balance":
                yield [camt_balances.balance_record(namespace, element, sums, bank_no)]
            sums = {"in": 0, "out": 0}
    if not namespace:
        raise _refused(path, "holds no statement (Stmt)")


def _elements(path: Path) -> Iterator[Element]:
    """Yield each entry and statement when it has ended; it is let go when the next one is asked."""
    with path.open("rb") as file:
        try:
            _check_root(file, path)
            file.seek(0)
            parsed = etree.iterparse(
                file, events=("end",), tag=[f"{{*}}{name}" for name in RECORDS],
                encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False,
                huge_tree=False, remove_comments=True, remove_pis=True,
            )  # fmt: skip
            for _, element in parsed:
                yield element
                element.clear()
                before, parent = element.getprevious(), element.getparent()
                if before is not None and before.tag == element.tag:
                    parent.remove(before)
        except etree.XMLSyntaxError as error:
            raise _refused(path, f"is not well-formed XML: {str(error)[:200]}") from None


def _check_root(file: object, path: Path) -> None:
    """Refuse a document whose first element is not that of a camt.053 message."""
    parser = etree.XMLPullParser(
        events=("start",), encoding="utf-8", resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=False,
    )  # fmt: skip
    while chunk := file.read(1 << 16):  # type: ignore[attr-defined]
        parser.feed(chunk)
        for _, root in parser.read_events():
            _namespace(root, path)
            return


def _namespace(element: Element, path: Path) -> str:
    """The namespace of an element's document, which must be one of camt.053."""
    root = etree.QName(element.getroottree().getroot())
    if root.localname == "Document" and NAMESPACE.fullmatch(root.namespace or ""):
        return str(root.namespace)
    said = shown(root.namespace or "none")
    message = (
        f"is XML of <{shown(root.localname)}> in namespace {said}; "
        "only camt.053.001.02 to camt.053.001.08 are read"
    )
    raise _refused(path, message)


def _refused(path: Path, why: str) -> Refused:
    return Refused(rules.FORMAT, f"{shown(path.name)} {why}", file=path.name)


def _inside(element: Element, parent: str | None) -> bool:
    """Whether an element stands where the schema has it: an entry in a statement, that at depth 2.

    What stands elsewhere is not read, so that the counts differ and the file is rejected.
    """
    above = [each.tag for each in element.iterancestors()]
    depth = 2 if parent is None else 3
    return len(above) == depth and (parent is None or above[0] == parent)


def _added(namespace: str, entry: Element, sums: dict[str, int] | None) -> dict[str, int] | None:
    """The sums of a statement's entries with one more; None from the first that cannot be read."""
    if sums is None:
        return None
    try:
        found = camt_entries.booked(namespace, entry)
    except ValueError:
        return None
    if found is not None:
        sums[found[0]] += found[1]
    return sums


class _Maker:
    """Makes batches of records."""

    def __init__(self, cells: Sequence[str], sent: Sequence[str], names: dict[str, str]) -> None:
        self.cells, self.sent, self.names = cells, sent, names

    def batch(self, records: list[tuple[int, Record]], covered: int) -> Batch:
        """A batch of records with their lines."""
        cells = _table(self.cells, [record.cells for _, record in records])
        sent = _table(self.sent, [record.sent for _, record in records])
        lines = np.array([line for line, _ in records], np.int64)
        origin = Origin(sent, self.names, _faults([record for _, record in records]))
        return Batch(cells, lines, covered, True, origin=origin)


def _table(names: Sequence[str], rows: list[dict[str, str | None]]) -> pa.Table:
    columns = [pa.array([row.get(name) for row in rows], pa.string()) for name in names]
    return pa.table(columns, list(names))


def _faults(records: list[Record]) -> list[Fault]:
    """The records' faults, those alike together; a record's first one comes first."""
    rows: dict[tuple[int, Reading], list[int]] = {}
    for row, record in enumerate(records):
        for place, fault in enumerate(record.faults):
            rows.setdefault((place, fault), []).append(row)
    ordered = sorted(rows.items(), key=lambda item: item[0][0])
    return [
        Fault(
            np.array(found, np.int64), fault.column, fault.rule, fault.message, fault.hides_amount
        )
        for (_, fault), found in ordered
    ]
