"""Cases over the borders of territories: shared, handed over, withdrawn, and what a finding on
another territory's suspect does not show."""

import io
import json
import re
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from desk_world import DAY, NOON, SETTINGS, Browser, World, finding, outcome, run_key
from openpyxl import load_workbook
from test_desk_decisions import decide

from data.control import Run
from data.home import Home
from pipelines.publish import publish
from review.policy import Role, Territory, Viewer, owns, whom_to_ask


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def share(browser: Browser, kind: str, division: str = "", office: str = "") -> int:
    browser.get("/account")
    answer = browser.post("/suspects/P1/shares", kind=kind, division=division, office=office)
    return answer.status_code


def note(browser: Browser) -> int:
    browser.get("/account")
    return browser.post("/suspects/P1/notes", note="看过").status_code


def test_who_was_shared_a_case_reads_and_notes_but_does_not_lead_it(world: World) -> None:
    owner, other = world.signed_in("nanjing"), world.signed_in("xuzhou")
    assert share(owner, "shared", "320300") == 303
    assert note(other) == 303
    page = other.get("/suspects/P1").text
    assert "南京恒信" in page and "/verdicts" not in page and "主办：南京市专项整治办" in page
    for path, fields in (
        ("/suspects/P1/shares", {"kind": "shared", "division": "320500"}),
        ("/suspects/P1/assignee", {"assignee": "xuzhou"}),
        ("/suspects/P1/verdicts", {"verdict": "confirmed:records", "run": "x", "version": "0"}),
        ("/queue/assign", {"party": "P1", "assignee": "xuzhou", "query": ""}),
    ):
        assert other.post(path, **fields).status_code == 403, path
    # "Next" passes over what cannot be decided here.
    taken = other.post("/queue/next", query="").headers["location"]
    assert taken == "/suspects/P5"


def test_who_is_handed_a_case_leads_it_and_can_hand_it_back(world: World) -> None:
    owner, other = world.signed_in("nanjing"), world.signed_in("xuzhou")
    owner.get("/account")
    owner.post("/suspects/P1/assignee", assignee="nanjing")
    assert share(owner, "handed", "320300") == 303
    # The giver still reads it, and no more.
    assert "主办：徐州市专项整治办" in owner.get("/suspects/P1").text
    assert share(owner, "withdrawn", "320300") == 403
    assert decide(other, "P1", "refuted:bad_data") == 303
    assert "南京恒信" in other.get("/approvals").text
    assert "南京恒信" not in owner.get("/approvals").text
    owner.get("/account")
    answer = owner.post("/verdicts/1/approval", outcome="approved", note="")
    assert answer.status_code == 403
    assert share(other, "handed", "320100") == 303
    assert share(other, "shared", "320100") == 403
    assert "主办" not in owner.get("/suspects/P1").text.split('id="case"')[1].split("<h3>")[0]


def test_a_case_that_came_over_is_new_until_the_next_visit(world: World) -> None:
    """The run is older than the visits, so that nothing else is new."""
    with world.desk.control.session() as session:
        session.add(
            Run(
                run_key="a", business_date=DAY, state="complete", started_at=NOON, message="",
                finished_at=NOON, published="20160613-aaaaaaaaaaaaaaaa.duckdb", details="{}",
            )
        )  # fmt: skip
    for _ in range(2):
        other = world.signed_in("xuzhou")
    assert listed(other, "since=visit") == []
    share(world.signed_in("nanjing"), "handed", "320300")
    assert listed(other, "since=visit") == ["P1"]
    assert listed(world.signed_in("xuzhou"), "since=visit") == ["P1"]
    assert listed(world.signed_in("xuzhou"), "since=visit") == []


def listed(browser: Browser, query: str) -> list[str]:
    return re.findall(r'data-open="/suspects/(\w+)"', browser.get(f"/queue?{query}").text)


def test_what_is_withdrawn_is_seen_no_more(world: World) -> None:
    owner, other = world.signed_in("nanjing"), world.signed_in("xuzhou")
    share(owner, "shared", "320300")
    assert other.get("/suspects/P1").status_code == 200
    assert share(owner, "withdrawn", "320300") == 303
    assert other.get("/suspects/P1").status_code == 403
    assert note(other) == 403
    for division, office in (("999999", ""), ("32010", ""), ("", "XX"), ("", "")):
        assert share(owner, "shared", division, office) == 422


@pytest.mark.parametrize(
    ("role", "division", "owner", "leads"),
    [
        (Role.CITY, "320100", None, True),
        (Role.CITY, "320100", ("320300", ""), False),
        (Role.CITY, "320300", ("320300", ""), True),
        (Role.COUNTY, "320302", ("320300", ""), False),
        (Role.CITY, "320300", None, False),
        (Role.CITY, "320100", ("", "PBC"), False),
        (Role.PROVINCE, "", ("320300", ""), True),
    ],
)
def test_the_last_hand_over_says_who_leads(
    role: Role, division: str, owner: tuple[str, str] | None, leads: bool
) -> None:
    territory = Territory("320102", frozenset({"JR"}), frozenset({"320300"}), owner=owner)
    assert owns(Viewer(1, "x", "x", role, division), territory) is leads


def test_whom_to_ask_is_who_leads_now() -> None:
    handed = Territory("320102", frozenset({"PBC"}), owner=("320300", ""))
    assert whom_to_ask(handed, True) == "徐州市专项整治办"


def test_a_finding_on_anothers_suspect_shows_only_what_concerns_ones_own(world: World) -> None:
    """P2 of Nanjing is named by a finding on P5 of Xuzhou, with a transfer that it took no part
    in."""
    key = run_key(name="b")
    found = finding(
        "P5", transfers=("P5-in", "P5-out", "P5-else"),
        accomplices=(("P2", "pool"), ("P3", "shell")),
    )  # fmt: skip
    held = outcome(key, finding("P1"), found)
    between_others = pl.col("transfer").replace("P5-in", "P5-else")
    foreign = held.transfers.filter(pl.col("transfer") == "P5-in").with_columns(
        between_others, purpose=pl.lit("他人之间"), payer_party_id=pl.lit("P3")
    )
    source = held.sources.filter(pl.col("transfer") == "P5-in").with_columns(between_others)
    publish(
        world.home,
        replace(
            held, transfers=held.transfers.vstack(foreign), sources=held.sources.vstack(source)
        ),
        SETTINGS.score,
    )
    (world.home.published / "current").write_text(f"20160613-{'b' * 16}.duckdb\n", "ascii")
    everything, part = world.signed_in("province"), world.signed_in("nanjing")
    number = [f["code"] + f["party_id"] for f in suspect(everything)["findings"]].index("P1P5")
    paths = (f"/suspects/P2/evidence?finding={number}", f"/suspects/P2/graph?finding={number}")
    # Who sees both cases has the whole finding; of the evidence, what this party took part in.
    [whole, cut] = [suspect(each)["findings"][number] for each in (everything, part)]
    assert (whole["transfers"], whole["withheld"]) == (["P5-in", "P5-out", "P5-else"], None)
    assert "P3" in everything.get(paths[1]).text
    assert cut["transfers"] == ["P5-in", "P5-out"]
    assert cut["accomplices"] == [{"party_id": "P2", "role": "pool"}]
    assert cut["withheld"] == {
        "transfers": 1,
        "ask": {
            "zh": "徐州市专项整治办、省金融办、江苏银监局",
            "en": whom_to_ask(Territory("320300", frozenset({"JR", "YJ"})), False),
        },
    }
    for path in (*paths, "/suspects/P2/case.json"):
        assert "P5-else" not in part.get(path).text and "他人之间" not in part.get(path).text
    assert '"P3"' not in part.get(paths[1]).text
    assert "与本方无关的 1 笔转账不在此显示" in part.get("/suspects/P2").text
    book = load_workbook(io.BytesIO(part.get("/suspects/P2/case.xlsx").content))
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any("P5-else" in cell for cell in cells)
    assert any("与本方无关的 1 笔转账不在本文件" in cell for cell in cells)
    # That the other is a suspect is not told by a mark in the graph either.
    marked = {node["id"] for node in part.get(paths[1]).json()["nodes"] if node["suspect"]}
    assert "P5" not in marked


def suspect(browser: Browser) -> dict[str, Any]:
    """What the case file for programs says of P2."""
    found: dict[str, Any] = json.loads(browser.get("/suspects/P2/case.json").content)["suspect"]
    return found
