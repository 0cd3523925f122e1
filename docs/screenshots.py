"""Takes the pictures of the pages that people look at: light and dark, wide and phone.

    python docs/screenshots.py --address http://127.0.0.1:8000 --collection NAME --class MID \\
        --annotator NAME --curator NAME --password PASSWORD

The demo's site must be running (`make demo`); what is not given is the demo's. Pictures go to
``docs/screenshots/{page}-{light,dark}-{1440,390}.png``.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page, sync_playwright

OUT = Path(__file__).resolve().parent / "screenshots"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {1440: 900, 390: 844}
SETTLING_MS = 1500
HEARING_MS = 120_000


@dataclass(frozen=True, slots=True)
class Shot:
    """One page to look at: as whom (nobody for ""), where, and whether all of it."""

    name: str
    person: str
    path: str
    is_whole: bool = False


def shots(options: argparse.Namespace) -> list[Shot]:
    """Return the pages to take pictures of."""
    home = f"/collections/{quote(options.collection)}/"
    mid = quote(options.mid.removeprefix("/"))
    validation = f"{home}validate/{mid}"
    return [
        Shot("sign-in", "", "/sign-in/"),
        Shot("home", options.annotator, "/"),
        Shot("classes", options.annotator, f"{home}classes"),
        Shot("tree", options.annotator, f"{home}classes?view=tree"),
        Shot("class", options.annotator, f"{home}classes/{mid}", is_whole=True),
        Shot("recordings", options.annotator, f"{home}search"),
        Shot("campaigns", options.curator, f"{home}campaigns", is_whole=True),
        Shot("refinement", options.curator, f"{home}refine"),
        Shot("adjudication", options.curator, f"{home}adjudicate"),
        Shot("board", options.curator, f"{home}board", is_whole=True),
        Shot("mapping", options.curator, f"{home}mapping/{mid}"),
        Shot("verification", options.curator, f"{home}verification/{mid}"),
        Shot("reported", options.curator, f"{home}reported"),
        Shot("runs", options.curator, f"{home}runs", is_whole=True),
        Shot("releases", options.curator, f"{home}releases/"),
        Shot("release", options.curator, f"{home}releases/1.1/", is_whole=True),
        Shot("changes", options.curator, f"{home}releases/1.1/changes/1.0"),
        Shot("challenges", options.curator, f"{home}challenges"),
        Shot("webhooks", options.curator, f"{home}webhooks"),
        Shot("people", options.curator, "/people/"),
        Shot("me", options.annotator, "/me/", is_whole=True),
        Shot("validation", options.annotator, validation),
        Shot("collection", options.curator, home, is_whole=True),
    ]


def windows(browser: Browser, address: str) -> Iterator[tuple[str, Page]]:
    """Open a fresh window for each scheme and width; yields its suffix and page."""
    for scheme in ("light", "dark"):
        for width, height in SIZES.items():
            is_phone = width < 640
            context = browser.new_context(
                base_url=address,
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                has_touch=is_phone,
                is_mobile=is_phone,
                bypass_csp=True,  # the driver waits by having the page evaluate text
            )
            yield f"{scheme}-{width}", context.new_page()
            context.close()


def hear_examples(page: Page) -> None:
    """Play what is still to be heard of a class, one after the other, and go on to judging."""
    while page.locator("#gate .gate__sentence").count():
        waiting = page.locator(".example:not(.is-heard)")
        n_waiting = waiting.count()
        waiting.first.locator(".small-player__play").click()
        left = f"document.querySelectorAll('.example:not(.is-heard)').length < {n_waiting}"
        page.wait_for_function(left, timeout=HEARING_MS)
    page.click("#gate .gate__open")
    page.wait_for_load_state("networkidle")


def take(page: Page, shot: Shot, password: str, target: Path) -> None:
    """Sign in as whoever the page is for and take its picture."""
    page.context.clear_cookies()
    if shot.person:
        page.goto("/sign-in/")
        page.fill("[name=username]", shot.person)
        page.fill("[name=password]", password)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/")
        page.wait_for_load_state("networkidle")
    page.goto(shot.path)
    page.wait_for_load_state("networkidle")
    if shot.name == "validation" and "/validate/" not in page.url:
        hear_examples(page)
    if shot.name == "refinement":
        page.locator("main form button[type=submit]").first.click()  # takes a recording
        page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLING_MS)
    page.screenshot(path=target, full_page=shot.is_whole)
    print(target)


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--collection", default="bundled")
    parser.add_argument("--class", dest="mid", default="/m/07r4wb8", metavar="MID")
    parser.add_argument("--annotator", default="annotator")
    parser.add_argument("--curator", default="curator")
    parser.add_argument("--password", default="harken-demo")
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for suffix, page in windows(browser, options.address):
            for shot in shots(options):
                take(page, shot, options.password, OUT / f"{shot.name}-{suffix}.png")
        browser.close()


if __name__ == "__main__":
    main()
