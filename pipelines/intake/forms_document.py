"""The page of foreign forms: which of their columns and elements become which of the contract.

``python -m pipelines.intake.forms_document`` prints docs/forms.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.intake.camt_balances import CLOSING, OPENING
from pipelines.intake.camt_entries import REFERENCES, UNBOOKED
from pipelines.intake.statement_words import (
    CASH,
    CHANNELS,
    COLUMNS,
    DIRECTIONS,
    HEADERS,
    NOTHING,
    RENMINBI,
    SUCCESS,
    UNUSED,
)

# Contract columns that two parts of a statement make.
JOINED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"booked_at": ("date", "time"), "device": ("mac", "ip")}
)
# The elements of camt.053 by contract column, as the readers of entries and balances take them.
ENTRY: Mapping[str, str] = MappingProxyType(
    {
        "bank_no": "Acct/Svcr/FinInstnId/ClrSysMmbId/MmbId (CNAPS), or `bank_no` of the manifest",
        "account_no": "Acct/Id/IBAN, Acct/Id/Othr/Id",
        "entry_no": "AcctSvcrRef, NtryRef (both: joined by `\\|`; a `\\|`, `#` or backslash within "
        "one has a backslash before it); else of a single TxDtls: "
        + ", ".join(REFERENCES)
        + "; a transaction of a batch: `#` and its place",
        "booked_at": "BookgDt/DtTm (Asia/Shanghai), BookgDt/Dt (00:00:00)",
        "direction": "CdtDbtInd: CRDT → `in`, DBIT → `out`, RvslInd or not",
        "amount_fen": "Amt; of a batch that adds up exactly: TxDtls/Amt, TxDtls/AmtDtls/TxAmt/Amt",
        "counterparty_name": "RltdPties: Dbtr of money in, Cdtr of money out (a reversal: the "
        "other); Nm, Pty/Nm",
        "counterparty_account_no": "RltdPties/DbtrAcct, CdtrAcct",
        "counterparty_bank_no": "RltdAgts/DbtrAgt, CdtrAgt (CNAPS)",
        "match_no": "Refs/ClrSysRef",
        "channel": "BkTxCd: CDPT, CWDL, MIXD → `cash`; CCRD, MCRD with POSD, POSP, POSC → `pos`; "
        "else `other`",
        "cash": "BkTxCd: CDPT, CWDL, MIXD → `true`; else `false`",
        "purpose": "RmtInf/Ustrd, RmtInf/Strd/CdtrRefInf/Ref",
        "memo": "AddtlTxInf, AddtlNtryInf; RvslInd → 冲正",
    }
)
BALANCE: Mapping[str, str] = MappingProxyType(
    {
        "bank_no, account_no": "as above",
        "balance_date": f"Dt of {', '.join(CLOSING)}",
        "opening_fen": f"Bal {', '.join(OPENING)}; DBIT is negative",
        "credit_fen": "TxsSummry/TtlCdtNtries/Sum, else the sum of the statement's BOOK entries",
        "debit_fen": "TxsSummry/TtlDbtNtries/Sum, else the sum of the statement's BOOK entries",
        "closing_fen": f"Bal {', '.join(CLOSING)}; DBIT is negative",
    }
)


def document() -> str:
    """The page, in both languages."""
    lines = ["# 外来格式 · Foreign forms", "", "## 银行流水 · Bank statements", ""]
    lines += _table("`entry`", "表头，先列且非空者为准 · headers, the first that is filled")
    for column, part in COLUMNS.items():
        parts = JOINED.get(column, (part,))
        lines.append(f"| `{column}` | {' + '.join('、'.join(HEADERS[each]) for each in parts)} |")
    for part, what in (("success", "失败者不入库 · failed: not loaded"), ("currency", "CNY")):
        lines.append(f"| {what} | {'、'.join(HEADERS[part])} |")
    lines += ["", *_table("单元格 cell", "词 words")]
    for title, words in (("收付标志", DIRECTIONS), ("交易是否成功", SUCCESS), ("现金标志", CASH)):
        for value in dict.fromkeys(words.values()):
            said = "、".join(word for word, meaning in words.items() if meaning == value)
            lines.append(f"| {title} → `{value}` | {said} |")
    lines.append(f"| 交易币种 | {'、'.join(RENMINBI)} |")
    for channel in dict.fromkeys(CHANNELS.values()):
        said = "、".join(word for word, meaning in CHANNELS.items() if meaning == channel)
        lines.append(f"| 交易类型（含 contains） → `{channel}` | {said} |")
    unsaid = "、".join(f"`{sign}`" for sign in sorted(NOTHING))
    lines += [
        "",
        f"未知，任何列、不分大小写 · unknown, in any column, in capitals or not: {unsaid}",
    ]
    lines += ["", f"不入库 · not loaded: {'、'.join(sorted(UNUSED))}"]
    for table, elements in (("entry", ENTRY), ("balance", BALANCE)):
        lines += ["", f"## camt.053: {table}", "", *_table(f"`{table}`", "元素 element")]
        lines += [f"| {column} | {said} |" for column, said in elements.items()]
    lines += ["", f"不入库 · not loaded: Sts {', '.join(UNBOOKED)}"]
    return "\n".join(lines) + "\n"


def _table(*titles: str) -> list[str]:
    return [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]


if __name__ == "__main__":
    print(document(), end="")
