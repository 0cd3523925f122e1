"""README.md of a release with its plots: what it is, on one page that others can cite."""

from pathlib import Path

from datasets_app.releases.dataset_card import sections
from datasets_app.releases.dataset_card.facts import FACTS, card_facts
from datasets_app.releases.dataset_card.plots import PLOTS
from datasets_app.releases.layout import CARD
from datasets_app.releases.plan import ReleasePlan
from datasets_app.releases.tally import ReleaseTally
from datasets_app.releases.text_files import write_json

PLOTS_FOLDER = "card"


def write_card(
    folder: Path, plan: ReleasePlan, tally: ReleaseTally, rules: tuple[str, str]
) -> None:
    """Write the card, its plots and its numbers; ``rules`` say how votes and labels are settled.

    It reads what the release holds of its clips, so it comes after those files are whole.
    """
    facts = card_facts(folder, plan, tally)
    write_json(folder / FACTS, facts)
    (folder / PLOTS_FOLDER).mkdir()
    for name, draw in PLOTS.items():
        text = draw(facts).as_file()
        path = folder / PLOTS_FOLDER / f"{name}.svg"
        path.write_text(text, encoding="utf-8", newline="\n")
    parts = [
        sections.head(facts),
        sections.contents(facts),
        sections.labels(facts, rules),
        sections.splits(facts),
        sections.licenses(facts),
        sections.limits(facts),
        sections.citing(facts),
        sections.VERIFYING,
    ]
    (folder / CARD).write_text("\n\n".join(parts) + "\n", encoding="utf-8", newline="\n")
