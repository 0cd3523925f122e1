"""A small hand for charts: SVG text that is the same, byte for byte, wherever it is drawn.

Colours are classes. In a file of its own a picture brings its style, light, dark and for print; in
a page the page's tokens give it (``annotator/css/release_card.css`` names the same classes).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

WIDE, NARROW = 720, 340
"""Widths in px that pictures are drawn for: a page, and a phone."""
LETTER_PX = 6.6
"""The mean width of a letter at 12 px, as far as names are cut by it."""

_STYLE = """\
.plot{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.plot text{fill:#16181d}.plot .soft{fill:#5a606c}
.plot .grid{stroke:#dcdde0}.plot .axis{stroke:#9aa0aa}
.plot .a{fill:#2f4fc4}.plot .b{fill:#e09a3e}.plot .c{fill:#8d94a1}.plot .band{stroke:#9fb0ea}
@media screen and (prefers-color-scheme:dark){
.plot text{fill:#eceef3}.plot .soft{fill:#9ba2b0}
.plot .grid{stroke:#2a2f3a}.plot .axis{stroke:#5a606c}
.plot .a{fill:#93acff}.plot .b{fill:#c87f2d}.plot .c{fill:#6a7180}.plot .band{stroke:#4a5fae}}
"""


@dataclass(slots=True)
class Picture:
    """Marks on a ground of its own size; ``title`` says in one sentence what is seen."""

    title: str
    width: int
    height: int
    marks: list[str] = field(default_factory=list)

    def text(
        self, x: float, y: float, content: str, *, anchor: str = "start", look: str = ""
    ) -> None:
        """Write one line; ``y`` is its base line."""
        style = f' class="{look}"' if look else ""
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.marks.append(f'<text x="{px(x)}" y="{px(y)}"{side}{style}>{escape(content)}</text>')

    def bar(self, x: float, y: float, width: float, height: float, *, look: str, hint: str) -> None:
        """Draw a filled rectangle that says its number when pointed at; nothing if it is empty."""
        if width > 0 and height > 0:
            self.marks.append(
                f'<rect class="{look}" x="{px(x)}" y="{px(y)}" width="{px(width)}" '
                f'height="{px(height)}"><title>{escape(hint)}</title></rect>'
            )

    def dot(self, x: float, y: float, radius: float, *, look: str, hint: str) -> None:
        """Draw a dot that says its number when pointed at."""
        self.marks.append(
            f'<circle class="{look}" cx="{px(x)}" cy="{px(y)}" r="{px(radius)}">'
            f"<title>{escape(hint)}</title></circle>"
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, look: str, width: float = 1
    ) -> None:
        """Draw a straight line."""
        thick = "" if width == 1 else f' stroke-width="{px(width)}" stroke-linecap="round"'
        self.marks.append(
            f'<line class="{look}" x1="{px(x1)}" y1="{px(y1)}" x2="{px(x2)}" y2="{px(y2)}"{thick}/>'
        )

    def legend(self, entries: Sequence[tuple[str, str]], *, x: float, y: float) -> None:
        """Name the colours in one line, (look, name) each."""
        for look, name in entries:
            self.marks.append(
                f'<rect class="{look}" x="{px(x)}" y="{px(y - 9)}" width="10" height="10" rx="2"/>'
            )
            self.text(x + 16, y, name, look="soft")
            x += 16 + len(name) * LETTER_PX + 18

    def inline(self) -> str:
        """Return the picture for a page, which gives it its colours."""
        return (
            f'<svg class="plot" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img" aria-label="{escape(self.title)}">'
            f"{''.join(self.marks)}</svg>"
        )

    def as_file(self) -> str:
        """Return the picture as a file of its own, with its colours."""
        marks = "\n".join(self.marks)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" width="{self.width}" '
            f'height="{self.height}" viewBox="0 0 {self.width} {self.height}" role="img">\n'
            f"<title>{escape(self.title)}</title>\n<style>{_STYLE}</style>\n{marks}\n</svg>\n"
        )


def px(value: float) -> str:
    """Return a length with at most one decimal, without trailing zeros.

    >>> px(3.0), px(2.25), px(0.04)
    ('3', '2.2', '0')
    """
    return f"{value:.1f}".rstrip("0").rstrip(".")


def short(name: str, room_px: float) -> str:
    """Return a name cut to the letters that fit.

    >>> short("Accelerating and revving", 80)
    'Accelerati…'
    """
    most = max(3, int(room_px / LETTER_PX))
    return name if len(name) <= most else name[: most - 2].rstrip(" ,_") + "…"


def round_ticks(largest: float, n: int = 5) -> list[float]:
    """Return at most ``n`` + 1 round numbers from 0 that reach no further than ``largest``.

    >>> round_ticks(47), round_ticks(3), round_ticks(0)
    ([0, 10, 20, 30, 40], [0, 1, 2, 3], [0])
    """
    steps = (k * 10**power for power in range(10) for k in (1, 2, 5))
    step = next(s for s in steps if s * n >= largest)
    return [step * i for i in range(int(largest // step) + 1)]
