"""The confidence of findings as it is published: what the detector states, agreement, calibration.

A detector states how far its measures lie beyond their lines. Whether such a finding is true also
depends on what else was found at the same party by other typologies, and on how often findings of
its typology are; the calibration table holds both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from data.calibration import Calibration
from detectors.finding import Finding


def calibrate(findings: Sequence[Finding], table: Calibration) -> list[Finding]:
    """Give each finding its calibrated confidence, 0..1; the order is kept."""
    return [
        replace(f, confidence=table.confidence(f.typology, f.confidence, others))
        for f, others in zip(findings, agreeing(findings), strict=True)
    ]


def agreeing(findings: Sequence[Finding]) -> list[int]:
    """Count, for each finding, the other typologies found at the party that it is about.

    Findings of one typology are not independent, and count once.
    """
    seen: dict[str, set[str]] = {}
    for finding in findings:
        seen.setdefault(finding.party_id, set()).add(finding.typology)
    return [len(seen[finding.party_id]) - 1 for finding in findings]
