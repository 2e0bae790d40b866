"""What every finding of L1 states alike."""

from __future__ import annotations

NAME = "layering"
CODE = "L1"
CLAUSE = "三(二)"
SEVERITY = 3
LEAD_OFFICE = "PBC"
NOT_ESTABLISHED = (
    "未证明资金来自违法犯罪，也未证明各方之间没有真实交易",
    "it is not established that the money is of criminal origin, nor that no real trade lies "
    "behind it",
)
