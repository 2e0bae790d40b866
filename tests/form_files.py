"""Files in foreign forms for tests, and what the lake holds after they were received."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl

from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive, submit
from tests.test_intake import NOW

COLUMNS_29 = [
    "交易卡号", "交易账号", "交易方户名", "交易方证件号码", "交易时间", "交易金额", "交易余额",
    "收付标志", "交易对手账卡号", "现金标志", "对手户名", "对手身份证号", "对手开户银行",
    "摘要说明", "交易币种", "交易网点名称", "交易发生地", "交易是否成功", "传票号", "IP地址",
    "MAC地址", "对手交易余额", "交易流水号", "日志号", "凭证种类", "凭证号", "交易柜员号", "备注",
    "查询反馈结果原因",
]  # fmt: skip
COLUMNS_32 = [*COLUMNS_29[:-1], "商户名称", "商户号", "交易类型", "查询反馈结果原因"]
COLUMNS_34 = [
    "交易卡号", "交易账号", "账户开户名称", "开户人证件号码", "交易时间", "交易金额", "交易余额",
    "收付标志", "交易对手账卡号", "现金标志", "对手户名", "对手身份证号", "对手开户银行",
    "摘要说明", "交易币种", "交易网点名称", "交易网点代码", "交易发生地", "交易是否成功",
    "传票号", "终端号", "IP地址", "MAC地址", "对手交易余额", "交易流水号", "日志号", "凭证种类",
    "凭证号", "交易柜员号", "商户名称", "商户号", "备注", "交易类型", "查询反馈结果原因",
]  # fmt: skip

ROW = {
    "交易卡号": "6222 0212 3456 7890",
    "交易账号": "1023-0100 0001",
    "交易时间": "2016-06-13 09:30:00",
    "交易金额": "1,234.50",
    "交易余额": "-0.5",
    "收付标志": "贷",
    "交易对手账卡号": "\t6228-4800 01",
    "现金标志": "否",
    "对手户名": "乙公司",
    "对手开户银行": "工商银行南京分行",
    "摘要说明": "货款",
    "交易币种": "人民币",
    "交易是否成功": "成功",
    "交易流水号": "T1",
    "备注": "六月",
    "交易类型": "大额支付往账",
}


def statement(columns: list[str], rows: list[dict[str, str]]) -> bytes:
    """A bank statement of `ROW` with changes, in UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**ROW, **row} for row in rows)
    return text.getvalue().encode()


def camt(statements: str, version: str = "02") -> bytes:
    """A camt.053 message of some statements."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">\n'
        f"<BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>{statements}</BkToCstmrStmt></Document>\n"
    ).encode()


def stmt(*entries: str, account: str = "6001", bank: str = "", head: str | None = None) -> str:
    """A statement with its balances, 10.00 before and 12.50 after."""
    service = f"<ClrSysMmbId><MmbId>{bank}</MmbId></ClrSysMmbId>" if bank else ""
    balances = bal("OPBD", "10.00") + bal("CLBD", "12.50") if head is None else head
    return (
        f"<Stmt><Id>S</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id>"
        f"<Svcr><FinInstnId>{service}</FinInstnId></Svcr></Acct>{balances}"
        f"{''.join(entries)}</Stmt>"
    )


def bal(kind: str, amount: str, sign: str = "CRDT", currency: str = "CNY") -> str:
    """A balance of 13 June 2016."""
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>'
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>2016-06-13</Dt></Dt></Bal>"
    )


def ntry(
    amount: str = "2.50", *, ref: str = "<AcctSvcrRef>R1</AcctSvcrRef>", sign: str = "CRDT",
    status: str = "BOOK", currency: str = "CNY", day: str = "<Dt>2016-06-13</Dt>", more: str = "",
    details: str = "",
) -> str:  # fmt: skip
    """An entry of 13 June 2016."""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{more}'
        f"<Sts>{status}</Sts><BookgDt>{day}</BookgDt>{ref}"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def received(package: Path, place: Path) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """The receipt of a package, and the rows that the lake then holds, by table."""
    home = Home(place / "home").create()
    submit(package, home)
    receipt = json.loads(receive(home, load_settings(None), NOW)[0].read_text("utf-8"))
    lake = {
        path.parent.parent.name: pl.read_parquet(path, hive_partitioning=False)
        for path in sorted(home.lake.rglob("*.parquet"))
    }
    return receipt, lake


def faults(receipt: dict[str, Any]) -> list[tuple[str, int | None, str | None, str | None]]:
    """The first example of each finding: rule, line, column and value."""
    return [
        (each["rule"], *(each["examples"][0][part] for part in ("line", "column", "value")))
        for each in receipt["findings"]
    ]
