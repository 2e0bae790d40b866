"""Pictures of the desk's pages as they are now, for the documentation, or of all to look at.

    python -m benchmarks.desk_pictures HOME FOLDER [--all]

HOME is one that `make run` made, whose results are copied. Without `--all` it takes what the
documentation shows; with it every page that has no form of its own, in both languages, light and
dark, wide and narrow.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.desk import log_ins, served
from data.home import Home
from data.settings import load_settings
from pipelines.publish import POINTER, find_run
from review.rendering import LANGUAGE, THEME
from review.results import open_result
from review.tokens import COOKIE

# Name of the picture, page, what of it is shown: an element, or all that is in sight.
SHOWN = (
    ("queue", "/queue?scope=all", None),
    ("suspect", "/suspects/{party}", None),
    ("money", "/suspects/{party}", "#graph"),
    ("look-through", "/suspects/{party}", "#look-through figure"),
)
ALL = ("/queue?scope=all", "/suspects/{party}", "/approvals", "/sample", "/precision",
       "/submitter", "/operations", "/account")  # fmt: skip
WIDE, NARROW, TALL = 1280, 400, 800


def main() -> None:
    """Take the pictures and print where each lies."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="every page, to be looked at")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).create()
        source = find_run(Home(chosen.home.absolute()))
        shutil.copy(source, home.published)
        (home.published / POINTER).write_text(source.name, "ascii")
        party = open_result(find_run(home)).listed[0]["party_id"]
        token = log_ins(home, load_settings(None), 1)[0]
        name = shutil.which("chromium") or shutil.which("chromium-browser")
        with served(home) as desk, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=name, args=["--no-sandbox"])
            for language in ("zh", "en"):
                if chosen.all:
                    look_at_all(browser, desk.address, token, language, party, chosen.folder)
                else:
                    document(browser, desk.address, token, language, party, chosen.folder)
            browser.close()


def document(
    browser: Browser, address: str, token: str, language: str, party: str, folder: Path
) -> None:
    """Take the documentation's pictures in one language."""
    for name, path, element in SHOWN:
        page = opened(browser, address, token, language, "light", WIDE)
        page.goto(address + path.format(party=party))
        page.wait_for_load_state("networkidle")
        target = folder / f"{name}.{language}.png"
        if element is None:
            page.screenshot(path=target)
        else:
            page.locator("#look-through").scroll_into_view_if_needed()
            page.wait_for_load_state("networkidle")
            page.locator(element).first.screenshot(path=target)
        print(target)
        page.context.close()


def look_at_all(
    browser: Browser, address: str, token: str, language: str, party: str, folder: Path
) -> None:
    """Take every page in one language, whole, in each theme and width."""
    for theme, width in (("light", WIDE), ("dark", WIDE), ("light", NARROW)):
        page = opened(browser, address, token, language, theme, width)
        for path in ALL:
            page.goto(address + path.format(party=party))
            page.wait_for_load_state("networkidle")
            name = path.partition("?")[0].strip("/").replace("/{party}", "")
            target = folder / f"{name}.{language}.{theme}.{width}.png"
            page.screenshot(path=target, full_page=True)
            print(target)
        page.context.close()


def opened(
    browser: Browser, address: str, token: str, language: str, theme: str, width: int
) -> Page:
    """A page of a browser that is signed in, in a language and a theme."""
    context = browser.new_context(viewport={"width": width, "height": TALL})
    context.add_cookies(
        [
            {"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/", "secure": True,
             "httpOnly": True, "sameSite": "Strict"},
            {"name": LANGUAGE, "value": language, "url": address},
            {"name": THEME, "value": theme, "url": address},
        ]
    )  # fmt: skip
    return context.new_page()


if __name__ == "__main__":
    main()
