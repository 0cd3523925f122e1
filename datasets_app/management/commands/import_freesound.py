"""``import_freesound QUERY --collection NAME``: sounds of Freesound, taken in or withdrawn."""

from argparse import ArgumentParser
from typing import Any

from datasets_app.clips.models import Collection
from datasets_app.clips.services import open_collection
from datasets_app.importers.freesound import import_sounds
from datasets_app.importers.freesound_api import Freesound
from datasets_app.importers.freesound_refresh import withdraw_gone_sounds
from datasets_app.management.freesound_arguments import add_freesound_arguments, search_asked_for
from datasets_app.management.stage_command import ProgressBar, StageCommand, get_collection
from datasets_app.ontology.selectors import get_ontology


class Command(StageCommand):
    """Search Freesound and ingest what is found; or see which sounds are gone there."""

    help = "Take in what a search at Freesound finds, or with --refresh withdraw what is gone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what ``freesound_arguments`` lists."""
        add_freesound_arguments(parser)

    def run(self, *, collection: str, refresh: bool, **options: Any) -> None:
        """Do one or the other, with progress."""
        bar = ProgressBar("asking Freesound", "sound")
        api = Freesound(say=self.stderr.write)
        api.check_has_key()  # before a collection is made for it
        try:
            self.say((self._refresh if refresh else self._import)(collection, api, bar, options))
        finally:
            bar.close()

    def _import(self, name: str, api: Freesound, bar: ProgressBar, asked: dict[str, Any]) -> str:
        target = Collection.objects.filter(name=name).first()
        if target is None or asked["ontology"] is not None:
            target = open_collection(name=name, ontology=get_ontology(name=asked["ontology"]))
        found = import_sounds(
            collection=target,
            search=search_asked_for(asked),
            api=api,
            is_original=asked["originals"],
            limit=asked["limit"],
            on_progress=bar.show,
            on_untaken=self.say_no_worker("curation"),
        )
        for refusal in found.refusals:
            self.stderr.write(f"refused {refusal.clip_id}: {refusal.reason}")
        told = f"{found.n_added} of {found.n_found} sounds added, {found.n_known} known already"
        return f"{told}, {len(found.refusals)} refused."

    def _refresh(self, name: str, api: Freesound, bar: ProgressBar, asked: dict[str, Any]) -> str:
        found = withdraw_gone_sounds(
            collection=get_collection(name),
            api=api,
            are_many_allowed=asked["many"],
            on_progress=bar.show,
        )
        return f"{found.n_asked} sounds looked for, {len(found.gone)} clips withdrawn."
