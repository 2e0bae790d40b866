"""Every page on homes that lack something: folders, a run, suspects, findings, transfers."""

import dataclasses
import re
import shutil
from collections.abc import Callable

import desk_world
import pytest
from desk_world import DAY, SUBMITTER, World, finding, outcome, run_key

from data.home import Home
from pipelines.outcome import Outcome
from pipelines.rank import rank
from review.pages import PAGES
from review.routing import declared

PATHS = sorted(
    {route.path for route, _ in declared(PAGES) if "GET" in route.methods} - {"/login", "/logout"}
)
ROLES = ("admin", "province", "reader", "bank")
NUMBER = re.compile(r"\{(\w+_id|number)(:\w+)?\}")


def without_folders(home: Home) -> None:
    """A home as it is before anything was sent or run."""
    for path in home.path.iterdir():
        if path.is_dir():
            shutil.rmtree(path)


def without_run(home: Home) -> None:
    """A home in which nothing is published."""
    shutil.rmtree(home.published)


def no_suspect(found: Outcome) -> Outcome:
    """A night that lists nobody."""
    return dataclasses.replace(no_transfers(found), ranking=(), listed=(), reasons={}, forests=())


def only_forest(found: Outcome) -> Outcome:
    """A night in which no rule names anybody."""
    ranking = tuple(rank([], {"P1": 0.9, "P3": 0.7}, desk_world.SETTINGS.score))
    return dataclasses.replace(no_transfers(found), ranking=ranking, listed=ranking)


def no_transfers(found: Outcome) -> Outcome:
    """A night whose suspects have neither transfers of evidence nor flows, days or ties."""
    around = {name: frame.head(0) for name, frame in found.surroundings.items()}
    return dataclasses.replace(
        found, transfers=found.transfers.head(0), sources=found.sources.head(0), surroundings=around
    )


def all_failed(world: World, parties: tuple[str, ...]) -> list[str]:
    """The addresses that answer somebody with an error of the server."""
    found = []
    for name in ROLES:
        browser = world.signed_in(name)
        for path in PATHS:
            for party in parties if "{party}" in path else parties[:1]:
                filled = NUMBER.sub("999999", path.replace("{party}", party))
                filled = filled.replace("{other}", "P2").replace(
                    "{package}", f"{SUBMITTER}-{DAY:%Y%m%d}-00000001"
                )
                address = re.sub(r"\{\w+(:\w+)?\}", "nothing", filled)
                status = browser.get(address).status_code
                if status >= 500:
                    found.append(f"{name} {address} {status}")
    return found


@pytest.mark.parametrize("wipe", [without_folders, without_run])
def test_no_page_fails_on_a_home_that_lacks_folders_or_a_run(
    home: Home, wipe: Callable[[Home], None]
) -> None:
    world = World(home)
    wipe(home)
    assert all_failed(world, ("P1",)) == []
    assert "还没有" in world.signed_in("province").get("/queue").text


@pytest.mark.parametrize("change", [no_suspect, only_forest, no_transfers])
def test_no_page_fails_on_a_run_that_lacks_suspects_findings_or_transfers(
    home: Home, monkeypatch: pytest.MonkeyPatch, change: Callable[[Outcome], Outcome]
) -> None:
    drawn = change(outcome(run_key(), finding("P1"), finding("P5", 50_000_00)))
    monkeypatch.setattr(desk_world, "outcome", lambda key: drawn)
    world = World(home)
    assert all_failed(world, ("P1", "P3", "NOBODY")) == []
    known = world.signed_in("province")
    assert known.get("/suspects/NOBODY").status_code == 404
    listed = {row.party_id for row in drawn.listed}
    for party in ("P1", "P3"):
        expected = 200 if party in listed else 404
        assert known.get(f"/suspects/{party}").status_code == expected


def test_on_a_first_visit_nothing_is_new_and_the_page_says_so(home: Home) -> None:
    world = World(home)
    first = world.signed_in("province")
    page = first.get("/queue?scope=all").text
    assert "<mark>" not in page and "data-first-visit" in page
    assert "data-open" in page and "data-open" not in first.get("/queue?since=visit").text
    # Nothing was published at the first visit, as far as the store knows: all of it came since.
    again = world.signed_in("province").get("/queue?scope=all").text
    assert "<mark>" in again and "data-first-visit" not in again


def test_a_case_takes_so_many_files_and_bytes_and_says_what_is_left(home: Home) -> None:
    world = World(home)
    limits = world.desk.settings.desk.model_copy(
        update={"max_case_attachments": 3, "max_case_bytes": 25}
    )
    world.desk.settings = world.desk.settings.model_copy(update={"desk": limits})
    browser = world.signed_in("nanjing")
    browser.get("/suspects/P1")

    def attach(content: bytes) -> tuple[int, str]:
        answer = browser.post(
            "/suspects/P1/attachments", files={"file": ("a.txt", content, "text/plain")}
        )
        return answer.status_code, answer.text

    assert attach(b"1234567890")[0] == 303 and attach(b"abcdefghij")[0] == 303
    status, text = attach(b"123456")
    assert status == 422 and "还可放 5 字节" in text
    assert len(list(world.home.attachments.iterdir())) == 2
    assert attach(b"12345")[0] == 303
    status, text = attach(b"")
    assert status == 422 and "已有 3 个附件，最多 3 个" in text
    # Another case has room of its own.
    other = world.signed_in("xuzhou")
    other.get("/suspects/P5")
    assert other.post(
        "/suspects/P5/attachments", files={"file": ("a.txt", b"x", "text/plain")}
    ).status_code == 303  # fmt: skip
