"""Decisions: verdicts are added and never changed, bound to run, model and evidence; refutations
and hand-overs to the police hold once a second person approved them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.desk_tables import DeskCase, DeskUser, SampledSuspect, Verdict, VerdictApproval
from data.errors import InputError, NotFoundError
from pipelines.report_text import own_evidence
from pipelines.verdicts import TWO_PERSONS, Judged, evidence_sha256, evidence_text
from review import cases
from review.results import Result
from review.words import APPROVALS, DECISIONS, REASONS

WAITING = "waiting"


def judged(facts: dict[str, Any]) -> list[Judged]:
    """What a suspect's findings show, as a verdict binds to it."""
    return [
        Judged(
            finding["typology"],
            finding["institution_id"],
            finding["amount_fen"],
            tuple(row["transfer"] for row in own_evidence(finding)),
        )
        for finding in facts["findings"]
    ]


def decide(
    session: Session,
    result: Result,
    facts: dict[str, Any],
    name: str,
    now: datetime,
    *,
    decision: str,
    reason: str,
    note: str,
    seen_run: str,
    seen_version: int,
) -> Verdict:
    """Add a verdict on a suspect as it was seen; the session must exclude other writers.

    Raises:
        InputError: unknown words, a note is missing, the results or the case changed since the
            page was shown, another has the case locked, or a verdict waits for its second person.
    """
    party = facts["party_id"]
    if decision not in DECISIONS or reason not in REASONS[decision]:
        raise InputError("请选择结论和理由 / choose a decision and a reason")
    if decision in TWO_PERSONS and not note:
        raise InputError("请写明依据 / say what it rests on")
    if seen_run != result.run:
        raise InputError("结果已更新，请重新查看 / the results changed; look again")
    case = cases.opened(session, party, now)
    if seen_version != (case.version or 0):
        raise InputError("案件已被他人更改，请重新查看 / another changed the case; look again")
    holder = cases.state(session, party).holder(now)
    if holder not in ("", name):
        raise InputError(f"{holder} 正在核查该案件 / {holder} has this case under review")
    if case.status == WAITING:
        raise InputError("已有结论待复核 / a decision awaits approval already")
    text = evidence_text(judged(facts))
    verdict = Verdict(
        party_id=party, decision=decision, reason=reason, note=note, user_name=name, at=now,
        run=result.run, business_date=result.business_date, model=result.model,
        rank=facts["rank"], score=facts["score"],
        sampled=session.get(SampledSuspect, (result.run, party)) is not None,
        evidence=text, evidence_sha256=evidence_sha256(text),
    )  # fmt: skip
    session.add(verdict)
    case.status = WAITING if decision in TWO_PERSONS else decision
    if case.held_by == name:
        case.held_by, case.held_until = "", None
    session.flush()
    return verdict


def approve(
    session: Session,
    verdict_id: int,
    name: str,
    now: datetime,
    outcome: str,
    note: str,
    current: str | None,
) -> Verdict:
    """Add what the second person says of a verdict; the session must exclude other writers.

    `current` is the hash of the evidence against the party in the current run, None where it is no
    suspect any more: what rests on other evidence can only be declined.

    Raises:
        NotFoundError: no such verdict.
        InputError: it was said already, it needs nobody, the same person decided, by this account
            or another, or the evidence changed since.
    """
    verdict = session.get(Verdict, verdict_id)
    if verdict is None:
        raise NotFoundError("no such verdict")
    if outcome not in APPROVALS:
        raise InputError("请选择同意或不同意 / choose approved or declined")
    said: VerdictApproval | None = session.get(VerdictApproval, verdict_id)
    if verdict.decision not in TWO_PERSONS or said is not None:
        raise InputError("该结论无需复核或已复核 / it needs no approval, or has been judged")
    if same_person(session, verdict.user_name, name):
        raise InputError("须由另一人复核 / another person must approve it")
    if outcome == "approved" and current not in (None, verdict.evidence_sha256):
        raise InputError(
            "证据已变，只能不同意后重新作出结论 / the evidence changed since; decline it, and "
            "decide again"
        )
    if outcome == "declined" and not note:
        raise InputError("请写明不同意的理由 / say why it is declined")
    session.add(
        VerdictApproval(verdict_id=verdict_id, outcome=outcome, note=note, user_name=name, at=now)
    )
    case = cases.opened(session, verdict.party_id, now)
    case.status = verdict.decision if outcome == "approved" else cases.OPEN
    session.flush()
    return verdict


def same_person(session: Session, first: str, second: str) -> bool:
    """Whether two accounts are one person's: the same account, or the same full name.

    Of two people of one name a third approves; that is rarer than one person with two roles.
    """
    if first == second:
        return True
    query = select(DeskUser.full_name).where(DeskUser.name.in_((first, second)))
    names = ["".join(name.split()).casefold() for name in session.scalars(query)]
    return len(names) == 2 and names[0] == names[1]


def evidence_now(result: Result, party: str) -> str | None:
    """The hash of the evidence against a party in a run; None where it is no suspect of it."""
    if party not in result.by_party:
        return None
    return evidence_sha256(evidence_text(judged(result.suspect(party))))


def of_party(session: Session, party: str) -> list[tuple[Verdict, VerdictApproval | None]]:
    """The verdicts on a party, newest first, each with what the second person said."""
    verdicts = session.scalars(
        select(Verdict).where(Verdict.party_id == party).order_by(Verdict.verdict_id.desc())
    ).all()
    numbers = [each.verdict_id for each in verdicts]
    said = session.scalars(select(VerdictApproval).where(VerdictApproval.verdict_id.in_(numbers)))
    by_verdict = {each.verdict_id: each for each in said}
    return [(each, by_verdict.get(each.verdict_id)) for each in verdicts]


def waiting(session: Session) -> Sequence[Verdict]:
    """The verdicts that wait for a second person, oldest first."""
    query = (
        select(Verdict)
        .outerjoin(VerdictApproval, VerdictApproval.verdict_id == Verdict.verdict_id)
        .where(Verdict.decision.in_(sorted(TWO_PERSONS)), VerdictApproval.verdict_id.is_(None))
        .order_by(Verdict.verdict_id)
    )
    return session.scalars(query).all()


def version_of(session: Session, party: str) -> int:
    """The version of a party's case, 0 before it has one."""
    case = session.get(DeskCase, party)
    return 0 if case is None else case.version
