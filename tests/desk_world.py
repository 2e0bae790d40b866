"""A desk to test: a small published run, accounts of every role, and a browser without a screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pyotp
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from data.control import Control
from data.desk_tables import DeskUser
from data.home import Home
from data.settings import load_settings
from detectors.finding import CannotConclude, Finding, Lookalike, Measure
from pipelines.evidence_sources import COLUMNS as SOURCES
from pipelines.forest import Reason
from pipelines.outcome import Outcome
from pipelines.publish import publish
from pipelines.rank import rank
from pipelines.run_key import RunKey
from pipelines.surroundings import COLUMNS as AROUND
from review import passwords
from review.app import create_app
from review.desk import Desk
from review.second_factor import SHANGHAI, Sealer

SETTINGS = load_settings(None)
DAY = date(2016, 6, 13)
NOON = datetime(2016, 6, 14, 12)
ORIGIN = "http://testserver"
PASSWORD = "correct horse battery staple"
KEPT = passwords.keep(PASSWORD)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SUBMITTER = "91320000796544598E"

NANJING, XUZHOU = "P1", "P5"
# Account, role, division, office, submitter: every role, and two cities.
PEOPLE = (
    ("admin", "administrator", "", "", ""),
    ("province", "province", "", "", ""),
    ("second", "province", "", "", ""),
    ("bank-office", "office", "", "YJ", ""),
    ("nanjing", "city", "320100", "", ""),
    ("xuzhou", "city", "320300", "", ""),
    ("xuanwu", "county", "320102", "", ""),
    ("reader", "read_only", "", "", ""),
    ("bank", "submitter", "", "", SUBMITTER),
)


def finding(party: str, amount_fen: int = 123_456_00, **changes: Any) -> Finding:
    """A finding on a party, with one transfer from P2 and one back."""
    held: dict[str, Any] = {
        "typology": "fund_pool", "code": "P1", "clause": "二(一)1", "party_id": party,
        "institution_id": None, "severity": 5, "confidence": 0.9, "amount_fen": amount_fen,
        "first_at": datetime(2016, 6, 1, 9), "last_at": datetime(2016, 6, 13, 12),
        "transfers": (f"{party}-in", f"{party}-out"),
        "measures": {"payers": Measure(60, 50, "persons")},
        "lookalikes": (
            Lookalike("rents", True, "不是房租", "no rents"),
            Lookalike("shop", False, "可能是商户", "it may be a shop"),
        ),
        "not_established": ("未证实", "not established"), "text": ("资金池", "a pool"),
        "lead_office": "JR+YJ", "accomplices": (("P2", "pool"),),
    }  # fmt: skip
    return Finding(**{**held, **changes})


def run_key(day: date = DAY, name: str = "a") -> RunKey:
    path = f"entry/date={day}/{SUBMITTER}-00000001.parquet"
    return RunKey(name * 64, day, ((path, "00"),), "settings", "code", "model")


def outcome(key: RunKey, *findings: Finding, **changes: Any) -> Outcome:
    """What a run found: the given findings, by default one in Nanjing and one in Xuzhou."""
    found = findings or (finding(NANJING), finding(XUZHOU, 50_000_00))
    scores = {"P1": 0.6, "P2": 0.5, "P3": 0.7, "P5": 0.55}
    ranking = tuple(rank(found, scores, SETTINGS.score))
    rows = [
        (f"{f.party_id}-{way}", f.first_at if way == "in" else f.last_at, f.amount_fen // 2, "book",
         "=HYPERLINK(1)", "104", "2" if way == "in" else "1", "P2" if way == "in" else f.party_id,
         "104", "1" if way == "in" else "2", f.party_id if way == "in" else "P2")
        for f in found for way in ("in", "out")
    ]  # fmt: skip
    names = ["transfer", "booked_at", "amount_fen", "channel", "purpose", "payer_bank_no",
             "payer_account_no", "payer_party_id", "payee_bank_no", "payee_account_no",
             "payee_party_id"]  # fmt: skip
    held: dict[str, Any] = {
        "key": key, "seed": 1, "ranking": ranking, "listed": ranking,
        "strata": {p: "all" for p in scores}, "forests": (("all", 4, 10, 1),),
        "reasons": {"P3": [Reason("payers", 0.5, 60.0, 0.99)]},
        "cannot_conclude": (
            CannotConclude("self_financing", "P1", None, ("loan",), ("无标的", "no loans")),
        ),
        "parties": pl.DataFrame(
            {
                "party_id": ["P1", "P2", "P3", "P5"],
                "kind": ["organisation", "person", "person", "organisation"],
                "name": ["南京恒信", "<script>alert(1)</script>", None, "=徐州顺中"],
                "division": ["320102", "320100", None, "320300"],
            }
        ),
        "licences": {},
        "transfers": pl.DataFrame(rows, schema=names, orient="row"),
        "words": {"payers": ("付款方数", "payers", "parties")},
        "surroundings": surroundings(found),
        "sources": pl.DataFrame(
            [
                (transfer, "payer_entry", f"{SUBMITTER}-20160613-00000001", "entry.csv", line)
                for line, (transfer, *_) in enumerate(sorted(rows), start=2)
            ],
            schema=dict(SOURCES), orient="row",
        ),
    }  # fmt: skip
    return Outcome(**{**held, **changes})


def surroundings(found: Sequence[Finding]) -> dict[str, pl.DataFrame]:
    """The flows, days and ties of the subjects, as their findings' transfers say."""
    week = date(2016, 6, 6)
    flows, days, ties = [], [], []
    for f in found:
        half = f.amount_fen // 2
        flows += [(f.party_id, way, "P2", week, 1, half) for way in ("in", "out")]
        days += [(f.party_id, date(2016, 6, 1), half, 0), (f.party_id, DAY, 0, half)]
        ties.append((f.party_id, 1, "P3", f.party_id, "shareholder", 0.6, date(2015, 1, 1), None))
    rows: dict[str, list[Any]] = {
        "flow": flows, "flow_rest": [("P1", "in", 7, 9, 700_00)], "party_day": days, "tie": ties,
        "party_name": [("P2", "<b>王伟</b>", "person", "320100"), ("P3", "张三", "person", None)],
    }  # fmt: skip
    return {
        name: pl.DataFrame(rows[name], schema=dict(columns), orient="row")
        for name, columns in AROUND.items()
    }


@dataclass
class World:
    """A home with a published run, its accounts, and the desk over it; time stands still."""

    home: Home
    at: datetime = NOON
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        publish(self.home, outcome(run_key()), SETTINGS.score)
        sealer = Sealer(self.home)
        with Control(self.home) as control, control.session() as session:
            for name, role, division, office, submitter in PEOPLE:
                session.add(
                    DeskUser(
                        name=name, full_name=name, role=role, division=division, office=office,
                        submitter=submitter, password_hash=KEPT, must_change=False,
                        totp_secret=sealer.seal(SECRET), active=True, created_at=self.at,
                    )
                )  # fmt: skip
        self.app = create_app(self.home, SETTINGS, secure=False, now=lambda: self.at)

    @property
    def desk(self) -> Desk:
        held: Desk = self.app.state.desk
        return held

    def browser(self) -> Browser:
        """Someone who is not signed in."""
        return Browser(self)

    def signed_in(self, name: str) -> Browser:
        """Someone who is."""
        browser = self.browser()
        browser.sign_in(name)
        return browser


class Browser:
    """Sends what a browser sends: cookies, Sec-Fetch-Site, the form token of the page."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = TestClient(world.app, base_url=ORIGIN, follow_redirects=False)
        self.client.headers["sec-fetch-site"] = "same-origin"
        self.token = ""

    def get(self, path: str) -> Response:
        answer: Response = self.client.get(path)
        found = re.search(r'name="form_token" value="([^"]+)"', answer.text)
        if found:
            self.token = found[1]
        return answer

    def post(self, path: str, files: Any = None, **fields: Any) -> Response:
        data = {"form_token": self.token, **fields}
        answer: Response = self.client.post(path, data=data, files=files)
        return answer

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        # A code works once; each log-in of a test gets a step of its own.
        self.world.at += timedelta(seconds=60)
        answer = self.post("/login", name=name, password=password)
        assert answer.status_code == 303, answer.text
        self.get("/login/code")
        answer = self.post("/login/code", code=self.code())
        assert answer.status_code == 303, answer.text
        self.get("/account")

    def code(self) -> str:
        at = self.world.at.replace(tzinfo=SHANGHAI)
        return pyotp.TOTP(SECRET).at(int(at.timestamp()))
