"""What every page of the desk shares: stores, settings, clock, limits, templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request
from jinja2 import Environment

from data.control import Control
from data.home import Home
from data.settings import Settings
from review.audit_together import Together
from review.history import History
from review.limits import Counts, RateLimit, WrongTries
from review.results import Results
from review.second_factor import Sealer

Clock = Callable[[], datetime]


@dataclass
class Desk:
    """The desk of one home, in one process.

    `secure` says that pages are reached by https or on this machine; `counts` are shared by all
    processes of the desk.
    """

    home: Home
    settings: Settings
    control: Control
    results: Results
    sealer: Sealer
    templates: Environment
    now: Clock
    secure: bool
    counts: Counts
    history: History = field(init=False)
    audited: Together = field(init=False)
    log_ins: RateLimit = field(init=False)
    requests: RateLimit = field(init=False)
    wrong: WrongTries = field(init=False)

    def __post_init__(self) -> None:
        self.history = History(self.home)
        self.audited = Together(self.control)
        limits = self.settings.desk
        self.log_ins = RateLimit(self.counts, "log-ins", limits.log_ins_per_minute)
        self.wrong = WrongTries(self.counts, "wrong", limits.failed_logins, limits.lock_minutes)
        self.requests = RateLimit(self.counts, "requests", limits.requests_per_minute)


def desk_of(request: Request) -> Desk:
    """The desk that a request was sent to."""
    held: Desk = request.app.state.desk
    return held
