"""A suspect's case file: everything that was found and decided, with the sources of every row.

It is complete, or it is refused: each transfer of the evidence stands in it with the package, file
and line it came from.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from data.errors import InputError
from pipelines.intake.package import file_hash
from pipelines.measure_words import held_against, measure_name, quantity
from pipelines.report_text import ROLES, TITLES, reason
from review.drawing.ownership import KINDS
from review.evidence_rows import SIDES, with_sources
from review.places import place
from review.requests_for_data import requests_for_data
from review.results import Result
from review.sentence import sentence
from review.ties import ties
from review.words import APPROVALS, DECISIONS, REASONS, STATUSES, in_words

Facts = dict[str, Any]
LACKING_SHOWN = 3


@dataclass(frozen=True)
class Stamp:
    """What an export was made from, when and by whom; hashes are SHA-256 in hex."""

    run: str
    business_date: str
    model: str
    run_key: str
    settings_sha256: str
    code_sha256: str
    published_sha256: str
    exported_at: str
    exported_by: str

    def rows(self, zh: bool) -> list[tuple[str, str]]:
        """The stamp in words."""
        words = (
            ("运行", "run"), ("业务日期", "business date"), ("模型", "model"),
            ("运行键", "run key"), ("设置哈希", "hash of the settings"),
            ("程序哈希", "hash of the program"), ("发布文件哈希", "hash of the published file"),
            ("导出时间", "exported at"), ("导出人", "exported by"),
        )  # fmt: skip
        values = [getattr(self, name) for name in self.__dataclass_fields__]
        return [(pair[not zh], value) for pair, value in zip(words, values, strict=True)]


@dataclass(frozen=True)
class CaseFile:
    """The parts of a case file; `sheets` are tables by their title, in order, all texts words."""

    facts: Facts
    stamp: Stamp
    said: str
    sheets: dict[str, pl.DataFrame]
    evidence: Sequence[Facts]
    case: Facts


def case_file(
    result: Result, facts: Facts, case: Facts, name: str, now: datetime, zh: bool
) -> CaseFile:
    """Gather a case file.

    Raises:
        InputError: the evidence is not complete, a row's source is not known, or the published file
            is not what it was when it was opened.
    """
    evidence = _evidence(result, facts)
    stamp = Stamp(
        result.run, result.business_date.isoformat(), result.model, result.hashes["run_key"],
        result.hashes["settings_sha256"], result.hashes["code_sha256"], _proved(result),
        now.isoformat(sep=" "), name,
    )  # fmt: skip
    held, names = ties(result, facts["party_id"])
    sides = {row["transfer"]: {s["side"] for s in row["sources"]} for row in evidence}
    said = sentence(facts, zh)
    sheets = {
        "概要" if zh else "summary": _summary(facts, case, stamp, said, sides, zh),
        "发现" if zh else "findings": _measures(facts, zh),
        "证据" if zh else "evidence": _rows(evidence, zh),
        "来源" if zh else "sources": _sources(evidence, zh),
        "关联" if zh else "ties": _frame(
            ("自", "关系", "至", "比例", "起", "止")
            if zh
            else ("from", "relation", "to", "share", "since", "until"),
            [
                (names.get(tie.from_party, tie.from_party),
                 KINDS.get(tie.kind, (tie.kind,) * 2)[not zh],
                 names.get(tie.to_party, tie.to_party),
                 "" if tie.share is None else f"{tie.share:.2%}", str(tie.valid_from or ""),
                 str(tie.valid_to or ""))
                for tie in held
            ],
        ),
        "案件" if zh else "case": _case(case, zh),
    }  # fmt: skip
    return CaseFile(facts, stamp, said, sheets, evidence, case)


def as_json(file: CaseFile) -> bytes:
    """The case file for programs: the suspect's facts, its evidence with sources, the case."""
    case = file.case
    content = {
        "stamp": {name: getattr(file.stamp, name) for name in file.stamp.__dataclass_fields__},
        "suspect": file.facts,
        "evidence": file.evidence,
        "case": {
            "status": case["state"].status,
            "assignee": case["state"].assignee,
            "verdicts": [
                {
                    **_columns(verdict, "verdict_id", "decision", "reason", "note", "user_name",
                               "at", "run", "model", "evidence_sha256"),
                    "approval": None if said is None
                    else _columns(said, "outcome", "note", "user_name", "at"),
                }
                for verdict, said in case["verdicts"]
            ],
            "notes": [_columns(note, "user_name", "at", "text") for note in case["notes"]],
            "attachments": [
                _columns(file_, "name", "media_type", "size_bytes", "sha256", "user_name", "at")
                for file_ in case["attachments"]
            ],
            "links": [_columns(link, "kind", "other", "user_name", "at") for link in case["links"]],
        },
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=1, default=str).encode()


def _proved(result: Result) -> str:
    """The hash of the published file, which must be what it was when it was opened."""
    try:
        found = file_hash(result.path)
    except OSError:
        found = ""
    if found != result.published_sha256:
        raise InputError(
            "发布文件已不在或被更改，拒绝导出 / the published file is gone or was changed; refused"
        )
    return found


def _evidence(result: Result, facts: Facts) -> list[Facts]:
    """Every transfer of the suspect's findings once, with its finding and its sources."""
    found: dict[str, Facts] = {}
    for finding in facts["findings"]:
        if len(finding["evidence"]) != len(finding["transfers"]):
            raise InputError("证据不完整，拒绝导出 / the evidence is not complete; refused")
        for row in finding["evidence"]:
            held = found.setdefault(row["transfer"], {**row, "codes": []})
            held["codes"].append(finding["code"])
    rows = with_sources(result, list(found.values()))
    lacking = [row["transfer"] for row in rows if row["amount_fen"] is None or not row["sources"]]
    if lacking:
        first = ", ".join(lacking[:LACKING_SHOWN])
        raise InputError(
            f"{len(lacking)} 笔证据没有来源（{first}…），拒绝导出 / the source of {len(lacking)} "
            f"transfers is not known ({first} …); refused"
        )
    return sorted(rows, key=lambda row: (str(row["booked_at"]), row["transfer"]))


def _summary(
    facts: Facts, case: Facts, stamp: Stamp, said: str, sides: dict[str, set[str]], zh: bool
) -> pl.DataFrame:
    rows = [
        ("主体" if zh else "party", f"{facts['name'] or ''} {facts['party_id']}".strip()),
        ("属地" if zh else "place", place(facts["division"], zh)),
        ("结论摘要" if zh else "in one sentence", said),
        ("排名" if zh else "rank", str(facts["rank"])),
        ("分值（0–1，越高越可疑）" if zh else "score (0 to 1, higher is worse)",
         f"{facts['score']:.3f}"),
        ("状态" if zh else "status", in_words(STATUSES, case["state"].status, zh)),
        ("承办人" if zh else "assignee", case["state"].assignee),
    ]  # fmt: skip
    for finding in facts["findings"]:
        text = finding["text"]["zh" if zh else "en"]
        rows.append((f"{finding['code']} {finding['clause']}", text))
        open_ones = finding["not_established"]["zh" if zh else "en"]
        rows.append(("尚未证实" if zh else "not established", open_ones))
        if finding["withheld"]:
            count, ask = finding["withheld"]["transfers"], finding["withheld"]["ask"]
            rows.append(
                ("他处主办", f"与本方无关的 {count} 笔转账不在本文件，请联系{ask['zh']}")
                if zh
                else ("led by others", f"{count} transfers without this party are not in this file;"
                      f" ask {ask['en']}")
            )  # fmt: skip
    rows += [("与同类相比" if zh else "compared with its peers", reason(row, zh))
             for row in facts["forest_reasons"]]  # fmt: skip
    rows += [("需补充的数据" if zh else "data to request", line)
             for line in requests_for_data(facts, sides, zh)]  # fmt: skip
    rows += stamp.rows(zh)
    return _frame(("项目", "内容") if zh else ("item", "content"), rows)


def _measures(facts: Facts, zh: bool) -> pl.DataFrame:
    rows = []
    for finding in facts["findings"]:
        title = TITLES.get(finding["typology"], (finding["typology"],) * 2)[not zh]
        role = ROLES.get(finding["role"], (finding["role"],) * 2)[not zh]
        head = (finding["code"], title, finding["clause"], role)
        for name, m in finding["measures"].items():
            line = "" if m["threshold"] is None else held_against(m["threshold"], m["unit"], zh)
            rows.append((*head, measure_name(name, zh), quantity(m["value"], m["unit"], zh), line))
        for test in finding["lookalikes"]:
            words = ("已排除", "ruled out") if test["passed"] else ("未排除", "left open")
            rows.append((*head, words[not zh], test["zh" if zh else "en"], ""))
    heads = (
        ("编号", "类型", "条款", "角色", "度量或相似情形", "实测", "界限")
        if zh
        else ("code", "typology", "clause", "role", "measure or look-alike", "measured", "line")
    )
    return _frame(heads, rows)


def _rows(evidence: Sequence[Facts], zh: bool) -> pl.DataFrame:
    heads = (
        ("时间", "编号", "发现", "付款行", "付款账号", "付款方", "收款行", "收款账号", "收款方",
         "金额(分)", "金额(元)", "渠道", "用途")
        if zh
        else ("time", "reference", "finding", "payer's bank", "payer's account", "payer",
              "payee's bank", "payee's account", "payee", "amount in fen", "amount in yuan",
              "channel", "purpose")
    )  # fmt: skip
    rows = [
        (str(e["booked_at"]), e["transfer"], " ".join(e["codes"]), e["payer_bank_no"] or "",
         e["payer_account_no"] or "", e["payer_party_id"] or "", e["payee_bank_no"] or "",
         e["payee_account_no"] or "", e["payee_party_id"] or "", e["amount_fen"],
         e["amount_fen"] / 100, e["channel"] or "", e["purpose"] or "")
        for e in evidence
    ]  # fmt: skip
    kinds: list[Any] = [pl.String] * 9 + [pl.Int64, pl.Float64, pl.String, pl.String]
    return pl.DataFrame(rows, schema=list(zip(heads, kinds, strict=True)), orient="row")


def _sources(evidence: Sequence[Facts], zh: bool) -> pl.DataFrame:
    heads = (
        ("编号", "来源", "报送包", "文件", "行")
        if zh
        else ("reference", "side", "package", "file", "line")
    )
    rows = [
        (row["transfer"], SIDES[s["side"]][not zh], s["package"], s["file"], s["line"])
        for row in evidence
        for s in row["sources"]
    ]
    kinds: list[Any] = [pl.String] * 4 + [pl.Int64]
    return pl.DataFrame(rows, schema=list(zip(heads, kinds, strict=True)), orient="row")


def _case(case: Facts, zh: bool) -> pl.DataFrame:
    rows = []
    for verdict, said in case["verdicts"]:
        why = in_words(REASONS.get(verdict.decision, {}), verdict.reason, zh)
        text = f"{in_words(DECISIONS, verdict.decision, zh)} · {why} · {verdict.note}"
        rows.append(("结论" if zh else "verdict", str(verdict.at), verdict.user_name, text))
        if said is not None:
            text = f"{in_words(APPROVALS, said.outcome, zh)} · {said.note}"
            rows.append(("复核" if zh else "approval", str(said.at), said.user_name, text))
    for note in case["notes"]:
        rows.append(("记录" if zh else "note", str(note.at), note.user_name, note.text))
    for file in case["attachments"]:
        text = f"{file.name} {file.sha256}"
        rows.append(("附件" if zh else "attachment", str(file.at), file.user_name, text))
    heads = ("类别", "时间", "账户", "内容") if zh else ("kind", "time", "account", "content")
    return _frame(heads, rows)


def _frame(heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=[(head, pl.String) for head in heads], orient="row")


def _columns(row: object, *names: str) -> Facts:
    return {name: getattr(row, name) for name in names}
