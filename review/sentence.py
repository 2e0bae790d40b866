"""The one sentence on top of a suspect's page: who, what, how much, when, by which clause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipelines.report_text import ROLES, TITLES
from review.amounts import spoken
from review.places import city

Facts = Mapping[str, Any]


def sentence(facts: Facts, zh: bool) -> str:
    """Say in plain words why a suspect, in the shape of `report.suspect`, is on the list."""
    who = _who(facts, zh)
    findings = facts["findings"]
    if not findings:
        if zh:
            return f"{who}的资金往来与同类明显不同，尚无规则指向它；这不是指控。"
        return (
            f"The money of {who} moves unlike that of its peers, and no rule names it; this is no "
            "allegation."
        )
    first = findings[0]
    title = TITLES.get(first["typology"], (first["typology"],) * 2)[not zh]
    span = _span(first["first_at"], first["last_at"], zh)
    more = len(findings) - 1
    if first["role"] == "subject":
        amount = spoken(first["amount_fen"], zh)
        if zh:
            said = f"{who}涉嫌{title}：{span}涉及 {amount}，可能违反《实施方案》{first['clause']}"
            return said + (f"；另有 {more} 项发现。" if more else "。")
        said = (
            f"{who} is suspected of {title}: {amount} {span}, against clause {first['clause']} of "
            "the plan"
        )
        return said + (f"; {more} more finding{'s' if more > 1 else ''}." if more else ".")
    role = ROLES.get(first["role"], (first["role"],) * 2)[not zh]
    subject = first["subject_name"] or first["party_id"]
    own = first["own_part"]
    received, paid = spoken(own["received_fen"], zh), spoken(own["paid_fen"], zh)
    if zh:
        said = (
            f"{who}在{subject}涉嫌{title}（{first['clause']}）的资金中是{role}：{span}"
            f"收到 {received}，付出 {paid}"
        )
        return said + (f"；另有 {more} 项发现。" if more else "。")
    said = (
        f"{who} is {_article(role)} in the suspected {title} of {subject} (clause "
        f"{first['clause']}): {span} it received {received} and paid {paid}"
    )
    return said + (f"; {more} more finding{'s' if more > 1 else ''}." if more else ".")


def _who(facts: Facts, zh: bool) -> str:
    where = city(facts["division"], zh)
    name = facts["name"] or facts["party_id"]
    if not where:
        return str(name)
    return f"{name}（{where}）" if zh else f"{name} ({where})"


def _span(first: str | datetime, last: str | datetime, zh: bool) -> str:
    start, end = str(first)[:10], str(last)[:10]
    if start == end:
        return f"{start} " if zh else f"on {start}"
    return f"{start} 至 {end} " if zh else f"between {start} and {end}"


def _article(role: str) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"
