"""Case files: complete or refused, stamped, in both languages, and nothing in them is live."""

import io
import json
from pathlib import Path

import pytest
from desk_world import DAY, SETTINGS, SUBMITTER, World, finding, outcome, run_key
from openpyxl import load_workbook
from pypdf import PdfReader

from data.control import Control
from data.errors import StoreError
from data.home import Home
from pipelines.intake.package import file_hash
from pipelines.publish import publish
from review import audit
from review.results import open_result


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def test_the_workbook_holds_every_row_with_its_source_and_no_formula(world: World) -> None:
    browser = world.signed_in("xuzhou")
    answer = browser.get("/suspects/P5/case.xlsx")
    assert answer.status_code == 200
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["概要", "发现", "证据", "来源", "关联", "案件"]
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert all(cell.hyperlink is None for cell in cells)
    evidence = [[cell.value for cell in row] for row in book["证据"].iter_rows(min_row=2)]
    assert [(row[1], row[9], row[10], row[12]) for row in evidence] == [
        ("P5-in", 2_500_000, 25_000, "'=HYPERLINK(1)"),
        ("P5-out", 2_500_000, 25_000, "'=HYPERLINK(1)"),
    ]
    sources = [[cell.value for cell in row] for row in book["来源"].iter_rows(min_row=2)]
    assert sources == [
        ["P5-in", "付款行", f"{SUBMITTER}-20160613-00000001", "entry.csv", 4],
        ["P5-out", "付款行", f"{SUBMITTER}-20160613-00000001", "entry.csv", 5],
    ]
    summary = {row[0].value: row[1].value for row in book["概要"].iter_rows(min_row=2)}
    # A party's name that begins like a formula is none.
    assert summary["主体"] == "'=徐州顺中 P5"
    current = world.desk.results.current()
    assert current is not None
    assert summary["运行"] == "20160613-aaaaaaaaaaaaaaaa"
    assert summary["发布文件哈希"] == file_hash(current.path)
    assert summary["运行键"] == "a" * 64


def test_the_workbook_speaks_english(world: World) -> None:
    browser = world.signed_in("xuzhou")
    browser.post("/preferences", language="en", back="/")
    book = load_workbook(io.BytesIO(browser.get("/suspects/P5/case.xlsx").content))
    assert book.sheetnames == ["summary", "findings", "evidence", "sources", "ties", "case"]


def test_the_json_holds_facts_evidence_and_case(world: World) -> None:
    browser = world.signed_in("nanjing")
    browser.get("/suspects/P1")
    browser.post("/suspects/P1/notes", note="约谈\n两次")
    answer = browser.get("/suspects/P1/case.json")
    file = json.loads(answer.content)
    assert file["stamp"]["run"] == "20160613-aaaaaaaaaaaaaaaa"
    assert [e["transfer"] for e in file["evidence"]] == ["P1-in", "P1-out"]
    assert file["evidence"][0]["sources"] == [
        {
            "transfer": "P1-in", "side": "payer_entry", "file": "entry.csv", "line": 2,
            "package": f"{SUBMITTER}-20160613-00000001",
        }
    ]  # fmt: skip
    assert [note["text"] for note in file["case"]["notes"]] == ["约谈\n两次"]
    with world.desk.control.reading() as session:
        event = audit.newest(session, 1)[0]
    assert (event.action, event.subject, event.outcome) == ("export a case", "party=P1", "json")


@pytest.mark.parametrize(("language", "said"), [("zh", "工作底稿"), ("en", "Case file")])
def test_the_printed_file_holds_the_same_in_both_languages(
    world: World, language: str, said: str
) -> None:
    pytest.importorskip("weasyprint", exc_type=OSError, reason="Pango is not installed here")
    browser = world.signed_in("nanjing")
    browser.post("/preferences", language=language, back="/")
    answer = browser.get("/suspects/P1/case.pdf")
    assert answer.status_code == 200, answer.text
    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = "".join(page.extract_text() for page in pages)
    assert said in text
    for part in ("P1-in", "P1-out", "entry.csv", "a" * 64, "61,728.00"):
        assert part in text


def test_evidence_without_a_source_is_not_exported(home: Home) -> None:
    world = World(home)
    lacking = outcome(run_key(DAY, "b"), finding("P1", transfers=("P1-in", "nowhere")))
    publish(home, lacking, SETTINGS.score)
    pointer = home.published / "current"
    pointer.write_text("20160613-bbbbbbbbbbbbbbbb.duckdb\n", "ascii")
    browser = world.signed_in("nanjing")
    for form in ("xlsx", "pdf", "json"):
        answer = browser.get(f"/suspects/P1/case.{form}")
        assert answer.status_code == 409
        assert "拒绝导出" in answer.text


def test_a_result_that_was_touched_is_not_shown_and_the_earlier_one_stays(home: Home) -> None:
    world = World(home)
    browser = world.signed_in("province")
    assert "南京恒信" in browser.get("/queue").text
    path = publish(home, outcome(run_key(DAY, "c")), SETTINGS.score).path
    torn = bytearray(path.read_bytes())
    torn[len(torn) // 4 :] = bytes(len(torn) - len(torn) // 4)
    path.write_bytes(bytes(torn))
    (home.published / "current").write_text(f"{path.name}\n", "ascii")
    page = browser.get("/queue").text
    assert "南京恒信" in page and "较早的结果" in page


def test_the_published_file_is_opened_read_only_and_locked(home: Home, tmp_path: Path) -> None:
    world = World(home)
    result = world.desk.results.current()
    assert result is not None
    for sql in (
        "create table x (a int)", f"copy suspect to '{tmp_path}/x.csv'",
        "set enable_external_access = true", "attach ':memory:' as other",
    ):  # fmt: skip
        with pytest.raises(StoreError, match=r"read-only|disabled|locked"):
            result.frame(sql, sql)
    assert open_result(result.path).run == result.run
    Control(home).close()
