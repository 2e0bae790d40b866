"""Intake: packages are archived, verified, checked row by row, written to the lake, receipted."""

from pipelines.intake.inbox import submit, waiting
from pipelines.intake.receive import check_package, log, receive

__all__ = ["check_package", "log", "receive", "submit", "waiting"]
