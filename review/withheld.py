"""What a suspect's page leaves out: of a finding on another territory's suspect, in which this one
is only named, the transfers and accomplices that do not concern this one."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from pipelines.report_text import own_evidence
from review import cases
from review.policy import Territory, Viewer, offices_of, sees, whom_to_ask
from review.results import Result
from review.worklist import seen_by

Facts = dict[str, Any]


def as_seen(facts: Facts, viewer: Viewer, session: Session, result: Result) -> Facts:
    """A suspect of the viewer's territory in full, but for what belongs to other territories.

    Each finding gets `withheld`: None, or how many transfers are left out and whom to ask, in
    Chinese and English.
    """
    findings = [_finding(finding, facts, viewer, session, result) for finding in facts["findings"]]
    return {**facts, "findings": findings}


def _finding(
    finding: Facts, facts: Facts, viewer: Viewer, session: Session, result: Result
) -> Facts:
    if finding["role"] == "subject":
        return {**finding, "withheld": None}
    listed, own = seen_by(viewer, session, result, finding["party_id"])
    territory = (
        Territory("", offices_of(finding["lead_office"]))
        if listed is None
        else cases.widened(listed["territory"], cases.of(session, finding["party_id"]))
    )
    if own or (listed is None and sees(viewer, territory)):
        return {**finding, "withheld": None}
    kept = list(own_evidence(finding))
    return {
        **finding,
        "evidence": kept,
        "transfers": [row["transfer"] for row in kept],
        "accomplices": [a for a in finding["accomplices"] if a["party_id"] == facts["party_id"]],
        "withheld": {
            "transfers": len(finding["evidence"]) - len(kept),
            "ask": {"zh": whom_to_ask(territory, True), "en": whom_to_ask(territory, False)},
        },
    }


def unflagged(graph: Facts, viewer: Viewer, session: Session, result: Result) -> Facts:
    """A graph in which only suspects that the viewer sees are marked as such."""
    nodes = [
        {**node, "suspect": node["suspect"] and seen_by(viewer, session, result, node["id"])[1]}
        for node in graph["nodes"]
    ]
    return {**graph, "nodes": nodes}
