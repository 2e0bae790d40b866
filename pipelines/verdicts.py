"""What investigators decided, as a night takes it into account: refuted suspects stand back, and
return only on new or materially greater evidence.

A verdict counts for nights of later business dates than the run that it judged. A refutation, and
a hand-over to the police, count only once a second person approved them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.control import Control
from data.desk_tables import Verdict, VerdictApproval
from data.durable import make_folder, put
from data.settings import Score
from detectors.evidence import yuan
from pipelines.rank import Charge, Suspect, order

# Decisions that hold only when a second person approved them.
TWO_PERSONS = ("refuted", "police")
REFUTED = "refuted"


@dataclass(frozen=True)
class Judged:
    """What was judged of one typology and institution: the money, and the transfers shown."""

    typology: str
    institution_id: str | None
    amount_fen: int
    transfers: tuple[str, ...]


@dataclass(frozen=True)
class Refutation:
    """A party's last verdict that holds, where it is a refutation."""

    party_id: str
    verdict_id: int
    business_date: str
    judged: tuple[Judged, ...]


@dataclass(frozen=True)
class Return:
    """Why a refuted suspect is back: the verdict, and what is new, in Chinese and English."""

    party_id: str
    verdict_id: int
    text: tuple[str, str]


def evidence_text(judged: Iterable[Judged]) -> str:
    """The evidence of a verdict as JSON, the same for the same evidence in any order."""
    facts = [asdict(replace(each, transfers=tuple(sorted(each.transfers)))) for each in judged]
    return json.dumps(
        sorted(facts, key=lambda each: json.dumps(each, sort_keys=True)),
        ensure_ascii=False, sort_keys=True,
    )  # fmt: skip


def evidence_sha256(text: str) -> str:
    """The hash that binds a verdict to its evidence, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def holding(session: Session, before: date | None = None) -> list[Verdict]:
    """The verdicts that hold, first to last: those alone, and those that were approved.

    With `before`, those on runs of business dates before that.
    """
    query = (
        select(Verdict)
        .outerjoin(VerdictApproval, VerdictApproval.verdict_id == Verdict.verdict_id)
        .where(Verdict.decision.not_in(TWO_PERSONS) | (VerdictApproval.outcome == "approved"))
        .order_by(Verdict.verdict_id)
    )
    if before is not None:
        query = query.where(Verdict.business_date < before)
    return list(session.scalars(query))


def read_refutations(control: Control, business_date: date) -> list[Refutation]:
    """The refutations that a night takes into account, by party."""
    with control.reading() as session:
        last = {verdict.party_id: verdict for verdict in holding(session, business_date)}
    return [
        Refutation(party, verdict.verdict_id, verdict.business_date.isoformat(),
                   _judged(json.loads(verdict.evidence)))
        for party, verdict in sorted(last.items())
        if verdict.decision == REFUTED
    ]  # fmt: skip


def refutations_sha256(refutations: Sequence[Refutation]) -> str:
    """The hash of refutations, in hex, as part of a run's key; '' for none."""
    return hashlib.sha256(_text(refutations).encode()).hexdigest() if refutations else ""


def write_refutations(path: Path, refutations: Sequence[Refutation]) -> None:
    """Keep the refutations that a run began with, whole or not at all."""
    make_folder(path.parent)
    path.with_suffix(".partial").write_text(_text(refutations), "utf-8")
    put(path.with_suffix(".partial"), path)


def read_kept(path: Path) -> list[Refutation]:
    """The refutations that a run began with; none where none were kept."""
    if not path.exists():
        return []
    return [
        Refutation(each["party_id"], each["verdict_id"], each["business_date"],
                   _judged(each["judged"]))
        for each in json.loads(path.read_text("utf-8"))
    ]  # fmt: skip


def stand_back(
    ranking: Sequence[Suspect], refutations: Sequence[Refutation], settings: Score
) -> tuple[list[Suspect], list[Return]]:
    """Order suspects with refutations taken into account, and say which of them are back, and why.

    Who was refuted and is not back is labelled ``refuted`` and scores as if no finding named it;
    the findings stay with it, to be looked up.
    """
    refuted = {each.party_id: each for each in refutations}
    if not refuted:
        return list(ranking), []
    drafts, back = [], []
    for suspect in ranking:
        held = refuted.get(suspect.party_id)
        if held is None or not suspect.charges:
            drafts.append(suspect)
            continue
        news = new_evidence(held, suspect.charges, settings)
        if news is not None:
            back.append(Return(suspect.party_id, held.verdict_id, news))
            drafts.append(suspect)
        else:
            score = (suspect.forest_score or 0.0) / 3
            drafts.append(replace(suspect, label="refuted", score=score))
    ordered = sorted(drafts, key=order)
    return [replace(s, rank=place) for place, s in enumerate(ordered, start=1)], back


def new_evidence(
    refuted: Refutation, charges: Sequence[Charge], settings: Score
) -> tuple[str, str] | None:
    """What findings say that a refutation did not judge; None where it judged all of it.

    New is a typology at an institution that was not judged; materially greater is money of at
    least `returned_ratio` times what was judged, shown by transfers of which at least
    `returned_share` were not judged.
    """
    judged: Mapping[tuple[str, str | None], Judged] = {
        (each.typology, each.institution_id): each for each in refuted.judged
    }
    zh, en = [], []
    for charge in charges:
        finding = charge.finding
        held = judged.get((finding.typology, finding.institution_id))
        name = finding.typology.replace("_", " ")
        if held is None:
            zh.append(f"新的发现 {finding.code}，{yuan(finding.amount_fen)} 元")
            en.append(f"a new finding {finding.code} ({name}), {yuan(finding.amount_fen)} yuan")
            continue
        fresh = len(set(finding.transfers) - set(held.transfers))
        greater = finding.amount_fen >= settings.returned_ratio * held.amount_fen
        if greater and fresh >= settings.returned_share * len(finding.transfers):
            zh.append(
                f"{finding.code} 金额由 {yuan(held.amount_fen)} 元增至 "
                f"{yuan(finding.amount_fen)} 元，新增转账 {fresh} 笔"
            )
            en.append(
                f"{finding.code} ({name}) grew from {yuan(held.amount_fen)} to "
                f"{yuan(finding.amount_fen)} yuan, with {fresh} new transfer"
                f"{'' if fresh == 1 else 's'}"
            )
    return ("；".join(zh), "; ".join(en)) if zh else None


def _judged(facts: Iterable[Mapping[str, Any]]) -> tuple[Judged, ...]:
    return tuple(
        Judged(e["typology"], e["institution_id"], e["amount_fen"], tuple(e["transfers"]))
        for e in facts
    )


def _text(refutations: Sequence[Refutation]) -> str:
    return json.dumps([asdict(each) for each in refutations], ensure_ascii=False, sort_keys=True)
