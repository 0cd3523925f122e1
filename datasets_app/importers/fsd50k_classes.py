"""What FSD50K publishes about its classes, for an ontology that does not say it yet."""

import html
import re
from pathlib import Path

from datasets_app.audit.services import record_event
from datasets_app.importers.tables import SourceError, checked_text, read_json_object
from datasets_app.ontology.models import Ontology, SoundClass
from datasets_app.people.models import User


def describe_classes(*, ontology: Ontology, path: Path, actor: User | None = None) -> int:
    """Give classes without an FAQ the one of ``class_info_FSD50K.json``; return how many got one.

    The published FAQs are fragments of HTML; only their text is kept.
    """
    classes = {c.mid: c for c in ontology.classes.filter(faq="")}
    changed = []
    for mid, told in read_json_object(path):
        if not isinstance(told, dict) or not isinstance(told.get("faq", ""), str):
            raise SourceError(f"{path}: the entry {mid[:64]!r} has no text as its faq.")
        if mid in classes and (faq := plain_faq(told.get("faq", ""))):
            classes[mid].faq = checked_text(faq, what="an FAQ")
            changed.append(classes[mid])
    SoundClass.objects.bulk_update(changed, ["faq"], batch_size=100)
    if changed:
        record_event(
            actor=actor, verb="describe_classes", record=ontology, after={"n_faqs": len(changed)}
        )
    return len(changed)


def plain_faq(fragment: str) -> str:
    """Return the text of a fragment of HTML, its paragraphs apart.

    Examples
    --------
    >>> print(plain_faq(' class="title"> <i class="x"></i> A bell?</div> <p>No &amp; yes.</p>'))
    A bell?
    <BLANKLINE>
    No & yes.
    """
    without_tags = re.sub(r"<[^<>]*>|\bclass=\"[a-z ]*\">", "\n", fragment)
    lines = (" ".join(line.split()) for line in html.unescape(without_tags).splitlines())
    return "\n\n".join(line for line in lines if line)
