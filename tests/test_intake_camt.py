"""camt.053: versions 2 to 8 as entries and balances, exact or refused with the reason."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from data.settings import load_settings
from pipelines.intake.camt_elements import RECORDS
from pipelines.intake.camt_reader import read_camt
from pipelines.intake.camt_values import exact_fen, wall_clock
from pipelines.intake.raw import Batch
from pipelines.intake.xml_scan import scan
from tests.form_files import bal, camt, faults, ntry, received, stmt
from tests.test_intake import BANK, check, write
from tests.test_intake_statements import OTHER_BANK

VERSIONS = ["02", "03", "04", "05", "06", "07", "08"]


def details(amount: str = "", *, name: str = "甲公司", more: str = "", pty: bool = False) -> str:
    """A transaction of money that a debtor paid."""
    party = f"<Pty><Nm>{name}</Nm></Pty>" if pty else f"<Nm>{name}</Nm>"
    return (
        f"<TxDtls><Refs><ClrSysRef>C1</ClrSysRef></Refs>{amount}"
        f"<RltdPties><Dbtr>{party}</Dbtr>"
        "<DbtrAcct><Id><Othr><Id>6228 48-01</Id></Othr></Id></DbtrAcct><Cdtr><Nm>自己</Nm></Cdtr>"
        f"</RltdPties><RltdAgts><DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>{OTHER_BANK}</MmbId>"
        "</ClrSysMmbId></FinInstnId></DbtrAgt></RltdAgts>"
        f"<RmtInf><Ustrd>货款</Ustrd><Ustrd>六月</Ustrd></RmtInf>{more}</TxDtls>"
    )


def batch(place: Path, content: bytes, table: Any = "entry") -> Batch:
    path = place / "s.xml"
    path.write_bytes(content)
    counted = scan(path, RECORDS, load_settings(None).intake)
    read = list(read_camt(path, table, BANK, counted, load_settings(None).intake))
    assert len(read) == 1
    return read[0]


def rows(place: Path, *entries: str) -> list[dict[str, Any]]:
    """The entries of a statement, each with what its form makes unfit."""
    read = batch(place, camt(stmt(*entries)))
    assert read.origin is not None
    found = read.cells.to_pylist()
    for fault in read.origin.faults:
        for row in fault.rows:
            found[row].setdefault("faults", []).append((fault.column, fault.rule))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_gives_entries_and_balances(tmp_path: Path, version: str) -> None:
    new = version in ("07", "08")
    status = "<Cd>BOOK</Cd>" if version == "08" else "BOOK"
    day = "<DtTm>2016-06-13T01:30:00.25+00:00</DtTm>"
    entry = ntry(status=status, day=day, details=details(pty=new))
    content = camt(stmt(entry, bank=BANK), version)
    package = write(tmp_path, content, name="s.xml", rows=1, total=250)
    receipt, lake = received(package, tmp_path)
    assert (receipt["status"], receipt["findings"]) == ("accepted", [])
    assert [(each["table"], each["rows"], each["accepted"]) for each in receipt["tables"]] == [
        ("entry", 1, 1), ("balance", 1, 1)
    ]  # fmt: skip
    lineage = ("submitter", "submitted_for", "sequence", "line")
    assert lake["entry"].drop(lineage).row(0, named=True) == {
        "bank_no": BANK,
        "account_no": "6001",
        "entry_no": "R1",
        "booked_at": datetime(2016, 6, 13, 9, 30, 0, 250_000),
        "direction": "in",
        "amount_fen": 250,
        "balance_after_fen": None,
        "counterparty_bank_no": OTHER_BANK,
        "counterparty_account_no": "62284801",
        "counterparty_name": "甲公司",
        "match_no": "C1",
        "channel": "other",
        "cash": False,
        "reversal_of": None,
        "purpose": "货款 六月",
        "memo": None,
        "device": None,
        "loan_id": None,
    }
    assert lake["balance"].drop(lineage).row(0, named=True) == {
        "bank_no": BANK,
        "account_no": "6001",
        "balance_date": date(2016, 6, 13),
        "opening_fen": 1000,
        "credit_fen": 250,
        "debit_fen": 0,
        "closing_fen": 1250,
        "frozen_fen": None,
        "subledger_total_fen": None,
    }


def test_one_file_may_be_named_for_both_tables(tmp_path: Path) -> None:
    package = write(tmp_path, camt(stmt(ntry())), name="s.xml", rows=1, total=250, bank_no=BANK)
    manifest = json.loads((package / "manifest.json").read_text())
    again = {**manifest["files"][0], "table": "balance", "amount_total": 1000}
    manifest["files"].append(again)
    (package / "manifest.json").write_text(json.dumps(manifest))
    receipt = check(package)
    assert (receipt["status"], len(receipt["tables"])) == ("accepted", 2)
    again["amount_total"] = 999
    (package / "manifest.json").write_text(json.dumps(manifest))
    assert faults(check(package))[0][0] == "R-PACKAGE-012"


def test_no_other_file_may_be_named_twice(tmp_path: Path) -> None:
    package = write(tmp_path, b"bank_no\n", rows=0, total=0)
    manifest = json.loads((package / "manifest.json").read_text())
    manifest["files"].append({**manifest["files"][0], "table": "balance"})
    (package / "manifest.json").write_text(json.dumps(manifest))
    assert faults(check(package))[0][0] == "R-PACKAGE-005"
    manifest["files"][1]["table"] = "loan"
    (package / "manifest.json").write_text(json.dumps(manifest))
    assert faults(check(package))[0][0] == "R-PACKAGE-005"


def test_balances_that_the_manifest_names_elsewhere_are_not_read(tmp_path: Path) -> None:
    package = write(tmp_path, camt(stmt(ntry())), name="s.xml", rows=1, total=250, bank_no=BANK)
    other = write(
        tmp_path / "other", f"bank_no,account_no,balance_date,opening_fen,credit_fen,debit_fen,"
        f"closing_fen\n{BANK},6001,2016-06-13,0,250,0,250\n".encode(),
        table="balance", name="balance.csv", rows=1, total=0,
    )  # fmt: skip
    (package / "balance.csv").write_bytes((other / "balance.csv").read_bytes())
    manifest = json.loads((package / "manifest.json").read_text())
    manifest["files"] += json.loads((other / "manifest.json").read_text())["files"]
    (package / "manifest.json").write_text(json.dumps(manifest))
    receipt, lake = received(package, tmp_path)
    assert receipt["status"] == "accepted"
    assert lake["balance"]["closing_fen"].to_list() == [250]


@pytest.mark.parametrize(
    ("changed", "faults"),
    [({"amount": "8.85001"}, [("Amt", "decimals")]),
     ({"amount": "8,85"}, [("Amt", "unparsable")]),
     ({"amount": "-1"}, [("Amt", "negative")]),
     ({"amount": ""}, [("Amt", "required")]),
     ({"amount": "9" * 5000}, [("Amt", "unparsable")]),
     ({"currency": "EUR"}, [("Ccy", "currency")]),
     ({"status": "PDNG"}, [("Sts", "not_booked")]),
     ({"status": "INFO"}, [("Sts", "not_booked")]),
     ({"status": "<Cd>FUTR</Cd>"}, [("Sts", "not_booked")]),
     ({"status": "DONE"}, [("Sts", "unlisted")]),
     ({"status": ""}, [("Sts", "required")]),
     ({"sign": "CREDIT"}, [("CdtDbtInd", "unlisted")]),
     ({"day": "<Dt>2016-6-13</Dt>"}, [("BookgDt", "unparsable")]),
     ({"day": "<DtTm>2016-06-13T25:00:00</DtTm>"}, [("BookgDt", "unparsable")]),
     ({"more": "<RvslInd>yes</RvslInd>"}, [("RvslInd", "unparsable")]),
     ({"ref": ""}, [("NtryRef", "required")]),
     ({"ref": "", "details": "<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs></TxDtls>"},
      [("NtryRef", "required")])],
)  # fmt: skip
def test_what_cannot_be_an_entry_is_named(
    tmp_path: Path, changed: dict[str, str], faults: list[tuple[str, str]]
) -> None:
    assert rows(tmp_path, ntry(**changed))[0]["faults"] == faults


@pytest.mark.parametrize(
    ("ref", "number"),
    [("<NtryRef>7</NtryRef>", "7"), ("<AcctSvcrRef>A</AcctSvcrRef>", "A"),
     ("<NtryRef>7</NtryRef><AcctSvcrRef>A</AcctSvcrRef>", "A|7")],
)  # fmt: skip
def test_entries_are_numbered_by_the_banks_references(
    tmp_path: Path, ref: str, number: str
) -> None:
    assert rows(tmp_path, ntry(ref=ref))[0]["entry_no"] == number


@pytest.mark.parametrize(
    ("one", "other"),
    [(("A/B", "C"), ("A", "B/C")), (("A|B", "C"), ("A", "B|C")), (("A|", "C"), ("A", "|C")),
     (("A\\", "C"), ("A", "\\C")), (("A\\|B", ""), ("A\\", "B")), (("A|B", ""), ("A", "B")),
     (("A/B", ""), ("A", "B"))],
)  # fmt: skip
def test_references_that_differ_give_numbers_that_differ(
    tmp_path: Path, one: tuple[str, str], other: tuple[str, str]
) -> None:
    def entry(refs: tuple[str, str]) -> str:
        return ntry(ref=f"<NtryRef>{refs[1]}</NtryRef><AcctSvcrRef>{refs[0]}</AcctSvcrRef>")

    first, second = rows(tmp_path, entry(one), entry(other))
    assert first["entry_no"] != second["entry_no"]


def test_a_part_of_a_batch_has_no_entrys_number(tmp_path: Path) -> None:
    part = details('<Amt Ccy="CNY">1.25</Amt>')
    alone = ntry(ref="<NtryRef>R1#1</NtryRef>")
    numbers = [each["entry_no"] for each in rows(tmp_path, ntry(details=part + part), alone)]
    assert numbers == ["R1#1", "R1#2", "R1\\#1"]


def test_a_single_transactions_reference_numbers_its_entry(tmp_path: Path) -> None:
    refs = "<Refs><EndToEndId>E</EndToEndId><TxId>X</TxId></Refs>"
    assert rows(tmp_path, ntry(ref="", details=f"<TxDtls>{refs}</TxDtls>"))[0]["entry_no"] == "X"


def test_the_way_of_the_money_is_that_of_the_booking_also_where_it_reverses(
    tmp_path: Path,
) -> None:
    reversal = "<RvslInd>true</RvslInd>"
    named = "<Dbtr><Nm>付方</Nm></Dbtr><Cdtr><Nm>收方</Nm></Cdtr>"
    parties = f"<TxDtls><RltdPties>{named}</RltdPties></TxDtls>"
    entries = [
        ntry(sign=sign, more=more, details=parties)
        for sign in ("CRDT", "DBIT") for more in ("", reversal)
    ]  # fmt: skip
    found = rows(tmp_path, *entries)
    assert [(each["direction"], each["counterparty_name"], each["memo"]) for each in found] == [
        ("in", "付方", None),
        ("in", "收方", "冲正"),
        ("out", "收方", None),
        ("out", "付方", "冲正"),
    ]


def test_a_batch_that_adds_up_is_a_row_for_each_transaction(tmp_path: Path) -> None:
    def part(amount: str, name: str) -> str:
        return details(f'<Amt Ccy="CNY">{amount}</Amt>', name=name)

    whole = ntry("3.00", details=part("1.25", "甲") + part("1.75", "乙"))
    found = rows(tmp_path, whole)
    assert [(e["entry_no"], e["amount_fen"], e["counterparty_name"]) for e in found] == [
        ("R1#1", "125", "甲"),
        ("R1#2", "175", "乙"),
    ]
    short = ntry("3.01", details=part("1.25", "甲") + part("1.75", "乙"))
    found = rows(tmp_path, short)
    assert [(e["entry_no"], e["amount_fen"], e["counterparty_name"]) for e in found] == [
        ("R1", "301", None)
    ]
    old = "<AmtDtls><TxAmt><Amt Ccy='CNY'>1.50</Amt></TxAmt></AmtDtls>"
    assert len(rows(tmp_path, ntry("3.00", details=details(old) + details(old)))) == 2
    package = write(tmp_path, camt(stmt(whole)), name="s.xml", rows=1, total=300, bank_no=BANK)
    receipt, lake = received(package, tmp_path)
    assert [each["rows"] for each in receipt["tables"]] == [2, 1]
    assert lake["balance"]["credit_fen"].to_list() == [300]


@pytest.mark.parametrize(
    ("family", "code", "channel", "cash"),
    [("CNTR", "CDPT", "cash", "true"), ("CCRD", "CWDL", "cash", "true"),
     ("CCRD", "POSD", "pos", "false"), ("RCDT", "DMCT", "other", "false")],
)  # fmt: skip
def test_codes_of_bank_transactions_say_the_channel(
    tmp_path: Path, family: str, code: str, channel: str, cash: str
) -> None:
    codes = f"<Fmly><Cd>{family}</Cd><SubFmlyCd>{code}</SubFmlyCd></Fmly>"
    more = f"<BkTxCd><Domn><Cd>PMNT</Cd>{codes}</Domn></BkTxCd>"
    found = rows(tmp_path, ntry(more=more))[0]
    assert (found["channel"], found["cash"]) == (channel, cash)


@pytest.mark.parametrize(
    ("changed", "column"),
    [({"amount": "2<b/>34.50"}, "Amt"), ({"amount": "2.50<b/>"}, "Amt"),
     ({"amount": "<b>2.50</b>"}, "Amt"), ({"amount": "<b/>2.50"}, "Amt"),
     ({"amount": "2<q:b xmlns:q='u:q'>1</q:b>34.50"}, "Amt"),
     ({"status": "BOOK<b/>"}, "Sts"), ({"status": "PDNG<Cd>BOOK</Cd>"}, "Sts"),
     ({"status": "<Cd>BO<b/>OK</Cd>"}, "Sts"), ({"sign": "CRDT<b/>"}, "CdtDbtInd"),
     ({"day": "<Dt>2016-06-13<b/></Dt>"}, "BookgDt"),
     ({"ref": "<NtryRef>7<b/></NtryRef>"}, "NtryRef"),
     ({"more": "<RvslInd>true<b/></RvslInd>"}, "RvslInd"),
     ({"details": details(more="<AddtlTxInf>a<b/>c</AddtlTxInf>")}, "TxDtls"),
     ({"details": details(name="甲<b/>乙")}, "TxDtls"),
     ({"more": f"<AddtlNtryInf>{'长' * 2001}</AddtlNtryInf>"}, "AddtlNtryInf")],
)  # fmt: skip
def test_a_text_with_elements_in_it_or_without_end_is_unreadable(
    tmp_path: Path, changed: dict[str, str], column: str
) -> None:
    assert rows(tmp_path, ntry(**changed))[0]["faults"] == [(column, "unparsable")]


@pytest.mark.parametrize(
    ("changed", "column"),
    [({"more": '<Amt Ccy="CNY">9.99</Amt>'}, "Amt"), ({"more": "<Sts>PDNG</Sts>"}, "Sts"),
     ({"status": "<Cd>BOOK</Cd><Cd>PDNG</Cd>"}, "Sts"),
     ({"more": "<CdtDbtInd>DBIT</CdtDbtInd>"}, "CdtDbtInd"),
     ({"day": "<Dt>2016-06-13</Dt><Dt>2016-06-14</Dt>"}, "BookgDt"),
     ({"ref": "<NtryRef>1</NtryRef><NtryRef>2</NtryRef>"}, "NtryRef"),
     ({"details": details('<Amt Ccy="CNY">1</Amt>' * 2)}, "TxDtls")],
)  # fmt: skip
def test_what_an_entry_says_twice_is_not_chosen_from(
    tmp_path: Path, changed: dict[str, str], column: str
) -> None:
    content = camt(stmt(ntry(**changed)))
    assert rows(tmp_path, ntry(**changed))[0]["faults"] == [(column, "unparsable")]
    known = batch(tmp_path, content, "balance").cells["credit_fen"].to_pylist()
    assert known == ([None] if column in ("Amt", "Sts", "CdtDbtInd") else ["250"])


@pytest.mark.parametrize(
    ("head", "column"),
    [(bal("OPBD", "1").replace("<CdtDbtInd>", "<CdtDbtInd>DBIT</CdtDbtInd><CdtDbtInd>")
      + bal("CLBD", "10"), "OPBD"),
     (bal("OPBD", "1<b/>0") + bal("CLBD", "10"), "OPBD"),
     (bal("OPBD", "10") + bal("CLBD", "10").replace("CRDT", "CR<b/>DT"), "CLBD"),
     (bal("OP<b/>BD", "1") + bal("PRCD", "10") + bal("CLBD", "10"), "OPBD"),
     (bal("OPBD", "1") + bal("CLBD", "10") + "<TxsSummry><TtlCdtNtries><Sum>1<b/>0</Sum>"
      "</TtlCdtNtries></TxsSummry>", "TtlCdtNtries")],
)  # fmt: skip
def test_a_balance_with_elements_in_a_text_is_unreadable(
    tmp_path: Path, head: str, column: str
) -> None:
    read = batch(tmp_path, camt(stmt(ntry(), head=head)), "balance")
    assert read.origin is not None
    assert [(f.column, f.rule) for f in read.origin.faults] == [(column, "unparsable")]


def test_an_account_with_elements_in_its_number_fails_entries_and_balance(tmp_path: Path) -> None:
    content = camt(stmt(ntry(), account="60<b/>01"))
    for table in ("entry", "balance"):
        read = batch(tmp_path, content, table)
        assert read.origin is not None
        assert [(f.column, f.rule) for f in read.origin.faults] == [("Acct", "unparsable")]


@pytest.mark.parametrize("text", ["2<!-- 1 -->34.50", "2<![CDATA[34]]>.50", "2<?p 1?>34.5&#48;"])
def test_comments_are_no_part_of_a_text(tmp_path: Path, text: str) -> None:
    found = rows(tmp_path, ntry(text, details=details(name="甲&amp;乙&lt;丙")))[0]
    assert (found["amount_fen"], found["counterparty_name"]) == ("23450", "甲&乙<丙")
    assert "faults" not in found


@pytest.mark.parametrize(
    ("changed", "credit"),
    [({"status": "<Cd>BOOK</Cd>"}, 250), ({"status": "<Prtry>BOOK</Prtry>"}, 250),
     ({"status": "<Prtry>PDNG</Prtry>"}, 0), ({"status": ""}, None), ({"status": "DONE"}, None),
     ({"status": "BOOK<b/>"}, None), ({"amount": "2<b/>.50"}, None), ({"amount": "-2.50"}, None),
     ({"sign": "CR<b/>DT"}, None), ({"currency": "EUR"}, None),
     ({"status": "PDNG", "amount": "x"}, 0)],
)  # fmt: skip
def test_what_loads_as_an_entry_is_what_counts_in_its_balance(
    tmp_path: Path, changed: dict[str, str], credit: int | None
) -> None:
    content = camt(stmt(ntry(**changed)))
    entry, balance = batch(tmp_path, content), batch(tmp_path, content, "balance")
    assert entry.origin is not None and balance.origin is not None
    assert balance.cells["credit_fen"].to_pylist() == [None if credit is None else str(credit)]
    rules = {fault.rule for fault in entry.origin.faults}
    assert (rules == set()) == bool(credit) and ("not_booked" in rules) == (credit == 0)
    expected = [] if credit is not None else ["TtlCdtNtries", "TtlDbtNtries"]
    assert [fault.column for fault in balance.origin.faults] == expected


SUMMARY = (
    "<TxsSummry><TtlCdtNtries><Sum>9.50</Sum></TtlCdtNtries>"
    "<TtlDbtNtries><Sum>7</Sum></TtlDbtNtries></TxsSummry>"
)


@pytest.mark.parametrize(
    ("head", "cells", "faults"),
    [(bal("OPBD", "1.00", "DBIT") + bal("CLBD", "1.5"), ("-100", "250", "100", "150"), []),
     (bal("PRCD", "1.00") + bal("CLBD", "1.5"), ("100", "250", "100", "150"), []),
     (bal("OPBD", "1") + bal("CLBD", "1") + SUMMARY, ("100", "950", "700", "100"), []),
     (bal("CLBD", "1"), (None, "250", "100", "100"), [("OPBD", "required")]),
     (bal("OPBD", "1"), ("100", "250", "100", None), [("CLBD", "required")]),
     (bal("OPBD", "1.001") + bal("CLBD", "1"), (None, "250", "100", "100"), [("OPBD", "decimals")]),
     (bal("OPBD", "1", "X") + bal("CLBD", "1"), (None, "250", "100", "100"),
      [("OPBD", "unparsable")]),
     (bal("OPBD", "1") + bal("CLBD", "1", currency="USD"), ("100", "250", "100", "100"),
      [("CLBD Ccy", "currency")])],
)  # fmt: skip
def test_balances(
    tmp_path: Path, head: str, cells: tuple[str, ...], faults: list[tuple[str, str]]
) -> None:
    entries = [ntry(), ntry("1", sign="DBIT"), ntry("9", status="PDNG")]
    read = batch(tmp_path, camt(stmt(*entries, head=head)), "balance")
    assert read.origin is not None
    row = read.cells.to_pylist()[0]
    columns = ("opening_fen", "credit_fen", "debit_fen", "closing_fen")
    assert tuple(row[name] for name in columns) == cells
    assert [(fault.column, fault.rule) for fault in read.origin.faults] == faults


def test_sums_of_entries_that_cannot_be_read_are_not_guessed(tmp_path: Path) -> None:
    statements = stmt(ntry(), ntry("1.001")) + stmt(ntry(), account="6002")
    read = batch(tmp_path, camt(statements), "balance")
    assert read.cells["credit_fen"].to_pylist() == [None, "250"]


def test_a_statement_without_a_bank_names_the_remedy(tmp_path: Path) -> None:
    package = write(tmp_path, camt(stmt(ntry())), name="s.xml", rows=1, total=250)
    receipt = check(package)
    assert [each["rule"] for each in receipt["findings"]][::2] == ["R-ENTRY-016", "R-BALANCE-016"]
    assert '"bank_no"' in receipt["findings"][0]["examples"][0]["fix"]


def test_lines_are_those_of_the_file_beyond_the_parsers_end(tmp_path: Path) -> None:
    entries = [ntry(ref=f"\n\n\n<NtryRef>{n}</NtryRef>\n") + "\n" for n in range(20_000)]
    entries.append(ntry("1.001", ref="<NtryRef>X</NtryRef>"))
    content = camt(stmt(*entries))
    line = content.decode().split('<Amt Ccy="CNY">1.001')[0].count("\n") + 1
    assert line > 2**16
    path = tmp_path / "s.xml"
    path.write_bytes(content)
    counted = scan(path, RECORDS, load_settings(None).intake)
    batches = list(read_camt(path, "entry", BANK, counted, load_settings(None).intake))
    assert [len(each.lines) for each in batches] == [10_000, 10_000, 1]
    assert batches[-1].lines[0] == line
    starts = [at for at, text in enumerate(content.split(b"\n"), 1) if b"<Ntry>" in text]
    assert batches[0].lines.tolist() == starts[:10_000]


def test_a_batch_of_rows_ends_before_it_is_large(tmp_path: Path) -> None:
    text = f"<AddtlNtryInf>{'x' * 1990}</AddtlNtryInf>"
    parts = details('<Amt Ccy="CNY">0.01</Amt>') * 10_000
    path = tmp_path / "s.xml"
    path.write_bytes(camt(stmt(ntry(), ntry("100.00", more=text, details=parts))))
    limits = load_settings(None).intake
    batches = list(read_camt(path, "entry", BANK, scan(path, RECORDS, limits), limits))
    assert len(batches) > 1 and max(len(each.lines) for each in batches) < 10_000
    assert sum(len(each.lines) for each in batches) == 10_001
    assert sum(each.covered for each in batches) == 2


def test_rows_are_the_entries_of_the_file(tmp_path: Path) -> None:
    content = camt(stmt(ntry(), ntry(ref="<NtryRef>2</NtryRef>")))
    receipt = check(write(tmp_path, content, name="s.xml", rows=3, total=500, bank_no=BANK))
    assert faults(receipt)[0][0] == "R-PACKAGE-011"


@pytest.mark.parametrize(
    ("text", "fen", "rule"),
    [("8.850", 885, ""), ("2700", 270000, ""), ("0.1", 10, ""), (".5", 50, ""), ("-3.", -300, ""),
     ("8.85001", None, "decimals"), ("8.8500000", 885, ""), ("1e2", None, "unparsable"),
     ("", None, "unparsable"), (".", None, "unparsable"), (None, None, "required")],
)  # fmt: skip
def test_amounts_are_exact_or_named(text: str | None, fen: int | None, rule: str) -> None:
    assert exact_fen(text) == (fen, rule)


@pytest.mark.parametrize(
    ("day", "moment", "shown"),
    [("2016-06-13", None, "2016-06-13 00:00:00"), ("2016-06-13+08:00", None, "2016-06-13 00:00:00"),
     (None, "2016-06-13T20:00:00Z", "2016-06-14 04:00:00"),
     (None, "2016-06-13T20:00:00", "2016-06-13 20:00:00"),
     (None, "2016-06-13T20:00:00.5+08:00", "2016-06-13 20:00:00.500000"),
     (None, "0001-01-01T00:00:00+14:00", None), (None, "2016-06-13", None), (None, None, None)],
)  # fmt: skip
def test_times_are_those_of_the_clock_in_shanghai(
    day: str | None, moment: str | None, shown: str | None
) -> None:
    assert wall_clock(day, moment) == shown
