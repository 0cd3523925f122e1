"""One annotator in a process of its own: ``python annotator_process.py COLLECTION MID NAME``.

Works until nothing is left and prints how many answers were taken; anything refused ends it with an
error, since nobody may be given what is not wanted.
"""

import os
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings.base")


def main(collection_name: str, mid: str, name: str) -> int:
    """Answer page after page."""
    import django

    django.setup()
    from datasets_app.clips.models import Collection
    from datasets_app.domain.votes.answers import Answer
    from datasets_app.labels.answering import take_answer
    from datasets_app.labels.pages import open_page
    from datasets_app.people.models import Annotator
    from datasets_app.votes.services import GivenVote

    collection = Collection.objects.get(name=collection_name)
    sound_class = collection.ontology.classes.get(mid=mid)
    annotator = Annotator.objects.get(source=collection_name, name=name)
    n_taken = 0
    while page := open_page(collection=collection, sound_class=sound_class, annotator=annotator):
        for item in page.items:
            if not item.answer:
                take_answer(
                    collection=collection,
                    annotator=annotator,
                    nomination=item.nomination.uuid,
                    given=GivenVote(answer=Answer.PP, idempotency_key=uuid.uuid4()),
                )
                n_taken += 1
    return n_taken


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
