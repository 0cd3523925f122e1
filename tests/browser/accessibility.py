"""What axe-core has to say of a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Return what axe-core finds on the page as it is, and whether it is wider than its screen."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    problems = [
        f"{violation['id']}: {node['target']} {node['html'][:120]}"
        for violation in found.response["violations"]
        for node in violation["nodes"][:3]
    ]
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return problems + ([f"wider than the screen: {width}"] if width[0] > width[1] + 1 else [])
