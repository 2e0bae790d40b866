"""What the desk's pages cost on a home with results: CPU-seconds, bytes, and memory.

    python -m benchmarks.desk HOME [ROUNDS]

Times are CPU-seconds of the process, so that other work on the machine does not count; they hold
the browser's side of a request too. One account of a province is added to the home if it has none.
"""

from __future__ import annotations

import resource
import statistics
import sys
from pathlib import Path
from time import process_time

import pyotp
from fastapi.testclient import TestClient

from data.control import Control
from data.home import Home
from data.settings import load_settings
from pipelines.night import now
from review import accounts, passwords
from review.app import STATIC, create_app
from review.second_factor import Sealer, new_secret

NAME = "benchmark"
SUSPECTS = 40


def main(home: Home, rounds: int) -> None:
    """Measure each page `rounds` times, suspects each another one, and print a table."""
    client = _signed_in(home)
    desk = client.app.state.desk  # type: ignore[attr-defined]
    result = desk.results.current()
    parties = [row["party_id"] for row in result.listed[:SUSPECTS]]
    before = _peak_mb()
    print(f"run {result.run}, {len(result.listed)} suspects; {rounds} rounds")
    print(f"{'page':<28}{'median ms':>10}{'95 % ms':>10}{'kB':>8}")
    for name, path in (
        ("queue", "/queue"), ("queue, filtered", "/queue?city=320100&typology=self_financing"),
        ("suspect in full", "/suspects/{party}"), ("its graph", "/suspects/{party}/graph"),
        ("its look-through", "/suspects/{party}/look-through"),
        ("its evidence", "/suspects/{party}/evidence"),
    ):  # fmt: skip
        costs, size = [], 0
        for number in range(rounds):
            address = path.format(party=parties[number % len(parties)])
            begun = process_time()
            answer = client.get(address)
            costs.append((process_time() - begun) * 1000)
            assert answer.status_code in (200, 404), (address, answer.status_code)
            size = max(size, len(answer.content))
        costs.sort()
        high = costs[min(len(costs) - 1, int(len(costs) * 0.95))]
        print(f"{name:<28}{statistics.median(costs):>10.1f}{high:>10.1f}{size / 1000:>8.0f}")
    files = [path for path in STATIC.rglob("*") if path.suffix in (".js", ".css")]
    static = sum(path.stat().st_size for path in files) / 1000
    print(f"scripts and styles {static:.0f} kB; peak memory {before:.0f} → {_peak_mb():.0f} MB")


def _signed_in(home: Home) -> TestClient:
    secret, password = new_secret(), passwords.first_password()
    with Control(home) as control, control.session() as session:
        if accounts.find(session, NAME) is None:
            accounts.add(session, now(), NAME, NAME, "province")
        user = accounts.named(session, NAME)
        user.password_hash, user.must_change = passwords.keep(password), False
        user.totp_secret, user.totp_step, user.active = Sealer(home).seal(secret), 0, True
    client = TestClient(create_app(home, load_settings(None), secure=False), follow_redirects=False)
    client.headers["sec-fetch-site"] = "same-origin"
    client.post("/login", data={"name": NAME, "password": password})
    token = client.get("/login/code").text.partition('name="form_token" value="')[2].split('"')[0]
    code = pyotp.TOTP(secret).now()
    client.post("/login/code", data={"code": code, "form_token": token})
    assert client.get("/queue").status_code == 200
    return client


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(Home(Path(sys.argv[1]).absolute()), int(sys.argv[2]) if len(sys.argv) > 2 else 40)
