"""Cases: notes and names shown as text, files that are what they say, links, sharing, handing
over, the next one, bulk assignment."""

import re

import pytest
from desk_world import Browser, World
from httpx import Response

from data.home import Home
from review.attachments import plain_name

PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def attach(browser: Browser, name: str, content: bytes) -> Response:
    browser.get("/suspects/P1")
    return browser.post("/suspects/P1/attachments", files={"file": (name, content)})


def test_scripts_in_names_remarks_and_notes_are_shown_as_text(world: World) -> None:
    browser = world.signed_in("province")
    browser.get("/suspects/P2")
    browser.post("/suspects/P2/notes", note="<img src=x onerror=alert(1)>")
    pages = "".join(
        browser.get(path).text
        for path in ("/suspects/P2", "/queue?scope=all", "/suspects/P1/evidence?finding=0",
                     "/suspects/P1/graph", "/suspects/P1")
    )  # fmt: skip
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages
    assert "&lt;img src=x" in pages
    assert "<script>alert" not in pages and "<img" not in pages
    assert not re.search(r"<[^>&]*\s(on\w+|style)=|javascript:", pages)
    graph = browser.get("/suspects/P1/graph")
    assert graph.headers["content-type"] == "application/json"
    assert graph.headers["x-content-type-options"] == "nosniff"


def test_a_file_comes_back_as_it_was_and_only_as_a_download(world: World) -> None:
    browser = world.signed_in("nanjing")
    assert attach(browser, "约谈 记录.pdf", PDF).status_code == 303
    assert "约谈 记录.pdf" in browser.get("/suspects/P1").text
    answer = browser.get("/suspects/P1/attachments/1")
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] == "application/octet-stream"
    # Through another suspect's address it is not there, and not for another territory.
    assert world.signed_in("province").get("/suspects/P5/attachments/1").status_code == 404
    assert world.signed_in("xuzhou").get("/suspects/P1/attachments/1").status_code == 403


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("drawing.svg", b"<svg onload='alert(1)'/>"),
        ("fake.pdf", b"<script>alert(1)</script>"),
        ("text.txt", b"a\0b"),
        ("empty.pdf", b""),
        ("....", b"x"),
    ],
)
def test_files_of_other_kinds_are_refused(world: World, name: str, content: bytes) -> None:
    browser = world.signed_in("nanjing")
    assert attach(browser, name, content).status_code == 422
    assert not list((world.home.path / "attachments").glob("*"))


def test_a_file_that_is_too_large_is_refused_before_it_is_read(world: World) -> None:
    browser = world.signed_in("nanjing")
    assert attach(browser, "large.pdf", PDF + bytes(20_300_000)).status_code == 413
    browser.client.headers["content-length"] = "x"
    assert browser.post("/suspects/P1/notes", note="x").status_code in (400, 411)


def test_no_name_leads_out_of_the_folder(world: World) -> None:
    assert plain_name("../../etc/passwd") == "passwd"
    assert plain_name("C:\\Users\\x\\a.pdf") == "a.pdf"
    browser = world.signed_in("nanjing")
    assert attach(browser, "../../../evil.pdf", PDF).status_code == 303
    [kept] = (world.home.path / "attachments").iterdir()
    assert re.fullmatch(r"[0-9a-f]{64}", kept.name)
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py",
                 "/submitter/rejected/..%2f..%2fcontrol.sqlite"):  # fmt: skip
        assert browser.client.get(path).status_code in (403, 404)


def test_an_attachment_that_was_changed_is_not_given_back(world: World) -> None:
    browser = world.signed_in("nanjing")
    attach(browser, "a.pdf", PDF)
    [kept] = (world.home.path / "attachments").iterdir()
    kept.write_bytes(PDF + b"x")
    answer = browser.get("/suspects/P1/attachments/1")
    assert answer.status_code == 503 and b"%PDF" not in answer.content


def test_links_lead_only_to_what_the_viewer_sees(world: World) -> None:
    browser = world.signed_in("nanjing")
    browser.get("/suspects/P1")
    assert browser.post("/suspects/P1/links", kind="tip", other="T7").status_code == 303
    assert browser.post("/suspects/P1/links", kind="suspect", other="P2").status_code == 303
    assert browser.post("/suspects/P1/links", kind="suspect", other="P5").status_code == 403
    assert browser.post("/suspects/P1/links", kind="suspect", other="nobody").status_code == 404
    assert browser.post("/suspects/P1/links", kind="tip", other="<b>").status_code == 422
    page = browser.get("/suspects/P1").text
    assert "T7" in page and "徐州" not in page.split('id="case"')[1].split("共享与移交")[0]


@pytest.mark.parametrize(
    ("fields", "reader"),
    [({"division": "320300", "office": ""}, "xuzhou"), ({"division": "", "office": "PBC"}, None)],
)
def test_a_case_is_opened_to_another_territory(
    world: World, fields: dict[str, str], reader: str | None
) -> None:
    owner = world.signed_in("nanjing")
    owner.get("/suspects/P1")
    both = {"division": "320300", "office": "PBC"}
    assert owner.post("/suspects/P1/shares", kind="shared", **both).status_code == 422
    assert owner.post("/suspects/P1/shares", kind="handed", **fields).status_code == 303
    if reader is not None:
        other = world.signed_in(reader)
        assert "南京恒信" in other.get("/suspects/P1").text
        assert "南京恒信" in other.get("/queue").text
        assert other.get("/suspects/P1/case.json").status_code == 200


def test_next_locks_one_for_each_person_and_passes_over_what_is_decided(world: World) -> None:
    first, second = world.signed_in("province"), world.signed_in("second")
    taken = []
    for browser in (first, second, first):
        browser.get("/queue")
        taken.append(browser.post("/queue/next", query="typology=fund_pool").headers["location"])
    # The one that was let go of is the best again.
    assert taken == ["/suspects/P1", "/suspects/P5", "/suspects/P1"]
    assert "正由他人核查：province" in second.get("/suspects/P1").text
    second.get("/queue")
    assert second.post("/queue/next", query="typology=reserve_misuse").status_code == 404


def test_many_are_assigned_at_once_or_none(world: World) -> None:
    browser = world.signed_in("province")
    browser.get("/queue")
    answer = browser.post("/queue/assign", party=["P1", "P5"], assignee="second", query="")
    assert answer.status_code == 303
    assert browser.get("/queue?scope=all&assignee=second").text.count("data-open") == 2
    assert "南京恒信" not in browser.get("/queue").text
    # Not to one who works on no cases, nor to one who would not see it.
    for name in ("bank", "reader", "xuzhou"):
        nobody = browser.post("/queue/assign", party=["P1"], assignee=name, query="")
        assert nobody.status_code == 422
    city = world.signed_in("xuzhou")
    city.get("/queue")
    mixed = city.post("/queue/assign", party=["P5", "P1"], assignee="", query="")
    assert mixed.status_code == 403
    assert browser.get("/queue?scope=all&assignee=second").text.count("data-open") == 2


def test_filters_views_and_columns_stand_in_the_address(world: World) -> None:
    browser = world.signed_in("province")

    def listed(query: str) -> list[str]:
        return re.findall(r'data-open="/suspects/(\w+)"', browser.get(f"/queue?{query}").text)

    assert listed("") == ["P1", "P5", "P2", "P3"]
    assert listed("city=320300") == ["P5"]
    assert listed("county=320102") == ["P1"]
    assert listed("amount=100000") == ["P1"]
    assert listed("typology=unexplained") == ["P3"]
    assert listed("text=恒信") == ["P1"]
    assert listed("office=PBC") == []
    assert listed("scope=nonsense&amount=x&page=-3&made=up") == ["P1", "P5", "P2", "P3"]
    browser.get("/queue?city=320300")
    assert browser.post("/queue/views", query="city=320300", name="徐州").status_code == 303
    assert 'href="/queue?city=320300">徐州</a>' in browser.get("/queue").text
    other = world.signed_in("second")
    assert "徐州</a>" not in other.get("/queue?city=320100").text.split("统计")[0]
    other.post("/queue/views/1/remove")
    assert 'href="/queue?city=320300">徐州</a>' in browser.get("/queue").text
    page = browser.get("/queue?columns=rank.office").text
    assert "c-office" in page and "c-why" not in page
