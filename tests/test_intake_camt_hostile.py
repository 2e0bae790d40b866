"""XML that no bank should send: each gets a receipt with its reason, in bounded time and memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from data.settings import load_settings
from pipelines.intake.camt_reader import read_camt
from pipelines.intake.findings import Refused
from pipelines.intake.xml_scan import is_xml, scan
from tests.form_files import camt, faults, ntry, stmt
from tests.test_intake import BANK, check, write

GOOD = camt(stmt(ntry()))
NAMESPACE = b"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
# Seconds and bytes, far above what any of them takes on a machine that others use too.
LONG, LARGE = 60, 1_000_000_000


def peak() -> int:
    """The most bytes that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def put(content: bytes, before: bytes = b"<Sts>") -> bytes:
    """The good message with something before an element of its entry."""
    return GOOD.replace(before, content + before, 1)


def doctype(inside: bytes, use: bytes = b"6001") -> bytes:
    declaration, rest = GOOD.split(b"?>", 1)
    return declaration + b"?>" + inside + rest.replace(b"6001", use)


LAUGHS = b"<!DOCTYPE x [<!ENTITY a0 'ha'>" + b"".join(
    b"<!ENTITY a%d '&a%d;&a%d;&a%d;&a%d;'>" % (n, n - 1, n - 1, n - 1, n - 1) for n in range(1, 20)
) + b"]>"  # fmt: skip
HOSTILE: dict[str, tuple[bytes, str, str]] = {
    "bomb": (doctype(LAUGHS, b"&a19;"), "R-PACKAGE-016", "has a DOCTYPE"),
    "external entity": (
        doctype(b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>", b"&e;"),
        "R-PACKAGE-016", "has a DOCTYPE",
    ),
    "external DTD": (doctype(b"<!DOCTYPE x SYSTEM 'a.dtd'>"), "R-PACKAGE-016", "has a DOCTYPE"),
    "undeclared entity": (
        GOOD.replace(b"6001", b"&e;"), "R-PACKAGE-016", "is not well-formed XML",
    ),
    "levels": (put(b"<a>" * 300_000), "R-PACKAGE-016", "nests elements more than 100 deep"),
    "attribute": (
        put(b"<a b='" + b"x" * 9_000_000 + b"'/>"), "R-PACKAGE-016", "a tag or text of more than",
    ),
    "text": (
        GOOD.replace(b"6001", b"6" * 9_000_000), "R-PACKAGE-016", "a tag or text of more than",
    ),
    "record": (put(b"<a/>" * 2_100_000), "R-PACKAGE-016", "bytes in one record"),
    "truncated": (GOOD[:-30], "R-PACKAGE-016", "is not well-formed XML"),
    "truncated tag": (GOOD[:180], "R-PACKAGE-016", "is not well-formed XML"),
    "begun": (b"<", "R-PACKAGE-016", "is not well-formed XML"),
    "two roots": (GOOD + b"<x/>", "R-PACKAGE-016", "is not well-formed XML"),
    "another encoding": (GOOD.replace(b"UTF-8", b"GBK"), "R-PACKAGE-016", "is XML in GBK"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "R-PACKAGE-016", "is XML in UTF-16"),
    "GBK said to be UTF-8": (
        GOOD.replace(b"6001", "账".encode("gbk")), "R-PACKAGE-016", "Invalid bytes",
    ),
    "NUL": (GOOD.replace(b"6001", b"60\x0001"), "R-PACKAGE-016", "a NUL character, on line 3"),
    "camt.054": (GOOD.replace(b"camt.053", b"camt.054"), "R-PACKAGE-016", "xsd:camt.054.001.02;"),
    "camt.052": (GOOD.replace(b"camt.053", b"camt.052"), "R-PACKAGE-016", "xsd:camt.052.001.02;"),
    "version 9": (GOOD.replace(b"001.02", b"001.09"), "R-PACKAGE-016", "xsd:camt.053.001.09;"),
    "version 1": (GOOD.replace(b"001.02", b"001.01"), "R-PACKAGE-016", "xsd:camt.053.001.01;"),
    "no namespace": (GOOD.replace(NAMESPACE, b""), "R-PACKAGE-016", "in namespace none"),
    "a page": (b"<html>502 Bad Gateway</html>", "R-PACKAGE-016", "is XML of <html>"),
    "an entry elsewhere": (
        GOOD.replace(b"<Stmt>", b"<x><Ntry></Ntry></x><Stmt>"), "R-PACKAGE-017", "of which 1",
    ),
    "an entry in an entry": (put(b"<Ntry></Ntry>"), "R-PACKAGE-017", "of which 1"),
    "an entry of another namespace": (
        put(b"<q:Ntry xmlns:q='u:q'></q:Ntry>"), "R-PACKAGE-017", "of which 1",
    ),
    "an included file": (
        GOOD.replace(b"6001", b"<i:include xmlns:i='http://www.w3.org/2001/XInclude' "
                     b"href='/etc/passwd' parse='text'/>"),
        "R-ENTRY-004", "Acct/Id/Othr/Id holds elements",
    ),
    "long names": (
        put(b"<%s>" % (b"a" * 2000) * 50 + b"<b/>" * 40_000 + b"</%s>" % (b"a" * 2000) * 50),
        "R-PACKAGE-016", "has a name of more than 500 characters",
    ),
    "names of a long namespace": (
        put(b"<a xmlns:q='u:" + b"q" * 900_000 + b"'>" + b"<q:b/>" * 100_000 + b"</a>"),
        "R-PACKAGE-016", "has a name of more than 500 characters",
    ),
    "attributes of a long namespace": (
        put(b"<a xmlns:q='u:" + b"q" * 900_000 + b"'>" + b"<b q:c=''/>" * 100_000 + b"</a>"),
        "R-PACKAGE-016", "has a name of more than 500 characters",
    ),
    "long prefixes": (
        put(b"<a xmlns:" + b"q" * 1000 + b"='u:q'/>"),
        "R-PACKAGE-016", "has a name of more than 500 characters",
    ),
    "many elements' names": (
        put(b"".join(b"<a%d/>" % n for n in range(10_000))),
        "R-PACKAGE-016", "has more than 10000 different names",
    ),
    "many attributes' names": (
        put(b"".join(b"<a b%d=''/>" % n for n in range(10_000))),
        "R-PACKAGE-016", "has more than 10000 different names",
    ),
    "many namespaces": (
        put(b"".join(b"<a xmlns:q='u:%d'/>" % n for n in range(10_000))),
        "R-PACKAGE-016", "has more than 10000 different names",
    ),
    "many instructions": (
        put(b"".join(b"<?a%d?>" % n for n in range(10_000))),
        "R-PACKAGE-016", "has more than 10000 different names",
    ),
    "elements of an entry": (
        put(b"<NtryRef/>" * 400_001), "R-PACKAGE-016", "more than 400000 elements in one entry",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_is_refused_with_its_reason(tmp_path: Path, case: str) -> None:
    content, rule, message = HOSTILE[case]
    started, held = time.monotonic(), peak()
    package = write(tmp_path, content, name="s.xml", rows=1, total=250, bank_no=BANK)
    receipt = check(package)
    assert receipt["status"] == "rejected"
    assert receipt["findings"][0]["rule"] == rule
    assert message in receipt["findings"][0]["examples"][0]["message"]
    assert time.monotonic() - started < LONG
    assert peak() - held < LARGE


@pytest.mark.parametrize(
    "content",
    [
        put(b"<!-- <Ntry> <!DOCTYPE x> -->"),
        put(b"<?x <Ntry> ?>"),
        GOOD.replace(b"<MsgId>M", b"<MsgId><![CDATA[<Ntry><Stmt><!DOCTYPE x>]]>M"),
        put(b"<a " + b" ".join(b"a%d=''" % n for n in range(9_000)) + b"/>"),
        put(b"<a>" * 90 + b"<b/>" * 300_000 + b"</a>" * 90),
        put(b"".join(b"<a xmlns:p%d='u:%d'/>" % (n, n) for n in range(4_000))),
        b"\xef\xbb\xbf" + GOOD,
        b"\n " + GOOD.split(b"?>", 1)[1],
        GOOD.replace(b"xmlns=", b"xmlns:c=").replace(b"<", b"<c:").replace(b"<c:/", b"</c:")
        .replace(b"<c:?", b"<?"),
        GOOD.replace(b"<Ntry>", b"<Ntry\n  a='>'\n>"),
        GOOD.replace(b"\n", b"\r\n"),
    ],
)  # fmt: skip
def test_what_only_looks_odd_is_read(tmp_path: Path, content: bytes) -> None:
    package = write(tmp_path, content, name="s.xml", rows=1, total=250, bank_no=BANK)
    assert check(package)["status"] == "accepted"


# Peaks are those of a process, so that each file has one of its own.
HELD = """
import sys
from pathlib import Path
from data.settings import load_settings
from pipelines.intake.camt_reader import read_camt
from pipelines.intake.xml_scan import scan

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))

path, limits = Path(sys.argv[1]), load_settings(None).intake
found, before = scan(path, ("Ntry", "Stmt"), limits), peak()
tables = [read_camt(path, table, None, found, limits) for table in ("entry", "balance")]
print(sum(len(batch.lines) for batches in tables for batch in batches), peak() - before)
"""


@pytest.mark.parametrize(
    "between", [("<a/>", ""), ("", "<a/>"), ("<a>x</a>", "<Bal>y</Bal>"), ("x", "<Id/>x")]
)
def test_what_stands_between_records_is_not_held(tmp_path: Path, between: tuple[str, str]) -> None:
    inside, outside = (part * (1_000_000 // (len(part) or 1)) for part in between)
    entries = [ntry(ref=f"<NtryRef>{n}</NtryRef>") + inside for n in range(3)]
    path = tmp_path / "s.xml"
    path.write_bytes(camt(outside.join(stmt(*entries) for _ in range(2))))
    done = subprocess.run(
        [sys.executable, "-c", HELD, str(path)], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    rows, kilobytes = map(int, done.stdout.split())
    assert rows == 8
    assert kilobytes < 100_000


def test_the_head_of_a_statement_is_bounded_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "s.xml"
    path.write_bytes(GOOD.replace(b"</Ntry>", b"</Ntry>" + (b"<Bal/>" * 50 + b"<Ntry></Ntry>") * 3))
    limits = load_settings(None).intake.model_copy(update={"max_xml_elements": 100})
    found = scan(path, ("Ntry", "Stmt"), limits)
    with pytest.raises(Refused, match="more than 100 elements in one entry or statement head"):
        list(read_camt(path, "balance", BANK, found, limits))
    assert sum(len(each.lines) for each in read_camt(path, "entry", BANK, found, limits)) == 4


def test_xml_is_read_under_its_own_tables_alone(tmp_path: Path) -> None:
    package = write(tmp_path, GOOD, name="s.xml", table="loan", rows=1, total=0)
    receipt = check(package)
    assert faults(receipt)[0][0] == "R-PACKAGE-016"
    assert "read as entry or balance" in receipt["findings"][0]["examples"][0]["message"]


@pytest.mark.parametrize("size", [4096, 4099, 5000, 1_000_000])
def test_counts_do_not_depend_on_where_the_bytes_are_cut(tmp_path: Path, size: int) -> None:
    hidden = "<!-- <Ntry> --><![CDATA[<Ntry>]]><?p <Ntry>?>"
    entries = [f"{hidden}\n{ntry(ref=f'<NtryRef>{n}</NtryRef>')}" for n in range(500)]
    path = tmp_path / "s.xml"
    path.write_bytes(camt(stmt(*entries)))
    settings = load_settings(None).intake.model_copy(update={"max_line_bytes": size})
    found = scan(path, ("Ntry", "Stmt"), settings)
    assert found.lines["Ntry"].tolist() == list(range(4, 504))
    assert found.lines["Stmt"].tolist() == [3]


def test_more_records_than_the_limit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.xml"
    path.write_bytes(camt(stmt(ntry(), ntry(), ntry())))
    settings = load_settings(None).intake.model_copy(update={"max_rows": 3})
    with pytest.raises(Refused, match="more than 3 records"):
        scan(path, ("Ntry", "Stmt"), settings)


@pytest.mark.parametrize(
    ("first", "xml"),
    [(b"<a/>", True), (b"\xef\xbb\xbf\n<a/>", True), (b"bank_no,<x>\n", False), (b"", False)],
)
def test_xml_is_known_by_its_first_sign(tmp_path: Path, first: bytes, xml: bool) -> None:
    path = tmp_path / "f"
    path.write_bytes(first)
    assert is_xml(path) == xml


def cut(data: bytes, at: int, length: int, put: bytes) -> bytes:
    return data[:at] + put + data[at + length :]


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.binary(max_size=12))
def test_whatever_bytes_a_file_holds_there_is_a_receipt(
    tmp_path: Path, at: int, length: int, put: bytes
) -> None:
    place = tmp_path / f"{time.monotonic_ns()}"
    content = cut(GOOD, at, length, put)
    package = write(place, content, name="s.xml", rows=1, total=250, bank_no=BANK)
    receipt = check(package)
    assert receipt["status"] in ("accepted", "accepted_with_warnings", "rejected",
                                 "partially_accepted")  # fmt: skip
    if receipt["status"] != "accepted":
        assert all(each["examples"][0]["message"] for each in receipt["findings"])
