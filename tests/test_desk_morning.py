"""An investigator's morning in a browser, from the log-in to the second person's approval and the
exported file, in Chinese and in English; no page has a barrier, none breaks its own policy."""

from pathlib import Path

import pytest
from desk_browser import desktop, require_browser
from desk_world import World
from openpyxl import load_workbook

from data.home import Home

WORDS = {
    "zh": {"waiting": "待复核", "refuted": "排除", "sheet": "证据", "said": "涉嫌资金池"},
    "en": {
        "waiting": "awaiting approval", "refuted": "refuted", "sheet": "evidence",
        "said": "is suspected of fund pool",
    },
}  # fmt: skip


@pytest.fixture
def world(home: Home) -> World:
    require_browser()
    return World(home)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_morning(world: World, language: str, tmp_path: Path) -> None:
    words = WORDS[language]
    with desktop(world, language) as person:
        page = person.page
        person.sign_in("nanjing")
        assert person.barriers() == []
        # Narrow the list, keep the view, open the first with the keyboard alone.
        page.select_option("[name=typology]", "fund_pool")
        page.press("[name=typology]", "Enter")
        page.click("main .filters button.main")
        page.wait_for_url("**typology=fund_pool**")
        page.click("h1")
        page.keyboard.press("?")
        assert page.is_visible("dialog#shortcuts")
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/suspects/P1")
        page.wait_for_load_state("networkidle")
        assert words["said"] in page.inner_text(".sentence")
        # The money: the graph is drawn, what is left out is said, steps can be undone.
        page.wait_for_selector("#graph[data-shown='2']")
        assert "+7" in page.inner_text("[data-graph-said]")
        page.click("[data-graph='0']")
        page.wait_for_selector("[data-undo]:not([disabled])")
        page.click("[data-undo]")
        assert page.is_enabled("[data-redo]")
        page.fill("[data-amount]", "100")
        # The evidence comes with its package, file and line.
        page.click("summary[hx-get*='evidence']")
        page.wait_for_selector(".evidence tbody tr >> nth=1")
        assert "entry.csv:2" in page.inner_text(".evidence")
        page.locator("#look-through").scroll_into_view_if_needed()
        page.wait_for_selector("#look-through svg")
        page.locator("#case").scroll_into_view_if_needed()
        assert person.barriers() == []
        # What was found out is noted, then it is refuted.
        page.fill("form[action$='/notes'] textarea", "约谈两次 <b>talked twice</b>")
        page.click("form[action$='/notes'] button")
        page.wait_for_load_state("networkidle")
        assert page.inner_text(".events .note") == "约谈两次 <b>talked twice</b>"
        page.keyboard.press("c")
        page.select_option("[name=verdict]", "refuted:innocent_pattern")
        page.fill("form[action$='/verdicts'] textarea", "rent of a market")
        page.click("form[action$='/verdicts'] button")
        page.wait_for_load_state("networkidle")
        assert page.inner_text("header .status") == words["waiting"]
        person.sign_out()
        # The second person looks, approves, and takes the file.
        person.sign_in("second")
        person.go("/approvals")
        assert person.barriers() == []
        page.click("article a")
        page.wait_for_url("**/suspects/P1")
        page.go_back()
        page.click("button[value=approved]")
        page.wait_for_load_state("networkidle")
        person.go("/suspects/P1")
        assert page.inner_text("header .status") == words["refuted"]
        with page.expect_download() as coming:
            page.click(".exports a >> nth=0")
        coming.value.save_as(tmp_path / "case.xlsx")
        assert load_workbook(tmp_path / "case.xlsx")[words["sheet"]].max_row == 3
        person.go("/precision")
        assert person.barriers() == []
        assert person.complaints == []


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("province", ("/queue?scope=all", "/suspects/P1", "/sample", "/account")),
        ("bank", ("/submitter",)),
        ("admin", ("/operations", "/accounts", "/audit")),
    ],
)
@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 400)])
def test_dark_and_narrow_pages_have_no_barriers(
    world: World, name: str, paths: tuple[str, ...], theme: str, width: int
) -> None:
    with desktop(world, "zh", theme, width) as person:
        person.sign_in(name)
        for path in paths:
            person.go(path)
            assert (path, person.barriers()) == (path, [])
            wide = person.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert (path, wide) == (path, 0)
        assert person.complaints == []
