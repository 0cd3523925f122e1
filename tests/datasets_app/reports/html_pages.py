"""Reads what a report would show, do and fetch."""

import html.parser
import json
import re


class Page(html.parser.HTMLParser):
    """The parts of a page that could act or fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = None

    def handle_data(self, data):
        if self._inside not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def figures_of(text: str) -> dict:
    return json.loads(re.search(r'<script id="figures"[^>]*>(.*?)</script>', text, re.S)[1])


def check_asks_for_nothing(page: Page) -> None:
    """No element or attribute that could fetch or run something from elsewhere."""
    for tag, attributes in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form")
        assert not {"src", "srcset", "href", "action"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
