"""On a phone no page is wider than its screen, and the graph's amount slider takes edges away."""

from collections.abc import Iterator

import pytest
from desk_browser import desktop, require_browser
from desk_world import World

from data.home import Home

PAGES = ("/queue?scope=all", "/suspects/P1", "/operations", "/precision", "/approvals", "/sample")
WIDTH = 390


@pytest.fixture(autouse=True)
def browser() -> Iterator[None]:
    require_browser()
    yield


def test_no_page_is_wider_than_a_phone(home: Home) -> None:
    with desktop(World(home), "en", width=WIDTH) as person:
        person.sign_in("province")
        for path in PAGES:
            person.go(path)
            width = person.page.evaluate("document.documentElement.scrollWidth")
            assert width <= WIDTH, f"{path}: {width}"
        person.go("/suspects/P1")
        said = person.page.inner_text("[data-graph-said]")
        assert "700 yuan" in said
        slide = (
            "const s = document.querySelector('[data-amount]'); s.value = 100;"
            "s.dispatchEvent(new Event('input'))"
        )
        before = int(person.page.get_attribute("#graph", "data-shown") or 0)
        person.page.evaluate(slide)
        # The largest edges stay at the end of the slider: both of P1's are as large.
        assert int(person.page.get_attribute("#graph", "data-shown") or 0) == before == 2
        assert "yuan" in person.page.inner_text("[data-amount-said]")
        assert person.complaints == []
