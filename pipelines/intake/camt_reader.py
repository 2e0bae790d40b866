"""Reads ISO 20022 camt.053, versions 2 to 8, entry by entry, into batches of `entry` or `balance`.

The parser resolves no entities, loads no DTD and no network, keeps libxml2's limits, and builds no
tree; `xml_scan` has refused a DOCTYPE before it starts, and bounds what a record holds. Line
numbers and counts are the scan's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from lxml import etree

from data.settings import Intake
from pipelines.intake import camt_balances, camt_entries, rules
from pipelines.intake.camt_elements import Builder, Fields, Shape, group
from pipelines.intake.camt_values import Reading, Record
from pipelines.intake.findings import Refused, shown
from pipelines.intake.raw import Batch, Fault, Origin
from pipelines.intake.xml_scan import Scan

NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.0[2-8]")
STATEMENTS = "BkToCstmrStmt/Stmt"
# Rows of a batch, and characters in them, at most but for the last row.
BATCH, BATCH_CHARS = 10_000, 16_000_000
CHUNK = 1 << 16

CamtTable = Literal["entry", "balance"]


def read_camt(
    path: Path, table: CamtTable, bank_no: str | None, scan: Scan, settings: Intake
) -> Iterator[Batch]:
    """Read a camt.053 file as batches of a table, at least one.

    A batch's `covered` counts the entries (for `balance`, statements) that its rows come from.
    `bank_no` is the bank of statements that name none.

    Raises:
        Refused: it is not well-formed, no camt.053 of a known version, beyond the limits on names,
            depth and elements, or has no statement.
    """
    source = camt_entries if table == "entry" else camt_balances
    maker = _Maker(source.CELLS, source.SENT, dict(source.COLUMNS))
    lines = scan.lines["Ntry" if table == "entry" else "Stmt"]
    waiting: list[tuple[int, Record]] = []
    taken = size = 0
    for read, records in enumerate(_records(path, table, bank_no, settings)):
        # Where the counts differ the file is rejected; until then there is no line to name.
        line = int(lines[read]) if read < len(lines) else 0
        for record in records:
            if len(waiting) >= BATCH or size >= BATCH_CHARS:
                yield maker.batch(waiting, taken)
                waiting, taken, size = [], 0, 0
            waiting.append((line, record))
            size += record.size
        taken += 1
    if not any(len(found) for found in scan.lines.values()):
        raise _refused(path, "holds no statement (Stmt)")
    yield maker.batch(waiting, taken)


def _records(
    path: Path, table: CamtTable, bank_no: str | None, settings: Intake
) -> Iterator[Iterable[Record]]:
    """Yield the rows that each entry, or each statement, gives."""
    if table == "entry":
        shape = group((), {"Acct": camt_entries.ACCOUNT, "Ntry": camt_entries.ENTRY})
        for name, fields, above in _elements(path, shape, settings):
            if name == "Ntry":
                yield camt_entries.entry_records(fields, _account(above), bank_no)
        return
    sums: dict[str, int] | None = {"in": 0, "out": 0}
    for name, fields, _ in _elements(path, camt_balances.STATEMENT, settings):
        if name == "Ntry":
            sums = _added(fields, sums)
        else:
            yield [camt_balances.balance_record(fields, _account(fields), sums, bank_no)]
            sums = {"in": 0, "out": 0}


def _account(statement: Fields) -> Fields:
    """The account of a statement; one that says nothing where it has none."""
    return next(iter(statement.all("Acct")), Fields(camt_entries.ACCOUNT))


def _elements(
    path: Path, statement: Shape, settings: Intake
) -> Iterator[tuple[str, Fields, Fields]]:
    """Yield each entry and statement when it has ended: name, itself, and what it stands in.

    What stands elsewhere than the schema has it is not read, so that the counts differ and the file
    is rejected.
    """
    builder = Builder(
        group((), {STATEMENTS: statement}), settings,
        check_root=lambda tag: _prefix(tag, path), refuse=lambda why: _refused(path, why),
    )  # fmt: skip
    parser = etree.XMLParser(
        target=builder, encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False,
    )  # fmt: skip
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                parser.feed(chunk)
                yield from builder.taken()
            parser.close()
        except etree.XMLSyntaxError as error:
            raise _refused(path, f"is not well-formed XML: {str(error)[:200]}") from None
    yield from builder.taken()


def _prefix(tag: str, path: Path) -> str:
    """What stands before the names of a root's namespace, which must be one of camt.053."""
    root = etree.QName(tag)
    if root.localname == "Document" and NAMESPACE.fullmatch(root.namespace or ""):
        return f"{{{root.namespace}}}"
    said = shown(root.namespace or "none")
    message = (
        f"is XML of <{shown(root.localname)}> in namespace {said}; "
        "only camt.053.001.02 to camt.053.001.08 are read"
    )
    raise _refused(path, message)


def _refused(path: Path, why: str) -> Refused:
    return Refused(rules.FORMAT, f"{shown(path.name)} {why}", file=path.name)


def _added(entry: Fields, sums: dict[str, int] | None) -> dict[str, int] | None:
    """The sums of a statement's entries with one more; None from the first that cannot be read."""
    if sums is None:
        return None
    try:
        found = camt_entries.booked(entry)
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
