"""The rule for the times of successive hops: later, not earlier, or any within the window."""

from __future__ import annotations

from typing import Literal

from data.errors import ContractError

Times = Literal["strict", "ties", "any"]
STRICT, TIES, ANY = 0, 1, 2
RULES: dict[str, int] = {"strict": STRICT, "ties": TIES, "any": ANY}


def time_rule(times: str, *, any_order: bool = True) -> int:
    """The number of a rule: STRICT (each hop later), TIES (not earlier) or ANY (any order).

    >>> time_rule("ties")
    1

    Raises:
        ContractError: an unknown rule, or "any" where a pattern is in the order of time.
    """
    known = [name for name in RULES if any_order or name != "any"]
    if times not in known:
        raise ContractError(f"unknown times {times!r}; known are {', '.join(known)}")
    return RULES[times]
