"""How the desk is served: answers without delay, nothing reported outside, guards on every answer,
the published file read before anybody asks."""

from __future__ import annotations

import socket
from typing import get_type_hints

from desk_world import World
from fastapi.telemetry import TelemetryConfig
from fastapi.testclient import TestClient

from commands.desk import _listen
from data.home import Home
from review.app import NO_TELEMETRY
from review.headers import HEADERS


def test_what_is_accepted_names_tcp_so_that_answers_are_not_held_back() -> None:
    with (
        _listen("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.proto == socket.IPPROTO_TCP


def test_every_switch_of_telemetry_is_off() -> None:
    switches = {name for name, kind in get_type_hints(TelemetryConfig).items() if kind is bool}
    assert set(NO_TELEMETRY) == switches
    assert not any(NO_TELEMETRY[name] for name in switches)  # type: ignore[literal-required]


def test_the_published_file_is_read_before_the_first_request(home: Home) -> None:
    world = World(home)
    results = world.app.state.desk.results
    assert results._held is None
    with TestClient(world.app):
        assert results._held is not None


def test_an_unexpected_error_is_answered_with_every_guard(home: Home) -> None:
    world = World(home)

    def fails() -> None:
        raise RuntimeError("nobody foresaw this")

    world.app.add_api_route("/fails", fails)
    with TestClient(world.app) as browser:
        answer = browser.get("/fails")
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"
