"""How quickly the desk shows a large province, to one person and to twenty, and what it costs.

    python -m benchmarks.desk [HOME] [--people 20] [--pages 400] [--loads 15] [--seed 1]

The desk is served as `lookthrough serve` serves it, on a drawn run (`desk_province`), or on a copy
of what a home has published. For each kind of page: the server's seconds of processor, and what one
person waits. Then twenty people at once, each with a log-in of its own, page after page without a
pause. Then a headless Chromium with a cold cache: first paint, the whole suspect page with its
graph drawn, and bytes over the wire. Waiting depends on what else the machine does: its load is
printed beside it; seconds of processor do not.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, sync_playwright

from benchmarks.desk_province import large_province
from data.control import Control
from data.desk_tables import DeskUser
from data.home import Home
from data.settings import Settings, load_settings
from pipelines import night
from pipelines.publish import POINTER, find_run, publish
from review import sessions
from review.results import open_result
from review.tokens import COOKIE

TICK = os.sysconf("SC_CLK_TCK")
KINDS = {
    "queue": "/queue?scope=all&page={page}",
    "suspect": "/suspects/{party}",
    "graph": "/suspects/{party}/graph",
    "evidence": "/suspects/{party}/evidence",
    "look-through": "/suspects/{party}/look-through",
}
PAINTED = """() => performance.getEntriesByName('first-contentful-paint')[0].startTime"""
DRAWN = """() => new Promise((done) => {
  const graph = document.getElementById('graph');
  const look = () => graph.dataset.shown ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""


@dataclass(frozen=True)
class Served:
    """A desk that is served by a process of its own, and those that it begins."""

    address: str
    process: int

    def cpu_seconds(self) -> float:
        """Seconds of processor that it has taken."""
        spent = 0
        for process in self._processes():
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            spent += int(fields[11]) + int(fields[12])
        return spent / TICK

    def memory_mb(self) -> float:
        """Their memory; what several share counts once."""
        held = 0
        for process in self._processes():
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
            assert found is not None
            held += int(found[1])
        return held / 1024

    def _processes(self) -> list[int]:
        children = Path(f"/proc/{self.process}/task/{self.process}/children").read_text()
        return [self.process, *map(int, children.split())]


def main() -> None:
    """Draw the province, serve it, and print one line for each measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", nargs="?", type=Path, help="whose results; none draws a province")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--pages", type=int, default=400, help="pages that all people ask for")
    parser.add_argument("--loads", type=int, default=15, help="loads in the browser")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    settings, random = load_settings(None), Random(chosen.seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).create()
        if chosen.home is None:
            publish(home, large_province(settings, chosen.seed), settings.score)
        else:
            source = find_run(Home(chosen.home.absolute()))
            shutil.copy(source, home.published)
            (home.published / POINTER).write_text(source.name, "ascii")
        path = find_run(home)
        size, listed = path.stat().st_size, open_result(path).listed
        parties = [row["party_id"] for row in listed]
        charged = [row["party_id"] for row in listed if row["findings"]]
        tokens = log_ins(home, settings, chosen.people)
        print(f"{len(parties)} suspects, {len(charged)} with findings, file {size / 1e6:.0f} MB")
        with served(home) as desk:
            print(f"memory after the start {desk.memory_mb():.0f} MB")
            for kind in KINDS:
                asked = addresses(kind, charged, random, min(40, len(charged)))
                one_person(desk, kind, tokens[0], asked)
            many_people(desk, tokens, parties, random, chosen.pages)
            in_browser(desk, tokens[0], random.sample(charged, min(chosen.loads, len(charged))))
        print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def log_ins(home: Home, settings: Settings, count: int) -> list[str]:
    """Make accounts of the province, each signed in; their tokens."""
    tokens = []
    with Control(home) as control, control.session() as session:
        for number in range(count):
            user = DeskUser(
                name=f"person-{number}", full_name=f"person {number}", role="province",
                division="", office="", submitter="", password_hash="", must_change=False,
                totp_secret="none", active=True, created_at=night.now(),
            )  # fmt: skip
            session.add(user)
            session.flush()
            tokens.append(sessions.begin(session, night.now(), user, sessions.FULL))
    return tokens


@contextmanager
def served(home: Home) -> Iterator[Served]:
    """Serve a home on a free port until the end."""
    command = [sys.executable, "-m", "cli", "--home", str(home.path), "--lang", "en", "serve"]
    process = subprocess.Popen(
        [*command, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            found = re.search(r"http://[\d.]+:\d+", line)
            if found:
                break
        else:
            raise SystemExit("the desk did not start")
        yield Served(found[0], process.pid)
    finally:
        process.terminate()
        process.wait()


def addresses(kind: str, parties: Sequence[str], random: Random, count: int) -> list[str]:
    """Addresses of one kind, of suspects that nobody has looked at as yet."""
    chosen = random.sample(list(parties), count)
    return [KINDS[kind].format(party=p, page=1 + n % 20) for n, p in enumerate(chosen)]


def ask(connection: HTTPConnection, token: str, path: str) -> int:
    """Load one address; its bytes."""
    connection.request("GET", path, headers={"Cookie": f"{COOKIE}={token}"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}")
    return len(body)


def one_person(desk: Served, kind: str, token: str, paths: Sequence[str]) -> None:
    """Print what one kind of page costs, and how long one person waits for it."""
    connection = HTTPConnection(urlsplit(desk.address).netloc)
    ask(connection, token, paths[0])
    waited, sizes, before = [], [], desk.cpu_seconds()
    for path in paths[1:]:
        begun = perf_counter()
        sizes.append(ask(connection, token, path))
        waited.append((perf_counter() - begun) * 1000)
    cpu_ms = (desk.cpu_seconds() - before) / len(waited) * 1000
    print(f"{kind}: {cpu_ms:.1f} ms of processor, {said(waited)}, {median(sizes) / 1000:.0f} kB")


def many_people(
    desk: Served, tokens: Sequence[str], parties: Sequence[str], random: Random, pages: int
) -> None:
    """Print how many pages a second all people get, and what each of them costs in memory.

    Of three pages one is the queue, two are suspects, with the graph that the page then asks for,
    which does not count as a page.
    """
    waited: list[float] = []
    each = -(-pages // len(tokens))

    def work(token: str, chosen: Random) -> None:
        connection = HTTPConnection(urlsplit(desk.address).netloc)
        for place in range(each):
            kind = "suspect" if place % 3 else "queue"
            party = chosen.choice(parties)
            begun = perf_counter()
            ask(connection, token, KINDS[kind].format(party=party, page=1 + place % 20))
            waited.append((perf_counter() - begun) * 1000)
            if kind == "suspect":
                ask(connection, token, KINDS["graph"].format(party=party))

    before, memory, begun = desk.cpu_seconds(), desk.memory_mb(), perf_counter()
    people = [threading.Thread(target=work, args=(t, Random(random.random()))) for t in tokens]
    for person in people:
        person.start()
    for person in people:
        person.join()
    seconds, cpu = perf_counter() - begun, desk.cpu_seconds() - before
    grown = (desk.memory_mb() - memory) / len(tokens)
    print(
        f"{len(tokens)} people at once: {len(waited) / seconds:.1f} pages a second, "
        f"{said(waited)}; {cpu / len(waited) * 1000:.1f} ms of processor a page; "
        f"memory {desk.memory_mb():.0f} MB, {grown:.1f} MB a person"
    )


def in_browser(desk: Served, token: str, parties: Sequence[str]) -> None:
    """Print first paint, the whole page and the bytes of suspects, each in a cold cache."""
    name = shutil.which("chromium") or shutil.which("chromium-browser")
    painted, whole, sizes = [], [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=name, args=["--no-sandbox"])
        for party in parties:
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies(
                [{"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/",
                  "secure": True, "httpOnly": True, "sameSite": "Strict"}]
            )  # fmt: skip
            paint, drawn, size = load(context, f"{desk.address}/suspects/{party}")
            painted.append(paint)
            whole.append(drawn)
            sizes.append(size)
            context.close()
        browser.close()
    print(f"first paint, cold cache: {said(painted)}")
    print(f"whole suspect page with its graph, cold cache: {said(whole)}")
    print(f"over the wire, cold cache: {median(sizes) / 1000:.0f} kB")


def load(context: BrowserContext, address: str) -> tuple[float, float, int]:
    """Load a page; milliseconds to the first paint and to the drawn graph, and bytes received."""
    page = context.new_page()
    received = []
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(address)
    drawn = float(page.evaluate(DRAWN))
    paint = float(page.evaluate(PAINTED))
    page.wait_for_load_state("networkidle")
    return paint, drawn, int(sum(received))


def said(milliseconds: Sequence[float]) -> str:
    """Median and 95th percentile of milliseconds."""
    high = quantiles(milliseconds, n=20)[-1] if len(milliseconds) > 1 else milliseconds[0]
    return f"median {median(milliseconds):.0f} ms, 95th percentile {high:.0f} ms"


if __name__ == "__main__":
    main()
