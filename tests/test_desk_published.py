"""The published file goes, is damaged, or is switched while the desk is read."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from desk_world import DAY, NOON, SETTINGS, World, finding, outcome, run_key

from data.control import Control, Run
from data.home import Home
from pipelines.publish import publish

PAGES = ("/queue", "/suspects/P1", "/suspects/P1/evidence?finding=0", "/suspects/P1/graph",
         "/suspects/P1/look-through", "/suspects/P1/history")  # fmt: skip
EXPORTS = ("/suspects/P1/case.xlsx", "/suspects/P1/case.json")


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def damage(path: object) -> None:
    """Overwrite the middle of a file in place."""
    with open(str(path), "r+b") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(size // 4)
        file.write(bytes(size // 2))


def test_pages_stay_and_exports_are_refused_once_the_file_is_gone(world: World) -> None:
    browser = world.signed_in("nanjing")
    assert browser.get("/queue").status_code == 200
    [path] = world.home.published.glob("*.duckdb")
    path.unlink()
    for page in PAGES:
        assert browser.get(page).status_code in (200, 404, 503), page
    assert "南京恒信" in browser.get("/queue").text and "较早的结果" in browser.get("/queue").text
    # A case file is stamped with the hash of its file: without the file there is none.
    for page in EXPORTS:
        answer = browser.get(page)
        assert answer.status_code == 409 and "content-disposition" not in answer.headers


@pytest.mark.parametrize(
    "pointer", [b"", b"\xff\xfe", b"../../../etc/passwd\n", b"nothing.duckdb\n", b"\0", b"a" * 5000]
)
def test_a_pointer_that_names_nothing_fit_keeps_the_earlier_result(
    world: World, pointer: bytes
) -> None:
    browser = world.signed_in("nanjing")
    browser.get("/queue")
    (world.home.published / "current").write_bytes(pointer)
    page = browser.get("/queue")
    assert page.status_code == 200
    assert "南京恒信" in page.text and "较早的结果" in page.text


def test_a_desk_that_begins_on_a_damaged_file_says_so(home: Home) -> None:
    world = World(home)
    [path] = home.published.glob("*.duckdb")
    damage(path)
    page = world.signed_in("nanjing").get("/queue")
    assert page.status_code == 200 and "南京恒信" not in page.text
    assert "不是发布时的内容" in page.text or "is not what was published" in page.text


def test_an_earlier_run_that_is_damaged_leaves_the_rest_of_the_history(world: World) -> None:
    [path] = world.home.published.glob("*.duckdb")
    older = world.home.published / "20160610-dddddddddddddddd.duckdb"
    older.write_bytes(b"no database")
    with Control(world.home) as control, control.session() as session:
        for day, name in ((DAY, path.name), (DAY.replace(day=10), older.name)):
            session.add(
                Run(
                    run_key=name, business_date=day, state="complete", started_at=NOON,
                    finished_at=NOON, published=name, details="{}", message="",
                )
            )  # fmt: skip
    answer = world.signed_in("nanjing").get("/suspects/P1/history")
    assert answer.status_code == 200
    assert "20160613-aaaaaaaaaaaaaaaa" in answer.text
    assert answer.text.count("文件无法读取") == 1


def test_readers_see_one_run_or_the_other_while_it_is_switched(world: World) -> None:
    current = world.home.published / "current"
    names = []
    for letter, fen in (("b", 200_000_00), ("c", 300_000_00)):
        key = run_key(DAY, letter)
        names.append(
            publish(world.home, outcome(key, finding("P1", fen)), SETTINGS.score).path.name
        )
    browsers = [world.signed_in("nanjing"), world.signed_in("province")]
    amounts = {"61,728.00", "100,000.00", "150,000.00"}

    def read(number: int) -> set[str]:
        if number % 3 == 0:
            draft = current.with_name(f".draft{number}")
            draft.write_text(names[number % 2] + "\n", "ascii")
            draft.replace(current)
        answer = browsers[number % 2].get("/suspects/P1/evidence?finding=0")
        assert answer.status_code == 200
        return {amount for amount in amounts if amount in answer.text}

    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(read, range(24)))
    assert all(len(each) == 1 for each in seen)
