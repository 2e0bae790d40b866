"""Every route against every role: what the policy does not grant is refused, nothing leaks."""

import re

import pytest
from desk_world import PEOPLE, World

from data.home import Home
from review.pages import PAGES
from review.policy import GRANTED, Action, Role, Territory, Viewer, sees, whom_to_ask, within
from review.routing import OPEN, Pages, declared

ROUTES = [
    (next(iter(route.methods or ())), route.path, action) for route, action in declared(PAGES)
]
# What routes name, filled with things that there are.
NAMED = {"party": "P1", "name": "nobody", "change": "reset", "form": "json"}


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def test_there_is_no_route_without_an_action() -> None:
    pages = Pages()
    pages.add_api_route("/forgotten", lambda: None)
    with pytest.raises(Exception, match="/forgotten declares no action"):
        declared([pages])
    opened = {(method, path) for method, path, action in ROUTES if action == OPEN}
    assert opened == {
        ("GET", "/login"), ("POST", "/login"), ("POST", "/preferences"), ("GET", "/healthz"),
    }  # fmt: skip


def test_every_route_refuses_every_role_that_is_not_granted_it(world: World) -> None:
    tried = 0
    for name, role, *_ in PEOPLE:
        browser = world.signed_in(name)
        for method, path, action in ROUTES:
            if action in (OPEN, Action.SIGN_IN, Action.OWN_ACCOUNT):
                continue
            place = re.sub(r"\{(\w+)(?::\w+)?\}", lambda m: NAMED.get(m[1], "1"), path)
            answer = browser.get(place) if method == "GET" else browser.post(place)
            granted = Role(role) in GRANTED[Action(action)]
            refused = answer.status_code == 403 and (
                "your role" in answer.text or "角色" in answer.text
            )
            assert refused != granted, (name, method, path, answer.status_code)
            tried += 1
    assert tried == len(PEOPLE) * sum(
        action not in (OPEN, Action.SIGN_IN, Action.OWN_ACCOUNT) for *_, action in ROUTES
    )


def test_without_a_log_in_everything_leads_to_it(world: World) -> None:
    browser = world.browser()
    for method, path, action in ROUTES:
        if action != OPEN:
            place = re.sub(r"\{(\w+)(?::\w+)?\}", lambda m: NAMED.get(m[1], "1"), path)
            answer = browser.client.request(method, place)
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/login")


def test_a_suspect_of_another_territory_shows_nothing_but_whom_to_ask(world: World) -> None:
    browser = world.signed_in("xuzhou")
    for _, path, action in ROUTES:
        if "{party}" in path and Role.CITY in GRANTED[Action(action)]:
            place = path.replace("{party}", "P1")
            place = re.sub(r"\{\w+(?::\w+)?\}", "1", place)
            for answer in (browser.get(place), browser.post(place)):
                if answer.status_code == 405:
                    continue
                assert answer.status_code in (403, 404, 422), place
                for secret in ("恒信", "二(一)1", "资金池", "123,456"):
                    assert secret not in answer.text, place
    page = browser.get("/suspects/P1").text
    assert "南京市专项整治办" in page and "江苏银监局" in page


def test_the_queue_masks_what_lies_outside_the_territory(world: World) -> None:
    browser = world.signed_in("xuzhou")
    own = browser.get("/queue").text
    assert "徐州顺中" in own and "恒信" not in own
    others = browser.get("/queue?scope=others").text
    assert "恒信" not in others and "徐州顺中" not in others and "P1" not in others
    assert 'class="masked"' in others and "南京市专项整治办" in others
    # A search must not tell by its hits whom the names belong to.
    assert 'class="masked"' not in browser.get("/queue?scope=others&text=恒信").text


def viewer(role: Role, division: str = "", office: str = "") -> Viewer:
    return Viewer(1, "x", "x", role, division, office)


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (viewer(Role.PROVINCE), True),
        (viewer(Role.CITY, "320100"), True),
        (viewer(Role.CITY, "320300"), False),
        (viewer(Role.COUNTY, "320102"), True),
        (viewer(Role.COUNTY, "320104"), False),
        (viewer(Role.COUNTY, ""), False),
        (viewer(Role.OFFICE, "", "YJ"), True),
        (viewer(Role.OFFICE, "", "PBC"), False),
        (viewer(Role.OFFICE), False),
        (viewer(Role.READ_ONLY), True),
        (viewer(Role.READ_ONLY, "320300"), False),
        (viewer(Role.READ_ONLY, "", "PBC"), False),
        (viewer(Role.ADMINISTRATOR), False),
        (viewer(Role.SUBMITTER), False),
    ],
)
def test_territory_by_division_and_field(who: Viewer, seen: bool) -> None:
    assert sees(who, Territory("320102", frozenset({"JR", "YJ"}))) is seen


def test_what_is_shared_is_seen() -> None:
    place = Territory("320102", frozenset(), frozenset({"320300"}), frozenset({"PBC"}))
    assert sees(viewer(Role.CITY, "320300"), place)
    assert sees(viewer(Role.OFFICE, "", "PBC"), place)
    assert not sees(viewer(Role.CITY, "320500"), place)


def test_a_city_covers_its_counties_and_a_county_itself() -> None:
    assert within("320102", "320100") and within("320100", "320100")
    assert not within("320100", "320102") and not within("", "320100")
    assert not within("320102", "")


def test_whom_to_ask_is_never_nobody() -> None:
    assert whom_to_ask(Territory("", frozenset()), True) == "省领导小组办公室"
    assert whom_to_ask(Territory("320102", frozenset({"PBC"})), False) == (
        "the rectification office of Nanjing, central bank, Nanjing branch"
    )
