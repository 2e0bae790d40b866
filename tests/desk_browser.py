"""A headless Chromium on a desk that is served on the loopback, with what it complained of."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
import pytest
import uvicorn
from desk_world import NOON, PASSWORD, SECRET, SETTINGS, World
from playwright.sync_api import BrowserContext, Page, sync_playwright

from review.app import LIBRARIES, create_app
from review.assets import STATIC
from review.second_factor import SHANGHAI

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STARTED_SECONDS = 30


def missing() -> str | None:
    """What a browser test lacks here; None where nothing is missing."""
    if not any(shutil.which(name) for name in BROWSERS):
        return "no Chromium"
    if not AXE.exists() or not all((STATIC / "vendor" / name).exists() for name in LIBRARIES):
        return "no libraries for the browser; make install brings them"
    return None


def require_browser() -> None:
    """Skip where a browser test cannot run; where everything is checked, that is a failure."""
    lacking = missing()
    if lacking is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(lacking)


@contextmanager
def served(world: World) -> Iterator[str]:
    """Serve a world's desk on a free port of the loopback; gives its address."""
    app = create_app(world.home, SETTINGS, now=lambda: world.at)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(STARTED_SECONDS)
        listening.close()


@dataclass
class Desktop:
    """One person's browser at the desk."""

    world: World
    address: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Load a page, and wait until all that it asks for has come."""
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")

    def sign_in(self, name: str) -> None:
        """Sign in with password and code."""
        self.world.at = NOON.replace(minute=self.world.at.minute + 1)
        self.go("/login")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        at = int(self.world.at.replace(tzinfo=SHANGHAI).timestamp())
        self.page.fill("[name=code]", pyotp.TOTP(SECRET).at(at))
        self.page.press("[name=code]", "Enter")
        self.page.wait_for_load_state("networkidle")
        assert "/login" not in self.page.url

    def sign_out(self) -> None:
        """Leave."""
        self.page.click("form[action='/logout'] button")
        self.page.wait_for_url(f"{self.address}/login")

    def barriers(self) -> list[dict[str, Any]]:
        """What axe finds on the page against WCAG 2.2 A and AA: rule, and where."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',"
            " 'best-practice']}).then((r) => r.violations.map((v) => ({rule: v.id, nodes:"
            " v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + ' ' +"
            " (n.any.length ? n.any[0].message : ''))})))"
        )
        listed: list[dict[str, Any]] = found
        return listed


@contextmanager
def desktop(
    world: World, language: str, theme: str = "light", width: int = 1280
) -> Iterator[Desktop]:
    """Open a browser in a language and a theme."""
    name = next(found for each in BROWSERS if (found := shutil.which(each)))
    with served(world) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=name, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width, "height": 900}, accept_downloads=True
        )
        context.set_default_timeout(60_000)
        context.add_cookies(
            [
                {"name": f"lookthrough-{kind}", "value": value, "url": address}
                for kind, value in (("language", language), ("theme", theme))
            ]
        )
        page = context.new_page()
        person = Desktop(world, address, context, page)
        page.on("console", lambda m: person.complaints.append(m.text) if m.type == "error" else 0)
        page.on("pageerror", lambda error: person.complaints.append(str(error)))
        yield person
        browser.close()
