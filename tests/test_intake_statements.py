"""Chinese bank statements: every form of header and cell becomes the same entry, or is named."""

from __future__ import annotations

import csv
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.codes import cnaps_with_check
from data.settings import load_settings
from pipelines.intake.cell_kernel import layout
from pipelines.intake.csv_reader import read_csv
from pipelines.intake.forms_document import document
from pipelines.intake.raw import Batch
from pipelines.intake.statement_words import CASH, DIRECTIONS, HEADERS, SUCCESS, UNUSED
from pipelines.intake.statements import as_entries, is_statement
from pipelines.intake.yuan_kernel import EXACT, NONE, TOO_FINE, TOO_LARGE, parse_yuan
from tests.form_files import COLUMNS_29, COLUMNS_32, COLUMNS_34, ROW, faults, received, statement
from tests.test_intake import BANK, SUBMITTER, check, write

OTHER_BANK = cnaps_with_check("30830100002")
ENTRY = {
    "bank_no": BANK,
    "account_no": "102301000001",
    "entry_no": "T1",
    "booked_at": datetime(2016, 6, 13, 9, 30),
    "direction": "in",
    "amount_fen": 123450,
    "balance_after_fen": -50,
    "counterparty_bank_no": None,
    "counterparty_account_no": "6228480001",
    "counterparty_name": "乙公司",
    "match_no": None,
    "channel": "other",
    "cash": False,
    "reversal_of": None,
    "purpose": "货款",
    "memo": "六月",
    "device": None,
    "loan_id": None,
}


def entries(place: Path, content: bytes, bank_no: str | None = BANK) -> list[dict[str, Any]]:
    """The contract's cells of a statement, row by row."""
    batch = mapped(place, content, bank_no)
    return batch.cells.to_pylist()


def mapped(place: Path, content: bytes, bank_no: str | None = BANK) -> Batch:
    path = place / "statement.csv"
    path.write_bytes(content)
    return next(as_entries(read_csv(path, "utf-8", load_settings(None).intake), bank_no))


def one(place: Path, **changed: str) -> dict[str, Any]:
    """The entry of one row with other cells; a fault is what its rules say."""
    columns = [*COLUMNS_34, *(name for name in changed if name not in COLUMNS_34)]
    batch = mapped(place, statement(columns, [changed]))
    assert batch.origin is not None
    found = [(fault.column, fault.rule) for fault in batch.origin.faults]
    return batch.cells.to_pylist()[0] | ({"faults": found} if found else {})


@pytest.mark.parametrize(
    ("columns", "channel"),
    [(COLUMNS_29, "other"), (COLUMNS_32, "cnaps_hvps"), (COLUMNS_34, "cnaps_hvps"),
     (COLUMNS_34[::-1], "cnaps_hvps"), ([f"\t{name}" for name in COLUMNS_29], "other")],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_variant_of_the_header_gives_the_same_entry(
    tmp_path: Path, columns: list[str], channel: str, encoding: str
) -> None:
    # Some systems put a tab before every cell, so that spreadsheets keep the digits.
    tabbed = columns[0].startswith("\t")
    row = {"交易金额": "1234.50"} if tabbed else {}
    content = statement([name.strip() for name in columns], [row])
    content = content.replace(b",", b",\t") if tabbed else content
    package = write(
        tmp_path, content.decode().encode(encoding), bank_no=BANK, total=123450,
        encoding="gb18030" if encoding == "gb18030" else "utf-8",
    )  # fmt: skip
    receipt, lake = received(package, tmp_path)
    assert (receipt["status"], receipt["findings"]) == ("accepted", [])
    row = lake["entry"].drop("submitter", "submitted_for", "sequence").row(0, named=True)
    assert row == {**ENTRY, "channel": channel, "line": 2}


def test_the_variants_have_29_32_and_34_columns_and_are_known_by_their_names() -> None:
    assert [len(each) for each in (COLUMNS_29, COLUMNS_32, COLUMNS_34)] == [29, 32, 34]
    assert is_statement(COLUMNS_29) and is_statement(["交易卡号", "交易金额", "x"])
    assert not is_statement(["bank_no", "account_no", "备注"])
    assert not is_statement(["交易卡号", "x"])
    assert not UNUSED & {name for names in HEADERS.values() for name in names}


@pytest.mark.parametrize(("word", "direction"), DIRECTIONS.items())
def test_every_word_of_direction(tmp_path: Path, word: str, direction: str) -> None:
    assert one(tmp_path, 收付标志=word)["direction"] == direction
    assert one(tmp_path, 收付标志=f" {word.lower()}\t")["direction"] == direction


@pytest.mark.parametrize(("word", "cash"), CASH.items())
def test_every_word_of_cash(tmp_path: Path, word: str, cash: str) -> None:
    found = one(tmp_path, 现金标志=word, 交易类型="")
    assert (found["cash"], found["channel"]) == (cash, "cash" if cash == "true" else "other")


@pytest.mark.parametrize(
    ("words", "channel", "cash"),
    [("ATM取款", "cash", "true"), ("现金存款", "cash", "true"), ("POS消费", "pos", "false"),
     ("DEPOSIT", "other", "false"), ("大额存单", "other", "false"), ("现金管理", "other", "false"),
     ("小额支付", "cnaps_beps", "false"), ("网联快捷", "nucc", "false"), ("", "other", "false"),
     ("银联转账", "unionpay", "false"), ("行内转账", "book", "false")],
)  # fmt: skip
def test_the_kind_of_transaction_says_the_channel(
    tmp_path: Path, words: str, channel: str, cash: str
) -> None:
    found = one(tmp_path, 交易类型=words, 现金标志="")
    assert (found["channel"], found["cash"]) == (channel, cash)


@pytest.mark.parametrize(
    "number",
    ["6222021234567890", "6222 0212 3456 7890", "6222-0212-3456-7890", "\t6222021234567890\t",
     "'6222021234567890", '="6222021234567890"', "6222　0212 34567890", "6222–0212–3456–7890"],
)  # fmt: skip
def test_account_numbers_lose_what_is_written_around_their_digits(
    tmp_path: Path, number: str
) -> None:
    found = one(tmp_path, 交易账号=number, 交易对手账卡号=number)
    assert found["account_no"] == found["counterparty_account_no"] == "6222021234567890"
    assert "faults" not in found


def test_a_number_that_a_spreadsheet_rounded_is_no_account(tmp_path: Path) -> None:
    assert one(tmp_path, 交易账号="6.22202E+15")["faults"] == [("交易账号", "unparsable")]
    assert "faults" not in one(tmp_path, 交易账号="6001", 交易卡号="6.22202E+15")
    rounded = one(tmp_path, 交易账号="", 交易卡号="6.22202E+15")
    assert rounded["faults"] == [("交易卡号", "unparsable")]


def test_the_card_stands_in_for_an_account_that_is_not_given(tmp_path: Path) -> None:
    assert one(tmp_path, 交易账号="")["account_no"] == "6222021234567890"
    assert one(tmp_path, 交易账号="-")["account_no"] == "6222021234567890"


@pytest.mark.parametrize(
    ("written", "second"),
    [("2016-06-13 09:30:05", 5), ("20160613093005", 5), ("2016/06/13 09:30:05", 5),
     ("2016/6/13 9:30:05", 5), ("2016/6/13 9:30", 0), ("20160613 09:30:05", 5),
     ("20160613 093005", 5), ("2016-06-13T09:30:05", 5), ('="2016-06-13 09:30:05"', 5),
     ("2016-06-13 09:30:05.0", 5), ("2016-06-1309:30:05", 5), ("2016061309:30", 0),
     ("'2016/6/13 9:30:05", 5)],
)  # fmt: skip
def test_every_way_to_write_a_time(tmp_path: Path, written: str, second: int) -> None:
    found = one(tmp_path, 交易时间=written)
    assert found["booked_at"] == datetime(2016, 6, 13, 9, 30, second)
    assert "faults" not in found


@pytest.mark.parametrize(
    ("day", "time", "booked_at"),
    [("20160613", "093005", datetime(2016, 6, 13, 9, 30, 5)),
     ("2016-06-13", "09:30:05", datetime(2016, 6, 13, 9, 30, 5)),
     ("2016-06-13", "09.30.05", datetime(2016, 6, 13, 9, 30, 5)),
     ("2016/6/13", "", datetime(2016, 6, 13)),
     ("2016-06-12", "2016-06-13 09:30:05", datetime(2016, 6, 13, 9, 30, 5)),
     ("", "20160613093005", datetime(2016, 6, 13, 9, 30, 5)),
     ("2016-06-13", "09:30:00.123456", datetime(2016, 6, 13, 9, 30, 0, 123456)),
     ("20160613", "09.30.05.000000", datetime(2016, 6, 13, 9, 30, 5)),
     ('="2016-06-13"', '="09:30:05"', datetime(2016, 6, 13, 9, 30, 5)),
     ("'20160613", "'093005", datetime(2016, 6, 13, 9, 30, 5)),
     ("2016-06-13 00:00:00", "09:30:05", datetime(2016, 6, 13, 9, 30, 5)),
     ("2016/6/13 0:00", "9:30", datetime(2016, 6, 13, 9, 30)),
     ("20160613000000", "093005", datetime(2016, 6, 13, 9, 30, 5)),
     ("2016-06-13 09:30:05", "", datetime(2016, 6, 13, 9, 30, 5)),
     ("2016-06-13 00:00:00", "null", datetime(2016, 6, 13)),
     ("2016-06-12", "2016/6/13 9:30", datetime(2016, 6, 13, 9, 30)),
     ("2016-06-12", "20160613 093005.5", datetime(2016, 6, 13, 9, 30, 5, 500000))],
)  # fmt: skip
def test_a_day_and_a_time_in_two_columns(
    tmp_path: Path, day: str, time: str, booked_at: datetime
) -> None:
    assert one(tmp_path, 交易日期=day, 交易时间=time)["booked_at"] == booked_at


@pytest.mark.parametrize(
    ("changed", "faults"),
    [({"交易金额": "12.345"}, [("交易金额", "decimals")]),
     ({"交易金额": "-12.34"}, [("交易金额", "negative")]),
     ({"交易金额": "12,34.00"}, [("交易金额", "unparsable")]),
     ({"交易金额": "1.2E3"}, [("交易金额", "unparsable")]),
     ({"交易金额": "１２"}, [("交易金额", "unparsable")]),
     ({"交易金额": "9" * 30}, [("交易金额", "range")]),
     ({"交易余额": "0.001"}, [("交易余额", "decimals")]),
     ({"交易时间": "2016-06-31 09:30:00"}, [("交易时间", "unparsable")]),
     ({"交易时间": "13/06/2016"}, [("交易时间", "unparsable")]),
     ({"收付标志": "？"}, [("收付标志", "unlisted")]),
     ({"收付标志": "10"}, [("收付标志", "unlisted")]),
     ({"现金标志": "09"}, [("现金标志", "unlisted")]),
     ({"交易是否成功": "00"}, [("交易是否成功", "unlisted")]),
     ({"交易币种": "USD"}, [("交易币种", "currency")]),
     ({"交易是否成功": "失败", "交易金额": "x"},
      [("交易是否成功", "not_booked"), ("交易金额", "unparsable")])],
)  # fmt: skip
def test_what_cannot_be_an_entry_is_named_as_sent(
    tmp_path: Path, changed: dict[str, str], faults: list[tuple[str, str]]
) -> None:
    assert one(tmp_path, **changed)["faults"] == faults


@pytest.mark.parametrize(
    ("day", "time"),
    [(None, "2016-6-112:30"), (None, "2016/6/112:30"), (None, "2016-06-13 09:30.5"),
     ("", "2016-06-119:30"), ("", "2016-6-1109:30"),
     ("2016-06-13", "2016-6-112:30"), ("2016-06-13 08:00:00", "09:30:00"),
     ("2016-06-13", "2016-06-13"), ("20160613", "20160613"), ("", "09:30:00"),
     ("2016-06-13", "09:30.5")],
)  # fmt: skip
def test_a_time_that_can_be_read_in_two_ways_is_refused(
    tmp_path: Path, day: str | None, time: str
) -> None:
    found = one(tmp_path, 交易时间=time, **({} if day is None else {"交易日期": day}))
    assert (found["booked_at"], found["faults"]) == (None, [("交易时间", "unparsable")])


@pytest.mark.parametrize(
    "cell",
    ["null", "None", "nan", "Null", "NaN", "n/a", "#N/A", "/", "-", "——", "无", "\\N", '="null"',
     "'-"],
)  # fmt: skip
def test_what_only_says_that_nothing_is_known_is_unknown_in_every_column(
    tmp_path: Path, cell: str
) -> None:
    names = ("交易账号", "交易卡号", "交易流水号", "交易时间", "交易金额", "交易余额", "收付标志",
             "交易对手账卡号", "现金标志", "对手户名", "对手开户银行", "摘要说明", "交易币种",
             "交易是否成功", "日志号", "传票号", "IP地址", "MAC地址", "备注",
             "交易类型")  # fmt: skip
    found = one(tmp_path, **dict.fromkeys(names, cell))
    assert found == {
        **dict.fromkeys(found), "bank_no": BANK, "channel": "other", "cash": "false",
    }  # fmt: skip


def test_what_a_spreadsheet_puts_around_text_is_no_part_of_it(tmp_path: Path) -> None:
    found = one(
        tmp_path, 对手户名='="乙公司"', 摘要说明="'货款", 备注='="写作""六月"""',
        对手开户银行=f'="{OTHER_BANK}"',
    )  # fmt: skip
    assert (found["counterparty_name"], found["purpose"]) == ("乙公司", "货款")
    assert (found["memo"], found["counterparty_bank_no"]) == ('写作"六月"', OTHER_BANK)
    assert one(tmp_path, 备注='="甲"&"乙"')["memo"] == '="甲"&"乙"'
    assert one(tmp_path, 备注="a=b 'c'")["memo"] == "a=b 'c'"


@pytest.mark.parametrize("twin", ["交易金额 ", "\u3000交易金额", '="交易金额"', "\t交易金额"])
def test_a_header_that_names_one_column_twice_is_refused_with_both_names(
    tmp_path: Path, twin: str
) -> None:
    content = statement([*COLUMNS_29, twin], [{twin: "9.99"}])
    receipt = check(write(tmp_path, content, total=123450, bank_no=BANK))
    found = receipt["findings"][0]
    assert (receipt["status"], found["rule"]) == ("rejected", "R-PACKAGE-016")
    message = found["examples"][0]["message"]
    assert f"names '交易金额' twice, as '交易金额' and as {twin!r}" in message


def test_columns_that_are_not_loaded_may_stand_twice_and_unknown_ones_are_all_named(
    tmp_path: Path,
) -> None:
    content = statement([*COLUMNS_29, "凭证号 ", "天气", "天气 "], [{}])
    receipt = check(write(tmp_path, content, total=123450, bank_no=BANK))
    assert [each["column"] for each in receipt["findings"][0]["examples"]] == ["天气", "天气 "]


@pytest.mark.parametrize("currency", ["CNY", "rmb", "人民币", "156", "", "-"])
def test_every_word_of_the_renminbi(tmp_path: Path, currency: str) -> None:
    assert "faults" not in one(tmp_path, 交易币种=currency)


@pytest.mark.parametrize(("word", "success"), [*SUCCESS.items(), ("", "yes")])
def test_every_word_of_success(tmp_path: Path, word: str, success: str) -> None:
    found = one(tmp_path, 交易是否成功=word)
    assert ("faults" in found) == (success == "no")


def test_devices_are_hashes_of_the_mac_address_or_else_of_the_ip_address(tmp_path: Path) -> None:
    mac = hashlib.sha256(b"MAC 001122AABBCC").hexdigest()
    ip = hashlib.sha256(b"IP 10.0.0.7").hexdigest()
    assert one(tmp_path, MAC地址="00-11-22-aa-bb-cc", IP地址="10.0.0.7")["device"] == mac
    assert one(tmp_path, MAC地址="00:11:22:AA:BB:CC")["device"] == mac
    assert one(tmp_path, MAC地址="00-00-00-00-00-00", IP地址="10.0.0.7")["device"] == ip
    assert one(tmp_path, MAC地址="-", IP地址="0.0.0.0")["device"] is None


def test_references_fall_back_and_banks_are_numbers(tmp_path: Path) -> None:
    assert one(tmp_path, 交易流水号="", 日志号="L7", 传票号="V1")["entry_no"] == "L7"
    assert one(tmp_path, 交易流水号="", 传票号="V1")["entry_no"] == "V1"
    assert one(tmp_path, 对手开户银行=OTHER_BANK)["counterparty_bank_no"] == OTHER_BANK
    assert one(tmp_path, 对手开户银行="102301000012")["counterparty_bank_no"] is None
    assert one(tmp_path, 开户行行号=OTHER_BANK)["bank_no"] == OTHER_BANK
    assert one(tmp_path, 开户行行号="")["bank_no"] == BANK


def test_rows_that_fail_are_written_as_sent_and_what_failed_counts_for_nothing(
    tmp_path: Path,
) -> None:
    rows = [{"交易流水号": f"T{number}"} for number in range(1, 151)]
    rows += [{"交易流水号": f"F{number}", "交易是否成功": "失败"} for number in range(40)]
    rows += [{"交易流水号": "T1"}]
    content = statement(COLUMNS_29, rows)
    package = write(tmp_path, content, bank_no=BANK, total=191 * 123450)
    receipt, lake = received(package, tmp_path)
    assert lake["entry"]["entry_no"].to_list() == [f"T{number}" for number in range(1, 151)]
    assert receipt["status"] == "partially_accepted"
    assert receipt["tables"][0]["rejected"] == 41
    assert faults(receipt) == [
        ("R-ENTRY-012", 152, "交易是否成功", "失败"),
        ("R-ENTRY-008", 192, "交易流水号", "T1"),
    ]
    assert [each["count"] for each in receipt["findings"]] == [40, 1]
    outbox = tmp_path / "home" / "outbox" / SUBMITTER
    rejected = (outbox / f"{package.name}.rejected.csv").read_text("utf-8")
    last = list(csv.reader(rejected.splitlines()))[-1]
    sent = next(csv.reader([last[-1]]))
    assert last[2:5] == ["192", "交易流水号", "R-ENTRY-008"]
    assert dict(zip(COLUMNS_29, sent, strict=True)) == {
        name: ROW.get(name, "") for name in COLUMNS_29
    }


def test_failed_transactions_alone_leave_nothing_to_correct(tmp_path: Path) -> None:
    content = statement(COLUMNS_29, [{}, {"交易流水号": "T2", "交易是否成功": "否"}])
    receipt, lake = received(write(tmp_path, content, bank_no=BANK, total=246900), tmp_path)
    assert (receipt["status"], receipt["correction_due"]) == ("accepted_with_warnings", None)
    assert lake["entry"].height == 1


def test_without_a_bank_number_the_remedy_says_where_to_state_it(tmp_path: Path) -> None:
    receipt = check(write(tmp_path, statement(COLUMNS_34, [{}]), total=123450))
    found = receipt["findings"][0]
    assert (found["rule"], receipt["status"]) == ("R-ENTRY-016", "rejected")
    assert '"bank_no": "<12-digit CNAPS number>"' in found["examples"][0]["fix"]


def test_a_bank_number_in_the_manifest_has_its_check_digit(tmp_path: Path) -> None:
    receipt = check(write(tmp_path, statement(COLUMNS_34, [{}]), total=0, bank_no="102301000012"))
    assert receipt["findings"][0]["rule"] == "R-PACKAGE-003"


def test_a_total_is_compared_only_where_every_amount_can_be_read(tmp_path: Path) -> None:
    rows = [{"交易流水号": f"T{number}"} for number in range(200)]
    bad = [*rows, {"交易流水号": "X", "交易金额": "0.001", "交易是否成功": "失败"}]
    assert (
        check(write(tmp_path / "a", statement(COLUMNS_29, rows), total=1, bank_no=BANK))[
            "findings"
        ][0]["rule"]
        == "R-PACKAGE-012"
    )
    found = check(write(tmp_path / "b", statement(COLUMNS_29, bad), total=1, bank_no=BANK))
    assert [each["rule"] for each in found["findings"]] == ["R-ENTRY-012"]


def test_unknown_columns_are_warned_of_and_missing_ones_named(tmp_path: Path) -> None:
    content = statement([*COLUMNS_29, "天气"], [{}])
    extra = check(write(tmp_path / "a", content, total=123450, bank_no=BANK))
    assert faults(extra) == [("R-ENTRY-009", 1, "天气", None)]
    short = [name for name in COLUMNS_29 if name != "交易金额"]
    lacks = check(write(tmp_path / "b", statement(short, []), total=0, rows=0, bank_no=BANK))
    assert "交易金额 (amount_fen)" in lacks["findings"][0]["examples"][0]["message"]


def test_line_ends_in_cells_keep_later_lines_their_numbers(tmp_path: Path) -> None:
    rows = [{"交易流水号": f"T{number}", "摘要说明": "两\n行"} for number in range(150)]
    content = statement(COLUMNS_29, [*rows, {"交易流水号": "X", "收付标志": "z"}])
    receipt = check(write(tmp_path, content, rows=151, total=151 * 123450, bank_no=BANK))
    assert faults(receipt) == [("R-ENTRY-005", 302, "收付标志", "z")]


def test_batches_stream(tmp_path: Path) -> None:
    rows = [{"交易流水号": f"T{number}", "备注": "长" * 300} for number in range(20_000)]
    path = tmp_path / "s.csv"
    path.write_bytes(statement(COLUMNS_29, rows))
    batches = list(as_entries(read_csv(path, "utf-8", load_settings(None).intake), BANK))
    assert len(batches) > 1
    numbers = [value for each in batches for value in each.cells["entry_no"].to_pylist()]
    assert numbers == [f"T{number}" for number in range(20_000)]


@pytest.mark.parametrize(
    ("text", "fen", "kind"),
    [("1", 100, EXACT), ("1.5", 150, EXACT), (".5", 50, EXACT), ("5.", 500, EXACT),
     ("8.850", 885, EXACT), ("0.29", 29, EXACT), ("-1.25", -125, EXACT), ("+3", 300, EXACT),
     ("1,234,567.89", 123456789, EXACT), ("9999999999999.99", 999999999999999, EXACT),
     ("12,34", 0, NONE), ("1234,567", 0, NONE), ("1,", 0, NONE), (".", 0, NONE), ("-", 0, NONE),
     ("1e3", 0, NONE), ("1.2.3", 0, NONE), ("", 0, NONE), ("1.505", 0, TOO_FINE),
     ("0.00100", 0, TOO_FINE), ("9" * 16, 0, TOO_LARGE), (None, 0, EXACT)],
)  # fmt: skip
def test_amounts_are_exact_or_nothing(text: str | None, fen: int, kind: int) -> None:
    values, kinds = parse_yuan(*layout(pa.array([text], pa.string())))
    assert (values[0], kinds[0]) == (fen, kind)


@given(st.integers(0, 10**15), st.booleans())
def test_an_amount_written_with_or_without_groups_is_read_back(fen: int, grouped: bool) -> None:
    text = f"{fen // 100:,}.{fen % 100:02d}" if grouped else f"{fen // 100}.{fen % 100:02d}"
    values, kinds = parse_yuan(*layout(pa.array([text])))
    assert np.array_equal(values, [fen]) and kinds[0] == EXACT


def test_the_page_of_forms_is_current() -> None:
    page = Path(__file__).parents[1] / "docs" / "forms.md"
    assert page.read_text("utf-8") == document()


def test_the_contract_types_of_a_mapped_batch(tmp_path: Path) -> None:
    schema = mapped(tmp_path, statement(COLUMNS_34, [{}])).cells.schema
    assert schema.field("amount_fen").type == pa.int64()
    assert schema.field("booked_at").type == pa.timestamp("us")
    assert pl.Series([str(schema.field("cash").type)]).to_list() == ["string"]
