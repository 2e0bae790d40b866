"""What is missing to judge a suspect, as requests to whoever must send it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from data.contracts import TABLES
from pipelines.report_text import own_evidence

Facts = dict[str, Any]


def requests_for_data(facts: Facts, sources: dict[str, set[str]], zh: bool) -> list[str]:
    """Say in one line each what to ask for: tables that a typology lacks, and banks' entries that
    transfers of the evidence lack.

    `sources` are the sides of which an entry came, by transfer; where it holds nothing of a
    transfer, nothing is asked.
    """
    lines = []
    for gap in facts["cannot_conclude"]:
        for table in gap["missing"]:
            known = TABLES.get(table)
            name = (known.zh if zh else known.en) if known is not None else table
            whom = gap["institution_id"] or gap["party_id"] or facts["party_id"]
            text = gap["text"]["zh" if zh else "en"]
            lines.append(
                f"请报送《{name}》（{table}），涉及 {whom}：{text}"
                if zh
                else f"send the {name} ({table}) of {whom}: {text}"
            )
    lacking: dict[str, int] = defaultdict(int)
    for finding in facts["findings"]:
        for row in own_evidence(finding):
            held = sources.get(row["transfer"])
            for side in ("payer", "payee"):
                bank = row[f"{side}_bank_no"]
                if held and bank and f"{side}_entry" not in held:
                    lacking[bank] += 1
    for bank, count in sorted(lacking.items(), key=lambda each: (-each[1], each[0])):
        lines.append(
            f"请开户行 {bank} 补报 {count} 笔证据转账的流水"
            if zh
            else f"bank {bank} should send its entries of {count} transfers of the evidence"
        )
    return list(dict.fromkeys(lines))
