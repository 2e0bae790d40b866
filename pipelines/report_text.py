"""Suspects in words, Chinese or English: why each is one, what speaks against it, where to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from data.divisions import city_and_county
from detectors.registry import DETECTORS
from pipelines.disposal import DISPOSALS, in_words
from pipelines.measure_words import counted, held_against, measure_name, money, quantity

Facts = Mapping[str, Any]
# Gives the command that shows a party.
Command = Callable[[str], str]

TITLES = {detector.NAME: detector.TITLE for detector in DETECTORS}
EVIDENCE_SHOWN = 8
TIPS_SHOWN = 3
UNEXPLAINED = ("无法解释", "unexplained")
NO_ALLEGATION = (
    "只是与同类不同，不构成指控",
    "differs from its peers; this is no allegation",
)
REFUTED = (
    "此前已由办案人员排除，没有新的或明显更强的证据",
    "refuted by investigators before; there is no new or materially greater evidence",
)
NO_DISPOSAL = (
    "无；该主体只是被提及，其作用由办案人员判断",
    "none; a finding only names this party, an officer judges its part",
)
ROLES: Mapping[str, tuple[str, str]] = {
    "subject": ("主体", "subject"),
    "organiser": ("组织者", "organiser"),
    "pool": ("归集账户持有人", "holder of a pool account"),
    "shell": ("空壳", "shell"),
    "nominee": ("名义借款人", "nominee"),
    "beneficiary": ("受益人", "beneficiary"),
}


def suspect_text(facts: Facts, language: str, command: Command) -> str:
    """Show one suspect in full, from the shape of `report.suspect`.

    `command` gives the command that shows another party.
    """
    zh = language == "zh"
    lines = [
        f"{facts['rank']}. {facts['name'] or '?'}  {facts['party_id']}  "
        f"{place(facts['division'], zh)}",
        (
            f"分值 {facts['score']:.3f}（0–1，越高越可疑），孤立森林 {_score(facts)}"
            if zh
            else f"score {facts['score']:.3f} (0 to 1, higher is worse), forest {_score(facts)}"
        ),
    ]
    if facts["label"] == "refuted":
        lines += ["", REFUTED[not zh]]
    for finding in facts["findings"]:
        lines += ["", *_finding(finding, zh, command)]
    if not facts["findings"]:
        lines += ["", f"{UNEXPLAINED[not zh]}: {NO_ALLEGATION[not zh]}"]
    if facts["forest_reasons"]:
        lines += ["", "与同类相比：" if zh else "compared with its peers:"]
        lines += [f"  {reason(row, zh)}" for row in facts["forest_reasons"]]
    if facts["cannot_conclude"]:
        lines += ["", "不能下结论：" if zh else "cannot conclude:"]
        lines += [f"  {gap['text']['zh' if zh else 'en']}" for gap in facts["cannot_conclude"]]
    lines += ["", "接下来查：" if zh else "where to look next:"]
    lines += [f"  {step}" for step in next_steps(facts, zh, command)]
    return "\n".join(clean(line) for line in lines)


def next_steps(facts: Facts, zh: bool, command: Command) -> list[str]:
    """Say where to look next, the most useful first."""
    steps = []
    findings = facts["findings"]
    for finding in findings[:1]:
        known = [row for row in own_evidence(finding) if row["amount_fen"] is not None]
        if known:
            largest = max(known, key=lambda row: (row["amount_fen"], row["transfer"]))
            steps.append(("最大一笔：" if zh else "its largest transfer: ") + transfer(largest, zh))
    others = {
        a["party_id"]: ROLES.get(a["role"], (a["role"], a["role"]))[not zh]
        for finding in findings
        for a in [{"party_id": finding["party_id"], "role": "subject"}, *finding["accomplices"]]
        if a["party_id"] != facts["party_id"]
    }
    for party, role in list(others.items())[:3]:
        steps.append(f"{command(party)}  ({role})")
    for finding in findings:
        for test in finding["lookalikes"]:
            if not test["passed"]:
                steps.append(("需排除：" if zh else "to rule out: ") + test["zh" if zh else "en"])
    if findings:
        office = in_words(facts["lead_office"], zh)
        disposal = DISPOSALS.get(facts["proposed_disposal"], NO_DISPOSAL)[not zh]
        steps.append(f"牵头：{office}" if zh else f"lead: {office}")
        steps.append(
            f"建议处置（由人决定）：{disposal}"
            if zh
            else f"proposed, an officer decides: {disposal}"
        )
        if facts["consequences"]:
            steps += consequences_in_words(facts["consequences"], zh)
    else:
        steps.append(
            "核对其业务能否解释以上差异"
            if zh
            else "whether its business explains what sets it apart"
        )
    return steps


def consequences_in_words(drawn: Facts, zh: bool) -> list[str]:
    """Say the grounds of the proposed disposal, the base for penalty and reward, and the tips."""
    lines = []
    if drawn["grounds"]:
        lines.append(
            f"依据：{drawn['grounds']['zh']}" if zh else f"grounds: {drawn['grounds']['en']}"
        )
    if drawn["base_fen"] is not None:
        base, penalty = (money(drawn[f"{what}_fen"], zh) for what in ("base", "penalty"))
        line = f"处罚基数 {base}，按比例 {penalty}" if zh else f"base {base}, penalty {penalty}"
        if drawn["reward_fen"] is not None:
            reward = money(drawn["reward_fen"], zh)
            line += f"，举报奖励 {reward}" if zh else f", reward for the tip {reward}"
        lines.append(line)
    for tip in drawn["tips"][:TIPS_SHOWN]:
        text = f"{tip['tip_id']}  {tip['received_at']}  {tip['subject_text']}"
        lines.append(f"线索：{text}" if zh else f"tip: {text}")
    left = len(drawn["tips"]) - TIPS_SHOWN
    if left > 0:
        lines.append(f"另有线索 {left} 条" if zh else f"{left} more tips")
    return lines


def reason(row: Facts, zh: bool) -> str:
    """Say in words how a feature sets a party apart from its peers."""
    value = quantity(row["value"], row["unit"], zh)
    high = row["percentile"] >= 0.5
    # A party is not above itself: nobody is above all.
    share = min((row["percentile"] if high else 1 - row["percentile"]) * 100, 99.9)
    if zh:
        return f"{row['zh']} {value}，{'高于' if high else '低于'} {share:.1f} % 的同类"
    return f"{row['en']} {value}, {'above' if high else 'below'} {share:.1f} % of its peers"


def transfer(row: Facts, zh: bool) -> str:
    """Show one transfer of the evidence on one line."""
    if row["amount_fen"] is None:
        return str(row["transfer"])
    payer = f"{row['payer_bank_no'] or '?'}:{row['payer_account_no'] or '?'}"
    payee = f"{row['payee_bank_no'] or '?'}:{row['payee_account_no'] or '?'}"
    return (
        f"{row['transfer']}  {row['booked_at']}  {payer} → {payee}  {money(row['amount_fen'], zh)}"
    )


def place(division: str | None, zh: bool) -> str:
    """Name the city and county of a division code, with the code."""
    if not division:
        return "属地不明" if zh else "place unknown"
    return f"{''.join(name or '' for name in city_and_county(division))} {division}".strip()


def clean(text: str) -> str:
    """Show control characters as a replacement, so that no name can steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n" else "\ufffd" for c in text)


def part_of(finding: Facts, zh: bool) -> str:
    """Name the role of a party that is not the subject, whose finding it is, and its own part."""
    if finding["role"] == "subject":
        return ""
    role = ROLES.get(finding["role"], (finding["role"],) * 2)[not zh]
    subject = f"{finding['subject_name'] or ''} {finding['party_id']}".strip()
    received, paid = (money(finding["own_part"][f"{way}_fen"], zh) for way in ("received", "paid"))
    count = counted(len(finding["own_part"]["transfers"]), "transfers", zh)
    if zh:
        return f"{role}，主体为 {subject}；本方收 {received}、付 {paid}，{count}"
    return f"{role}; the subject is {subject}; own part: received {received}, paid {paid}, {count}"


def own_evidence(finding: Facts) -> Sequence[Facts]:
    """The transfers that concern the party: all of the subject's, else those it took part in."""
    if finding["role"] == "subject":
        return list(finding["evidence"])
    own = set(finding["own_part"]["transfers"])
    return [row for row in finding["evidence"] if row["transfer"] in own]


def _finding(finding: Facts, zh: bool, command: Command) -> list[str]:
    language = "zh" if zh else "en"
    title = TITLES.get(finding["typology"], (finding["typology"],) * 2)[not zh]
    strength = (
        f"严重程度 {finding['severity']}/5，置信度 {finding['confidence']:.2f}"
        if zh
        else f"severity {finding['severity']}/5, confidence {finding['confidence']:.2f}"
    )
    head = f"{finding['code']} {title}  {finding['clause']}  {strength}"
    comma = "，" if zh else ", "
    if finding["role"] == "subject":
        amount = money(finding["amount_fen"], zh)
        lines = [f"{head}{comma}{amount}{comma}{ROLES['subject'][not zh]}"]
        lines += [f"  {finding['text'][language]}", *_measures(finding, zh)]
    else:
        subject = finding["party_id"]
        lines = [head, f"  {part_of(finding, zh)}"]
        lines.append(
            f"  主体 {subject}：{finding['text'][language]}"
            if zh
            else f"  of the subject {subject}: {finding['text'][language]}"
        )
        shown = command(subject)
        lines.append(f"  该发现的全部：{shown}" if zh else f"  the finding in full: {shown}")
    lines.append(
        ("  未证实：" if zh else "  not established: ") + finding["not_established"][language]
    )
    return lines + _evidence(finding, zh)


def _measures(finding: Facts, zh: bool) -> list[str]:
    lines = []
    for name, m in finding["measures"].items():
        value = quantity(m["value"], m["unit"], zh)
        line = f"  {measure_name(name, zh)}{'：' if zh else ': '}{value}"
        if m["threshold"] is not None:
            against = held_against(m["threshold"], m["unit"], zh)
            line += f"（{against}）" if zh else f" ({against})"
        lines.append(line)
    for test in finding["lookalikes"]:
        mark = ("已排除" if zh else "ruled out") if test["passed"] else ("未排除" if zh else "open")
        lines.append(f"  [{mark}] {test['zh' if zh else 'en']}")
    return lines


def _evidence(finding: Facts, zh: bool) -> list[str]:
    rows = own_evidence(finding)
    count, whole = len(rows), len(finding["evidence"])
    if finding["role"] == "subject":
        said = counted(count, "transfers", zh)
        lines = [f"  证据 {said}：" if zh else f"  evidence, {said}:"]
    else:
        said = counted(whole, "transfers", zh)
        lines = [
            f"  证据 {said}，其中本方参与 {count} 笔："
            if zh
            else f"  evidence of its part, {count} of {said}:"
        ]
    lines += [f"    {transfer(row, zh)}" for row in rows[:EVIDENCE_SHOWN]]
    if count > EVIDENCE_SHOWN:
        more = count - EVIDENCE_SHOWN
        lines.append(
            f"    另 {more} 笔见 --format json" if zh else f"    {more} more: --format json"
        )
    return lines


def _score(facts: Facts) -> str:
    return "-" if facts["forest_score"] is None else f"{facts['forest_score']:.3f}"
