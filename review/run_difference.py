"""What changed in the ranking between two runs, and why: data, settings, program, or verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.store import Database
from pipelines.report_text import TITLES

RUN = "select run, business_date, settings_sha256, code_sha256, model from run"
INPUTS = "select path, sha256 from run_input"
TOP = """
select s.party_id, s.name, s.rank, s.score, s.label, s.amount_fen,
  list_sort(list_distinct(list(f.typology) filter (f.typology is not null))) as typologies
from suspect s
left join charge c on c.rank = s.rank
left join finding f on f.finding_id = c.finding_id
group by s.party_id, s.name, s.rank, s.score, s.label, s.amount_fen
order by s.rank
"""


@dataclass(frozen=True)
class Move:
    """One party that entered or left the top, or moved in it, and why."""

    party_id: str
    name: str | None
    before: int | None
    after: int | None
    why: str


@dataclass(frozen=True)
class Difference:
    """Two runs, what about them differs, and the parties that moved, the largest moves first."""

    first: str
    second: str
    causes: tuple[str, ...]
    moves: tuple[Move, ...]


def difference(first: Path, second: Path, top: int, zh: bool) -> Difference:
    """Compare the `top` suspects of two published files."""
    (run, inputs, rows), (other, others, later) = _read(first), _read(second)
    causes = []
    fresh, gone = len(others.items() - inputs.items()), len(inputs.items() - others.items())
    if fresh or gone:
        causes.append(
            f"数据：新增或更改 {fresh} 个文件，不再使用 {gone} 个"
            if zh
            else f"data: {fresh} files new or changed, {gone} no longer used"
        )
    for name, words in (
        ("settings_sha256", ("设置", "settings")), ("code_sha256", ("程序", "program")),
        ("model", ("模型", "model")),
    ):  # fmt: skip
        if run[name] != other[name]:
            causes.append(f"{words[0]}不同" if zh else f"the {words[1]} differs")
    moves = []
    for party in rows.keys() | later.keys():
        held, now = rows.get(party), later.get(party)
        before = held["rank"] if held else None
        after = now["rank"] if now else None
        if before != after and min(before or top + 1, after or top + 1) <= top:
            called = (now or held or {}).get("name")
            moves.append(Move(party, called, before, after, _why(held, now, zh)))
    return Difference(
        run["run"], other["run"], tuple(causes),
        tuple(sorted(moves, key=lambda move: (-_step(move, top), move.party_id))),
    )  # fmt: skip


def _step(move: Move, top: int) -> int:
    return abs((move.before or top * 2) - (move.after or top * 2))


def _why(held: dict[str, Any] | None, now: dict[str, Any] | None, zh: bool) -> str:
    had = set(held["typologies"] or ()) if held else set()
    has = set(now["typologies"] or ()) if now else set()
    parts = [f"+ {_title(name, zh)}" for name in sorted(has - had)]
    parts += [f"− {_title(name, zh)}" for name in sorted(had - has)]
    if held and now and held["label"] != now["label"] and "refuted" in (
        held["label"], now["label"],
    ):  # fmt: skip
        parts.append("结论：排除或返回" if zh else "verdict: refuted, or back")
    if held and now and had & has:
        step = (now["amount_fen"] or 0) - (held["amount_fen"] or 0)
        if step:
            words = ("金额增加", "more money") if step > 0 else ("金额减少", "less money")
            parts.append(words[not zh])
    if not parts:
        parts.append("孤立森林分值" if zh else "the forest's score, or others' moves")
    return "，".join(parts) if zh else ", ".join(parts)


def _title(name: str, zh: bool) -> str:
    return TITLES.get(name, (name, name))[not zh]


def _read(path: Path) -> tuple[dict[str, Any], dict[str, str], dict[str, dict[str, Any]]]:
    with Database.open(path, read_only=True) as db:
        [run] = db.frame("run", RUN).to_dicts()
        inputs = dict(db.rows("inputs", INPUTS))
        rows = db.frame("top", TOP).to_dicts()
    return run, inputs, {row["party_id"]: row for row in rows}
