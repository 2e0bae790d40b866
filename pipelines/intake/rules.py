"""Every rule that intake checks, by its stable identifier; an identifier is never used again.

``python -m pipelines.intake.rules`` prints docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from data.contracts import TABLES

Level = Literal["package", "row", "warning"]
LEVELS: Mapping[Level, tuple[str, str]] = MappingProxyType(
    {
        "package": ("整包拒收", "the package is rejected whole"),
        "row": ("该行拒收，其余入库", "the row is rejected, the others load"),
        "warning": ("照常入库，仅提示", "all load; a warning"),
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: how far its failure reaches, what it says, and how to mend it, in both languages."""

    rule: str
    level: Level
    zh: str
    en: str
    fix_zh: str
    fix: str


# fmt: off
KNOWN = ", ".join(TABLES)

UNREADABLE = Rule(
    "R-PACKAGE-001", "package",
    "报送包无法打开", "the package cannot be opened",
    "报送名为 <报送单位>-<yyyymmdd>-<序号> 的文件夹或 ZIP",
    "send a folder or ZIP named <submitter>-<yyyymmdd>-<seq>",
)
NAME = Rule(
    "R-PACKAGE-002", "package",
    "报送包名称不符", "the package's name does not fit its manifest",
    "按清单命名：<报送单位>-<yyyymmdd>-<8 位序号>",
    "name it <submitter>-<yyyymmdd>-<8 digits>, as the manifest states",
)
MANIFEST = Rule(
    "R-PACKAGE-003", "package",
    "清单缺失或无法读取", "manifest.json is missing or unreadable",
    "按规范提供 manifest.json", "send manifest.json as the specification describes it",
)
SPEC = Rule(
    "R-PACKAGE-004", "package",
    "规范版本未知", "the specification's version is unknown",
    '填写 "spec": 1', 'state "spec": 1',
)
TABLE = Rule(
    "R-PACKAGE-005", "package",
    "数据表未知或重复", "a table is unknown or listed twice",
    f"下列各表至多一次：{KNOWN}", f"list each of {KNOWN} at most once",
)
SUBMITTER = Rule(
    "R-PACKAGE-006", "package",
    "报送单位未知", "the submitter is unknown",
    "使用已登记报送的统一社会信用代码",
    "use the social credit code that was registered for submitting",
)
PATH = Rule(
    "R-PACKAGE-007", "package",
    "路径越出报送包，或不是普通文件", "a path leaves the package, or is no plain file",
    "只用普通文件，不含文件夹、链接", "use plain files without folders or links",
)
ZIP_LIMIT = Rule(
    "R-PACKAGE-008", "package",
    "压缩包超过限额", "the ZIP expands beyond its limits",
    "拆分报送包，或以文件夹报送", "split the package, or send it as a folder",
)
FILE = Rule(
    "R-PACKAGE-009", "package",
    "清单所列文件缺失", "a file that the manifest names is missing",
    "报送清单所列的全部文件", "send every file that the manifest names",
)
HASH = Rule(
    "R-PACKAGE-010", "package",
    "文件散列不符", "a file's hash differs from the manifest",
    "填写文件字节的 SHA-256（十六进制）", "state the SHA-256 of the file's bytes in hex",
)
ROWS = Rule(
    "R-PACKAGE-011", "package",
    "行数不符", "a file's number of rows differs from the manifest",
    "填写不含表头的记录数", "state the number of records without the header",
)
TOTAL = Rule(
    "R-PACKAGE-012", "package",
    "金额合计不符", "a file's amount total differs from the manifest",
    "填写该表第一个 *_fen 列的合计", "state the sum of the table's first *_fen column",
)
SIGNATURE = Rule(
    "R-PACKAGE-013", "package",
    "签名缺失或无效", "the signature is missing or wrong",
    "用已登记的 Ed25519 密钥对 manifest.json 的字节签名",
    "sign the bytes of manifest.json with the registered Ed25519 key",
)
SEQUENCE = Rule(
    "R-PACKAGE-014", "package",
    "序号已用于其他内容", "the sequence was used with other bytes",
    "改用下一个序号报送", "send the package with the next sequence number",
)
DATE = Rule(
    "R-PACKAGE-015", "package",
    "业务日期超出范围", "the business date lies in the future or too far back",
    "填写记录所属的业务日期", "state the business date that the records belong to",
)
FORMAT = Rule(
    "R-PACKAGE-016", "package",
    "文件格式无法读取", "a file cannot be read in its stated format",
    "报送带表头的 CSV（UTF-8 或 GB18030）、Parquet 或 camt.053（UTF-8）",
    "send CSV (UTF-8 or GB18030) with a header row, Parquet, or camt.053 in UTF-8",
)
UNCOUNTED = Rule(
    "R-PACKAGE-017", "package",
    "记录数独立清点不符", "an independent count of the records differs from what was read",
    "检查引号与换行后用下一个序号重报，并告知监管部门",
    "check quotes and line ends, send it with the next sequence, and tell the supervisor",
)
UNNAMED_FILE = Rule(
    "R-PACKAGE-101", "warning",
    "清单未列的文件", "a file the manifest lacks",
    "列入清单，或不要放入", "name it in the manifest, or leave it out",
)
UNVERIFIED = Rule(
    "R-PACKAGE-102", "warning",
    "签名未核验", "a signature without a known key",
    "向监管部门登记公钥", "register the public key with the supervision office",
)
# R-PACKAGE-103 is retired: what came before or after is no finding about a package.
PACKAGE_RULES = (
    UNREADABLE, NAME, MANIFEST, SPEC, TABLE, SUBMITTER, PATH, ZIP_LIMIT, FILE, HASH, ROWS, TOTAL,
    SIGNATURE, SEQUENCE, DATE, FORMAT, UNCOUNTED, UNNAMED_FILE, UNVERIFIED,
)

# What fails by these did not show who sent it, and takes no sequence from its submitter.
ORIGIN_UNKNOWN = (UNREADABLE, NAME, MANIFEST, SPEC, PATH, ZIP_LIMIT, SUBMITTER, SIGNATURE)

# Rules about rows have one number in every table: R-ENTRY-004, R-LOAN-004 ...
ROW_RULES: Mapping[str, Rule] = MappingProxyType({
    "malformed": Rule(
        "001", "row", "记录结构错误", "the record is malformed",
        "按 RFC 4180 加引号，每个表头列一个值", "quote by RFC 4180, one value per header column"),
    "encoding": Rule(
        "002", "row", "文字编码错误", "text that its encoding cannot hold",
        "按清单所写编码输出文件", "write the file in the encoding that the manifest states"),
    "required": Rule(
        "003", "row", "必填项为空", "a required cell is empty",
        "填写该单元格", "fill the cell"),
    "unparsable": Rule(
        "004", "row", "值无法解析", "the value does not parse",
        "按 docs/tables.md 的格式填写（银行流水与 camt.053 见 docs/forms.md）",
        "write it in the form of docs/tables.md; bank statements and camt.053: docs/forms.md"),
    "unlisted": Rule(
        "005", "row", "值不在允许范围", "the value is not in its list",
        "使用所列的值（银行流水与 camt.053 见 docs/forms.md）",
        "use one of the listed values; bank statements and camt.053: docs/forms.md"),
    "range": Rule(
        "006", "row", "值超出范围", "the value is out of range",
        "核对单位与数值，范围见 docs/tables.md", "check unit and value; see docs/tables.md"),
    "check_digit": Rule(
        "007", "row", "校验码错误", "the check digit is wrong",
        "从登记系统复制该代码", "copy the code from its register"),
    "duplicate": Rule(
        "008", "row", "主键重复", "the key stands in the file already",
        "每个主键只报一次", "send each key once"),
    "extra_column": Rule(
        "009", "warning", "多余的列", "a column that the table does not have",
        "不要报送该列；未入库", "leave it out; it was not loaded"),
    "share": Rule(
        "010", "row", "错误行过多，整表拒收", "too many rows failed: table rejected",
        "更正各行后用下一个序号重报", "mend the rows and send the package with the next sequence"),
    "missing_column": Rule(
        "011", "row", "缺少必填列，整表拒收", "a required column is missing: table rejected",
        "补全必填列，见 docs/tables.md", "send every required column; see docs/tables.md"),
    "not_booked": Rule(
        "012", "warning",
        "交易失败或未入账，未动资金，未入库",
        "the transaction failed or is not booked, so no money moved: it was not loaded",
        "无需处理；若交易实际已入账，更正状态后重报",
        "nothing; if it was booked after all, correct its status and send it again"),
    "decimals": Rule(
        "013", "row", "金额多于两位小数", "an amount has more than two decimals",
        "按账面金额填写，以元为单位，至多两位小数；不得四舍五入",
        "send the amount as booked, in yuan with at most two decimals; do not round"),
    "currency": Rule(
        "014", "row", "币种不是人民币", "the currency is not the renminbi",
        "只报送人民币流水；币种填 CNY、人民币、RMB、156 或留空",
        "send entries in renminbi only: CNY, RMB, 156, or an empty cell"),
    "negative": Rule(
        "015", "row", "金额为负", "an amount is negative",
        "金额不带负号，方向填收付标志；冲正另报一笔反方向的流水",
        "send it without a sign and say the direction; send a reversal as an entry of its own"),
    "no_bank": Rule(
        "016", "row", "缺少开户行联行号", "the bank number of the account is not known",
        '在清单的该文件项中填写 "bank_no": "<12 位联行号>"，或在文件中给出联行号',
        'state "bank_no": "<12-digit CNAPS number>" in the file\'s manifest entry, or give the '
        "number in the file"),
})

CROSS_RULES: Mapping[str, Rule] = MappingProxyType({
    rule.rule: rule
    for rule in (
        Rule("R-BALANCE-101", "warning",
             "期初加贷减借不等于期末", "opening + credit - debit differs from closing",
             "更正余额", "correct the balance"),
        Rule("R-BALANCE-102", "warning",
             "流水合计与余额不符", "the entries' sums differ from the balance's credit or debit",
             "补报当日全部流水，或更正余额", "send every entry of the day, or correct the balance"),
        Rule("R-BALANCE-103", "warning",
             "期初与前一日期末不符", "opening differs from the closing of the day before",
             "补报缺失日期，或更正余额", "send the missing day, or correct the balance"),
        Rule("R-ENTRY-101", "warning",
             "缺少清算记录或对方流水", "no clearing record or other leg has the entry's match_no",
             "与清算机构核对 match_no", "check match_no with the clearing house"),
        Rule("R-ENTRY-102", "warning",
             "与清算记录或对方流水金额不同", "the clearing record or other leg has another amount",
             "与清算机构核对金额", "compare the amount with the clearing house"),
        Rule("R-ENTRY-103", "warning",
             "记账时间与业务日期不符", "booked_at lies far from the package's business date",
             "按记账日期报送各笔流水", "send each entry with the business date it was booked on"),
        Rule("R-CLEARING-101", "warning",
             "参与行未报送对应流水", "a bank that submitted has no entry for the clearing record",
             "向该行索取流水", "ask the bank for the entry"),
        Rule("R-CLEARING-102", "warning",
             "清算时间与业务日期不符", "settled_at lies far from the package's business date",
             "按清算日期报送各笔记录", "send each record with the date it was settled on"),
        Rule("R-ACCOUNT-101", "warning",
             "账户主体未登记", "the account's party is not registered",
             "登记该主体", "register the party"),
        Rule("R-LOAN_EVENT-101", "warning",
             "事件与标的金额不符", "the loan's events add up to more than its principal",
             "补报标的，或更正事件", "send the loan, or correct the events"),
        Rule("R-RESERVE_DAY-101", "warning",
             "报告差额与复算不符",
             "the recomputed difference differs from reported_difference_fen",
             "按规范的恒等式复算", "recompute by the identity in the specification"),
    )
})
# fmt: on


def row_rule(table: str, name: str) -> Rule:
    """The rule about rows of that name, with a table's own identifier."""
    rule = ROW_RULES[name]
    return replace(rule, rule=f"R-{table.upper()}-{rule.rule}")


def every_rule() -> Iterator[Rule]:
    """All rules, those about rows once, with `TABLE` in place of the table's name."""
    yield from PACKAGE_RULES
    for rule in ROW_RULES.values():
        yield replace(rule, rule=f"R-TABLE-{rule.rule}")
    yield from CROSS_RULES.values()


def document() -> str:
    """The page of all rules, in both languages."""
    lines = [
        "# 报送校验规则 · Rules of intake",
        "",
        "编号永不复用。`TABLE` 代表表名（如 `R-ENTRY-004`）。 · "
        "Numbers are never used again. `TABLE` stands for a table's name (`R-ENTRY-004`).",
        "",
        "| 编号 rule | 后果 effect | 含义 meaning | 处理 remedy |",
        "|---|---|---|---|",
    ]
    for rule in every_rule():
        zh, en = LEVELS[rule.level]
        lines.append(
            f"| {rule.rule} | {zh} · {en} | {rule.zh} · {rule.en} | {rule.fix_zh} · {rule.fix} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
