"""What intake has to say about a package: findings with examples, and a refusal as an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from data.errors import PackageError
from pipelines.intake.rules import Rule


@dataclass(frozen=True, slots=True)
class Example:
    """One place where a rule failed; `line` is the line in the file as sent, from 1."""

    message: str
    line: int | None = None
    column: str | None = None
    value: str | None = None


@dataclass(slots=True)
class Finding:
    """A rule that failed, how often, and the first places."""

    rule: Rule
    count: int
    table: str | None = None
    file: str | None = None
    examples: list[Example] = field(default_factory=list)

    def facts(self, limit: int) -> dict[str, Any]:
        """The finding as the receipt states it."""
        return {
            "rule": self.rule.rule,
            "level": self.rule.level,
            "table": self.table,
            "count": self.count,
            "file": self.file,
            "examples": [
                {
                    "line": example.line,
                    "column": example.column,
                    "value": example.value,
                    "message": example.message,
                    "fix": self.rule.fix,
                }
                for example in self.examples[:limit]
            ],
        }


class Refused(PackageError):
    """A package that is rejected whole."""

    def __init__(self, rule: Rule, message: str, *, file: str | None = None) -> None:
        super().__init__(message)
        self.finding = Finding(rule, 1, None, file, [Example(message)])
