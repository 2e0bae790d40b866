"""Every role, every route, every suspect and package: nothing of another's shows anywhere."""

import io
import json
import re
from collections import Counter
from itertools import product
from urllib.parse import quote

import pytest
from desk_world import DAY, NOON, PEOPLE, SETTINGS, Browser, World, finding, outcome, run_key
from openpyxl import load_workbook

from data.control import Submission
from data.desk_tables import CaseAttachment, CaseLink, CaseNote
from data.home import Home
from pipelines.publish import publish
from review.pages import PAGES
from review.policy import Action
from review.routing import OPEN, declared

OTHER = "91320100MA1MYRYL3U"
PACKAGE = f"{OTHER}-20160613-00000001"
# What only those may see to whom a suspect, or a package, belongs.
SECRETS = {
    "P1": ("南京恒信", "P1-in", "P1-out", "note on P1", "file of P1.pdf", "tip-of-P1"),
    "P5": ("徐州顺中", "P5-in", "P5-out", "note on P5", "file of P5.pdf", "tip-of-P5"),
    PACKAGE: ("row of the other bank",),
}
SEES = {
    "admin": {PACKAGE}, "province": {"P1", "P5", PACKAGE}, "second": {"P1", "P5", PACKAGE},
    "bank-office": {"P1", "P5"}, "nanjing": {"P1"}, "xuzhou": {"P5"}, "xuanwu": {"P1"},
    "reader": {"P1", "P5"}, "bank": set(),
}  # fmt: skip
QUERIES = {
    "/queue": ("", *(f"scope={scope}&text={text}&columns=suspect.why.amount.assignee.status"
                     for scope, text in product(("mine", "all", "others"),
                                                ("", "恒信", "顺中", "P1", "P5", "资金池"))),
               "scope=others&amount=1", "scope=others&assignee=second", "scope=others&page=2"),
    "/suspects/{party}/evidence": ("finding=0", "finding=0&between=P2>P1", "first=1"),
    "/suspects/{party}/graph": ("", "finding=0"),
    "/suspects/{party}/look-through": ("", "convention=prorata"),
    "/submitter": ("", f"code={OTHER}"),
}  # fmt: skip
HIDDEN_FORM = re.compile(r'<input type="hidden" name="back"[^>]*>|name="text"[^>]*>')


@pytest.fixture
def world(home: Home) -> World:
    world = World(home)
    key = run_key(DAY, "b")
    publish(
        home,
        outcome(key, finding("P1", accomplices=()), finding("P5", 50_000_00, accomplices=())),
        SETTINGS.score,
    )
    (home.published / "current").write_text(f"20160613-{'b' * 16}.duckdb\n", "ascii")
    with world.desk.control.session() as session:
        for party in ("P1", "P5"):
            kept = {"party_id": party, "user_name": "second", "at": NOON}
            session.add(CaseNote(text=f"note on {party}", **kept))
            session.add(CaseLink(kind="tip", other=f"tip-of-{party}", **kept))
            session.add(
                CaseAttachment(
                    name=f"file of {party}.pdf", media_type="application/pdf", size_bytes=1,
                    sha256=party, **kept,
                )
            )  # fmt: skip
        example = {"line": 2, "column": "amount", "value": "row of the other bank", "message": "m",
                   "fix": "f"}  # fmt: skip
        row = {"rule": "r", "table": "entry", "file": None, "count": 1, "examples": [example]}
        said = {"tables": [], "correction_due": "2016-06-20", "findings": [row]}
        session.add(
            Submission(
                package=PACKAGE, submitter=OTHER, business_date=DAY, sequence=1, sha256="x",
                status="rejected", received_at=NOON, tables="", rejected_sha256="",
                receipt=json.dumps(said),
            )
        )  # fmt: skip
    return world


def addresses(method: str, path: str) -> list[str]:
    """A route's addresses: of every suspect, form, attachment, package and query."""
    values = {
        "party": ("P1", "P2", "P3", "P5", "P9"), "other": ("P1", "P5"), "attachment_id": ("1", "2"),
        "form": ("xlsx", "json"), "package": (PACKAGE,), "name": ("nobody",), "change": ("reset",),
        "verdict_id": ("1",), "view_id": ("1",),
    }  # fmt: skip
    names = re.findall(r"\{(\w+)", path)
    found = []
    for chosen in product(*(values[name] for name in names)):
        place = path
        for name, value in zip(names, chosen, strict=True):
            place = re.sub(rf"\{{{name}(:\w+)?\}}", value, place)
        queries = QUERIES.get(path, ("",)) if method == "GET" else ("",)
        found += [f"{place}?{quote(query, safe='=&.')}" for query in queries]
    return found


def shown(browser: Browser, method: str, address: str) -> str:
    """Everything that an answer says, headers and cells of a workbook included."""
    answer = browser.get(address) if method == "GET" else browser.post(address, note="x")
    said = HIDDEN_FORM.sub("", answer.text) + json.dumps(dict(answer.headers))
    if answer.status_code == 200 and ".xlsx" in address:
        book = load_workbook(io.BytesIO(answer.content))
        said += "\n".join(str(c.value) for sheet in book for row in sheet.iter_rows() for c in row)
    return said


def crawl(world: World) -> tuple[Counter[str], dict[str, set[str]], list[tuple[str, str, str]]]:
    """Ask for everything as every role: how often, what each saw, and what leaked."""
    routes = [
        (next(iter(route.methods or ())), route.path, action) for route, action in declared(PAGES)
    ]
    tried, saw, leaks = Counter[str](), {name: set[str]() for name in SEES}, []
    for name, *_ in PEOPLE:
        browser = world.signed_in(name)
        for method, path, action in routes:
            # Accounts are changed, and log-ins ended, in tests of their own.
            if action in (OPEN, Action.SIGN_IN, Action.OWN_ACCOUNT, Action.MANAGE_ACCOUNTS):
                continue
            for address in addresses(method, path):
                said = shown(browser, method, address)
                tried[name] += 1
                for thing, secrets in SECRETS.items():
                    if any(secret in said for secret in secrets):
                        saw[name].add(thing)
                        if thing not in SEES[name]:
                            leaks.append((name, method, address))
    return tried, saw, leaks


def test_no_role_sees_anything_of_anothers_by_any_route(world: World) -> None:
    tried, saw, leaks = crawl(world)
    assert leaks == []
    # It is no empty proof: everyone saw all that is theirs.
    assert saw == SEES
    assert len(set(tried.values())) == 1 and tried["nanjing"] > 100
