"""Every rule that intake checks, by its stable identifier; an identifier is never used again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, cast

from data.contracts import TABLES

Level = Literal["package", "row", "warning"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: how far its failure reaches, what it says, and how to mend it."""

    rule: str
    level: Level
    zh: str
    en: str
    fix: str


def _package(number: int, zh: str, en: str, fix: str) -> Rule:
    return Rule(f"R-PACKAGE-{number:03}", "package", zh, en, fix)


UNREADABLE = _package(1, "报送包无法打开", "the package cannot be opened",
                      "send a folder or ZIP named <submitter>-<yyyymmdd>-<seq>")  # fmt: skip
NAME = _package(2, "报送包名称不符", "the package's name does not fit its manifest",
                "name it <submitter>-<yyyymmdd>-<8 digits>, as the manifest states")  # fmt: skip
MANIFEST = _package(3, "清单缺失或无法读取", "manifest.json is missing or unreadable",
                    "send manifest.json as the specification describes it")  # fmt: skip
SPEC = _package(4, "规范版本未知", "the specification's version is unknown", 'state "spec": 1')
TABLE = _package(5, "数据表未知或重复", "a table is unknown or listed twice",
                 f"list each of {', '.join(TABLES)} at most once")  # fmt: skip
SUBMITTER = _package(6, "报送单位未知", "the submitter is unknown",
                     "use the social credit code that was registered for submitting")  # fmt: skip
PATH = _package(7, "路径越出报送包", "a path leaves the package",
                "use plain file names without folders or links")  # fmt: skip
ZIP_LIMIT = _package(8, "压缩包超过限额", "the ZIP expands beyond its limits",
                     "split the package, or send it as a folder")  # fmt: skip
FILE = _package(9, "清单所列文件缺失", "a file that the manifest names is missing",
                "send every file that the manifest names")  # fmt: skip
HASH = _package(10, "文件散列不符", "a file's hash differs from the manifest",
                "state the SHA-256 of the file's bytes in hex")  # fmt: skip
ROWS = _package(11, "行数不符", "a file's number of rows differs from the manifest",
                "state the number of records without the header")  # fmt: skip
TOTAL = _package(12, "金额合计不符", "a file's amount total differs from the manifest",
                 "state the sum of the table's first *_fen column")  # fmt: skip
SIGNATURE = _package(13, "签名缺失或无效", "the signature is missing or wrong",
                     "sign the bytes of manifest.json with the registered Ed25519 key")  # fmt: skip
SEQUENCE = _package(14, "序号已用于其他内容", "the sequence was used with other bytes",
                    "send the package with the next sequence number")  # fmt: skip
DATE = _package(15, "业务日期超出范围", "the business date lies in the future or too far back",
                "state the business date that the records belong to")  # fmt: skip
FORMAT = _package(16, "文件格式无法读取", "a file cannot be read in its stated format",
                  "send CSV (UTF-8 or GB18030) with a header row, or Parquet")  # fmt: skip
UNNAMED_FILE = Rule("R-PACKAGE-101", "warning", "清单未列的文件", "a file the manifest lacks",
                    "name it in the manifest, or leave it out")  # fmt: skip
SUPERSEDED = Rule("R-PACKAGE-103", "warning", "更高序号的报送已先收到",
                  "a package of a higher sequence came before",
                  "nothing, if that package is the newer; otherwise send this one with the next "
                  "sequence number")  # fmt: skip
UNVERIFIED = Rule("R-PACKAGE-102", "warning", "签名未核验", "a signature without a known key",
                  "register the public key with the supervision office")  # fmt: skip

# Rules about rows have one number in every table: R-ENTRY-004, R-LOAN-004 ...
ROW_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        name: Rule(f"{number:03}", level, zh, en, fix)
        for number, (name, level, zh, en, fix) in enumerate(
            cast(tuple[tuple[str, Level, str, str, str], ...], (
                ("malformed", "row", "记录结构错误", "the record is malformed",
                 "quote by RFC 4180, one value per header column"),
                ("encoding", "row", "文字编码错误", "text that its encoding cannot hold",
                 "write the file in the encoding that the manifest states"),
                ("required", "row", "必填项为空", "a required cell is empty", "fill the cell"),
                ("unparsable", "row", "值无法解析", "the value does not parse",
                 "see docs/tables.md"),
                ("unlisted", "row", "值不在允许范围", "the value is not in its list",
                 "use one of the listed values"),
                ("range", "row", "值超出范围", "the value is out of range",
                 "see docs/tables.md for the bounds"),
                ("check_digit", "row", "校验码错误", "the check digit is wrong",
                 "copy the code from its register"),
                ("duplicate", "row", "主键重复", "the key stands in the file already",
                 "send each key once"),
                ("extra_column", "warning", "多余的列", "a column that the table does not have",
                 "leave it out; it was not loaded"),
                ("share", "row", "错误行过多，整表拒收", "too many rows failed: table rejected",
                 "mend the rows and send the package with the next sequence number"),
                ("missing_column", "row", "缺少必填列，整表拒收",
                 "a required column is missing: table rejected",
                 "send every required column; see docs/tables.md"),
            )),
            start=1,
        )
    }
)  # fmt: skip

CROSS_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.rule: rule
        for rule in (
            Rule("R-BALANCE-101", "warning", "期初加贷减借不等于期末",
                 "opening + credit - debit differs from closing", "correct the balance"),
            Rule("R-BALANCE-102", "warning", "流水合计与余额不符",
                 "the entries' sums differ from the balance's credit or debit",
                 "send every entry of the day, or correct the balance"),
            Rule("R-BALANCE-103", "warning", "期初与前一日期末不符",
                 "opening differs from the closing of the day before",
                 "send the missing day, or correct the balance"),
            Rule("R-ENTRY-101", "warning", "缺少清算记录或对方流水",
                 "no clearing record or other leg carries the entry's match_no",
                 "check match_no with the clearing house"),
            Rule("R-ENTRY-102", "warning", "与清算记录或对方流水金额不同",
                 "the clearing record or the other leg states another amount",
                 "compare the amount with the clearing house"),
            Rule("R-ENTRY-103", "warning", "记账时间与业务日期不符",
                 "booked_at lies far from the package's business date",
                 "send each entry with the business date it was booked on"),
            Rule("R-CLEARING-102", "warning", "清算时间与业务日期不符",
                 "settled_at lies far from the package's business date",
                 "send each record with the business date it was settled on"),
            Rule("R-CLEARING-101", "warning", "参与行未报送对应流水",
                 "a bank that submitted has no entry for the clearing record",
                 "ask the bank for the entry"),
            Rule("R-ACCOUNT-101", "warning", "账户主体未登记",
                 "the account's party is not registered", "register the party"),
            Rule("R-LOAN_EVENT-101", "warning", "事件与标的金额不符",
                 "the loan's events add up to more than its principal, or the loan is unknown",
                 "send the loan, or correct the events"),
            Rule("R-RESERVE_DAY-101", "warning", "报告差额与复算不符",
                 "the recomputed difference differs from reported_difference_fen",
                 "recompute by the identity in the specification"),
        )
    }
)  # fmt: skip


def row_rule(table: str, name: str) -> Rule:
    """The rule about rows of that name, with a table's own identifier."""
    rule = ROW_RULES[name]
    return Rule(f"R-{table.upper()}-{rule.rule}", rule.level, rule.zh, rule.en, rule.fix)
