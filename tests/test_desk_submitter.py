"""Submitters' and operators' pages: the calendar, receipts, rejected rows, sending a package."""

import io
import json
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from desk_world import DAY, NOON, SETTINGS, SUBMITTER, World, finding, outcome, run_key

from data.control import Submission
from data.home import Home
from pipelines.intake.package import file_hash
from pipelines.publish import publish
from pipelines.template import write_template
from review import accounts
from review.submitter_calendar import calendar, corrections

OTHER = "91320100MA1MYRYL3U"


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def submission(
    day: date, status: str = "accepted", sequence: int = 1, received: datetime = NOON,
    due: str | None = None, submitter: str = SUBMITTER,
) -> Submission:  # fmt: skip
    return Submission(
        package=f"{submitter}-{day:%Y%m%d}-{sequence:08d}", submitter=submitter,
        business_date=day, sequence=sequence, sha256=f"{day}{sequence}", status=status,
        received_at=received, tables="entry:x", rejected_sha256="",
        receipt=json.dumps({"tables": [], "findings": [], "correction_due": due}),
    )  # fmt: skip


def test_the_calendar_says_what_was_owed_and_what_came() -> None:
    days = [date(2016, 6, n) for n in (6, 7, 8)]
    held = [
        submission(days[0], received=datetime(2016, 6, 7, 3)),
        submission(days[1], received=datetime(2016, 6, 9, 3)),
        submission(days[2], "rejected", received=datetime(2016, 6, 9, 3)),
    ]
    # 2016-06-09 to 11 was the dragon boat festival; the Sunday was worked.
    states = {each.day: each.state for each in calendar(held, days, date(2016, 6, 14))}
    assert [states[date(2016, 6, n)] for n in range(5, 15)] == [
        "free", "received", "late", "rejected", "free", "free", "free", "missing", "missing",
        "missing",
    ]  # fmt: skip


def test_corrections_are_due_until_a_good_package_of_the_date_comes() -> None:
    first = submission(DAY, "partially_accepted", due="2016-06-15")
    other = submission(date(2016, 6, 10), "rejected", due="2016-06-12")
    found = corrections([first, other], NOON)
    assert [(each.package, each.overdue) for each in found] == [
        (other.package, True), (first.package, False),
    ]  # fmt: skip
    assert corrections([first, other, submission(DAY, sequence=2)], NOON)[0].package == (
        other.package
    )


def test_a_submitter_sees_its_own_and_nothing_else(world: World) -> None:
    control = world.desk.control
    control.record_submission(submission(DAY))
    control.record_submission(submission(DAY, submitter=OTHER))
    browser = world.signed_in("bank")
    for page in ("/submitter", f"/submitter?code={OTHER}"):
        text = browser.get(page).text
        assert f"{SUBMITTER}-20160613-00000001" in text and f"{OTHER}-2016" not in text
    for part in ("receipts", "rejected"):
        answer = browser.get(f"/submitter/{part}/{OTHER}-20160613-00000001")
        assert answer.status_code == 403
        assert browser.get(f"/submitter/{part}/nonsense").status_code == 404
    assert browser.get(f"/submitter/receipts/{SUBMITTER}-20160613-00000001").status_code == 200
    province = world.signed_in("province")
    assert OTHER in province.get(f"/submitter?code={OTHER}").text


def test_rejected_rows_are_handed_over_only_as_they_were_written(world: World) -> None:
    held = submission(DAY, "partially_accepted")
    path = world.home.outbox / SUBMITTER / f"{held.package}.rejected.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("line,rule\n2,R\n", "utf-8")
    held.rejected_sha256 = file_hash(path)
    world.desk.control.record_submission(held)
    browser = world.signed_in("bank")
    answer = browser.get(f"/submitter/rejected/{held.package}")
    assert answer.text == "line,rule\n2,R\n"
    assert answer.headers["content-disposition"].startswith("attachment;")
    path.write_text("line,rule\n3,R\n", "utf-8")
    assert browser.get(f"/submitter/rejected/{held.package}").status_code == 404


def package(place: Path, name: str | None = None) -> tuple[str, bytes]:
    folder = write_template(place, [], DAY)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for file in sorted(folder.iterdir()):
            packed.write(file, file.name)
    return name or f"{folder.name}.zip", buffer.getvalue()


def test_a_package_is_sent_and_its_receipt_is_there(world: World, tmp_path: Path) -> None:
    browser = world.signed_in("bank")
    browser.get("/submitter")
    name, content = package(tmp_path)
    code = name.partition("-")[0]
    answer = browser.post("/submitter/packages", files={"file": (name, content)})
    if code != SUBMITTER:
        assert answer.status_code == 422
        with world.desk.control.session() as session:
            accounts.named(session, "bank").submitter = code
        browser = world.signed_in("bank")
        browser.get("/submitter")
        answer = browser.post("/submitter/packages", files={"file": (name, content)})
    assert answer.status_code == 303
    stem = name.removesuffix(".zip")
    assert "接收" in browser.get(f"/submitter/receipts/{stem}").text
    assert not list(world.home.working.glob("upload-*"))
    for bad in ("x.zip", "../../x.zip", f"{OTHER}-20160613-00000001.zip", f"{stem}.exe"):
        browser.get("/submitter")
        refused = browser.post("/submitter/packages", files={"file": (bad, content)})
        assert refused.status_code == 422, bad


def test_operations_show_runs_stages_and_what_moved_between_two_runs(world: World) -> None:
    control = world.desk.control
    other = outcome(run_key(DAY, "b"), finding("P5", 900_000_00), finding("P1"))
    second = publish(world.home, other, SETTINGS.score).path
    for name in ("20160613-aaaaaaaaaaaaaaaa.duckdb", second.name):
        run = control.start_run("k", DAY, NOON, {"absent_submitters": [OTHER]})
        stages = {"stages": {"load": {"seconds": 1.5, "peak_mb": 200}}}
        control.finish_run(run.run_id, NOON, name, stages)
    failed = control.start_run("k", DAY, NOON, {})
    control.fail_run(failed.run_id, NOON, "disk full")
    browser = world.signed_in("admin")
    page = browser.get("/operations").text
    for part in ("装载 1.5, 200", "disk full", OTHER):
        assert part in page
    page = browser.get("/operations/difference?first=1&second=2").text
    moves = re.findall(r"<tr><td>(\w+)</td><td[^>]*>(\S+)</td><td[^>]*>(\S+)</td><td>([^<]+)", page)
    assert moves == [
        ("P1", "1", "2", "孤立森林分值"), ("P5", "2", "1", "金额增加"),
    ]  # fmt: skip
    assert browser.get("/operations/difference?first=1&second=99").status_code == 404
