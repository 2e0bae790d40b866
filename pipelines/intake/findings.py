"""What intake has to say about a package: findings with examples, and a refusal as an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from data.errors import PackageError
from pipelines.intake.rules import Rule

SHOWN = 400


def shown(text: str) -> str:
    """Text as it can be written and read: cut to a bearable length, without lone surrogates."""
    cut = text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"
    return cut.encode("utf-8", "backslashreplace").decode()


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
        """The finding as the receipt states it: Chinese, then English with the particulars."""
        return {
            "rule": self.rule.rule,
            "level": self.rule.level,
            "table": self.table,
            "count": self.count,
            "file": None if self.file is None else shown(self.file),
            "examples": [
                {
                    "line": example.line,
                    "column": None if example.column is None else shown(example.column),
                    "value": None if example.value is None else shown(example.value),
                    "message": f"{self.rule.zh} · {shown(example.message)}",
                    "fix": f"{self.rule.fix_zh} · {self.rule.fix}",
                }
                for example in self.examples[:limit]
            ],
        }


class Refused(PackageError):
    """A package that is rejected whole."""

    def __init__(self, rule: Rule, message: str, *, file: str | None = None) -> None:
        super().__init__(message)
        self.finding = Finding(rule, 1, None, file, [Example(message)])
