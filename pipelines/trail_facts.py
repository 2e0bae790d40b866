"""An answer about money as plain facts: nodes, flows, ends, paths, and what a limit left out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from graph.tracing import OUTSIDE
from pipelines.money_trail import Answer, end_kind

Facts = dict[str, Any]


def facts(answer: Answer) -> Facts:
    """The answer as JSON has it; the largest flows and ends first, amounts in fen.

    `from` and `to` are the direction of the payment, also where money is followed backward. Of
    flows and ends the `limit` largest are listed, and all their transfers; `truncated` counts the
    others and their fen, and says if bounds were left out.
    """
    ends = _ends(answer)
    flows = _flows(answer)
    limit = answer.question.limit
    shown, listed = flows[:limit], ends[:limit]
    bounded = _with_bounds(answer, listed)
    cut: Facts = {}
    for name, every in (("flows", flows), ("ends", ends)):
        if len(every) > limit:
            cut[name] = len(every) - limit
            cut[f"{name}_fen"] = sum(each["amount_fen"] for each in every[limit:])
    if answer.parts.cut_fen:
        cut["parts_fen"] = answer.parts.cut_fen
    if not bounded:
        cut["bounds"] = (
            f"left out: more than {answer.limits.bound_transfers} transfers are in reach"
        )
    for each in listed:
        del each["number"]
    return {
        "convention": answer.question.convention,
        "direction": answer.question.direction,
        "total_fen": answer.trail.total_fen,
        "tie_dependent_fen": answer.tie_dependent_fen,
        "nodes": _nodes(answer, shown, listed),
        "flows": shown,
        "ends": listed,
        "holdings": [
            {"kind": kind, "institution_id": institution, "amount_fen": fen}
            for kind, institution, fen in answer.holdings
        ],
        "truncated": cut or None,
    }


def paths(answer: Answer) -> tuple[list[Facts], Facts | None]:
    """The paths of the money, the largest first, and what was left out.

    `paths` and `paths_fen` of it are beyond the question's limit; `parts_fen` is what transfers
    carried beyond `trace.path_parts`, where no path was made out.

    A hop has its transfer, the seconds since the one before in the direction followed, the fen of
    the transfer and the share of it that went this way.
    """
    trail, parts = answer.trail, answer.parts
    leaves = np.flatnonzero(parts.rest_fen > 0)
    leaves = leaves[np.lexsort((leaves, -parts.rest_fen[leaves]))]
    names = _names(answer)
    found = []
    for leaf in leaves[: answer.question.limit].tolist():
        fen = int(parts.rest_fen[leaf])
        hops: list[Facts] = []
        before: int | None = None
        for part in parts.path(leaf):
            row = int(parts.row[part])
            at = int(trail.transfers.booked_at[row])
            whole = int(trail.transfers.amount_fen[row])
            source, target = _ways(answer, row)
            hops.append(
                {
                    "transfer": _ref(answer, row), "from": names(source), "to": names(target),
                    "at": _moment(abs(at)),
                    "delay_seconds": None if before is None else (at - before) // 1_000_000,
                    "amount_fen": whole, "share": round(fen / whole, 6),
                }
            )  # fmt: skip
            before = at
        found.append({"amount_fen": fen, "hops": hops})
    rest = leaves[answer.question.limit :]
    cut: Facts = {}
    if len(rest):
        cut = {"paths": len(rest), "paths_fen": int(parts.rest_fen[rest].sum())}
    if parts.cut_fen:
        cut["parts_fen"] = parts.cut_fen
    return found, cut or None


def _ways(answer: Answer, row: int) -> tuple[int, int]:
    """Payer and payee of the payment itself, whichever way it was followed."""
    one, other = int(answer.trail.transfers.payer[row]), int(answer.trail.transfers.payee[row])
    return (one, other) if answer.question.direction == "uses" else (other, one)


def _ref(answer: Answer, row: int) -> str | None:
    """A transfer's reference; None for what an account paid without having it."""
    origin = int(answer.trail.row[row])
    return None if origin < 0 else str(answer.records.refs[origin])


def _names(answer: Answer) -> Any:
    known = answer.records.accounts["account"]

    def name(account: int) -> str | None:
        return None if account < 0 or account >= len(known) else str(known[account])

    return name


def _moment(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _flows(answer: Answer) -> list[Facts]:
    """All that each payer paid each payee of the money, with every transfer."""
    trail = answer.trail
    row = np.flatnonzero(trail.carried_fen > 0)
    sides = [trail.transfers.payer[row], trail.transfers.payee[row]]
    payer, payee = sides if answer.question.direction == "uses" else sides[::-1]
    parts = answer.parts
    later = np.flatnonzero(parts.parent >= 0)
    at = trail.transfers.booked_at
    delay = at[parts.row[later]] - at[parts.row[parts.parent[later]]]
    waited = (
        pl.DataFrame({"row": parts.row[later], "us": delay, "fen": parts.amount_fen[later]})
        .group_by("row")
        .agg((pl.col("us").cast(pl.Float64) * pl.col("fen")).sum().alias("waited"))
    )
    frame = (
        pl.DataFrame(
            {
                "from": payer, "to": payee, "fen": trail.carried_fen[row],
                "at": np.abs(at[row]), "origin": trail.row[row], "row": row,
            }
        )
        .join(waited, on="row", how="left")
        .sort("at", "origin")
        .group_by("from", "to", maintain_order=True)
        .agg(
            pl.col("fen").sum().alias("amount_fen"), pl.col("at").min().alias("first"),
            pl.col("at").max().alias("last"), pl.col("origin"), pl.col("waited").sum(),
            pl.col("waited").is_not_null().any().alias("later"),
        )
        .sort(["amount_fen", "from", "to"], descending=[True, False, False])
    )  # fmt: skip
    name, refs = _names(answer), answer.records.refs
    return [
        {
            "from": name(each["from"]), "to": name(each["to"]), "amount_fen": each["amount_fen"],
            "first_at": _moment(each["first"]), "last_at": _moment(each["last"]),
            "transfers": [str(refs[origin]) for origin in each["origin"] if origin >= 0],
            "share": round(each["amount_fen"] / max(trail.total_fen, 1), 6),
            "mean_delay_seconds": (
                round(each["waited"] / each["amount_fen"] / 1e6) if each["later"] else None
            ),
        }
        for each in frame.iter_rows(named=True)
    ]  # fmt: skip


def _ends(answer: Answer) -> list[Facts]:
    known = answer.records.accounts
    found = []
    for account, fen in zip(
        answer.trail.end_account.tolist(), answer.trail.end_fen.tolist(), strict=True
    ):
        kind = end_kind(answer.trail, known.height, account, answer.question.direction)
        place = account - known.height if kind == "unknown" else account
        found.append(
            {
                "account": None if account == OUTSIDE else known["account"][place],
                "party_id": None if account == OUTSIDE else known["party_id"][place],
                "kind": kind, "amount_fen": fen, "lower_fen": None, "upper_fen": None,
                "number": account,
            }
        )  # fmt: skip
    return found


def _with_bounds(answer: Answer, ends: list[Facts]) -> bool:
    """Fill in the bounds of the ends; False where the limit left them out."""
    numbers = np.array([each["number"] for each in ends], dtype=np.int64)
    found = answer.trail.bounds(numbers, answer.limits.bound_transfers)
    if found is None:
        return False
    place = {int(account): at for at, account in enumerate(found.account)}
    for each in ends:
        at = place[each["number"]]
        each["lower_fen"], each["upper_fen"] = int(found.lower_fen[at]), int(found.upper_fen[at])
    return True


def _nodes(answer: Answer, flows: list[Facts], ends: list[Facts]) -> list[Facts]:
    """The accounts that the shown flows and ends name, and the asked ones, in their order."""
    known = answer.records.accounts
    named = {each[side] for each in flows for side in ("from", "to")}
    named |= {each["account"] for each in ends}
    asked = set(np.flatnonzero(answer.trail.asked).tolist())
    chosen = known.filter(
        pl.col("account").is_in(sorted(named - {None})) | pl.col("account_id").is_in(sorted(asked))
    )
    return [
        {
            "account": each["account"], "party_id": each["party_id"], "role": each["role"],
            "asked": each["account_id"] in asked,
        }
        for each in chosen.iter_rows(named=True)
    ]  # fmt: skip
