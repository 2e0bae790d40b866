"""The rules: one identifier each, both languages, and a page that is current."""

from pathlib import Path

from pipelines.intake.rules import document, every_rule

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"


def test_every_rule_has_its_own_identifier_and_both_languages() -> None:
    rules = list(every_rule())
    assert len({rule.rule for rule in rules}) == len(rules)
    for rule in rules:
        for text in (rule.zh, rule.fix_zh):
            assert any("\u4e00" <= sign <= "\u9fff" for sign in text)
        assert rule.en.isascii() and rule.fix.isascii()


def test_the_page_of_rules_is_current() -> None:
    assert PAGE.read_text("utf-8") == document()
