"""Each catalogue says every sentence of the site once, whole, and with the same blanks to fill."""

import os
import re
import shutil
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command

from annotator.catalogues import catalogues, is_compiled
from annotator.curation.stages import Health
from annotator.spoken_values import JOB_KINDS, JOB_STATES, PARTS, REACHED_BY, ROLES, STAGE_HEALTH
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.domain.labels.decision import ReachedBy
from datasets_app.people.models import User
from datasets_app.splits.models import SplitAssignment
from ml_worker.contract import JobKind
from tests.annotator.languages.sources import sentences

BLANK = re.compile(r"%\(\w+\)[sd]|%%|\{[\w:.,]*\}|</?(?:a|code|em|kbd|span|strong)\b[^>]*>")
TRANSLATED = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


@pytest.fixture(params=TRANSLATED)
def catalogue(request) -> polib.POFile:
    (folder,) = settings.LOCALE_PATHS
    return polib.pofile(str(folder / request.param / "LC_MESSAGES" / "django.po"))


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_language_offered_has_one():
    assert [po.parent.parent.name for po in catalogues()] == sorted(TRANSLATED)


def test_it_says_what_the_site_says_and_nothing_else(catalogue):
    said = sentences()
    known = {(entry.msgid, entry.msgid_plural or None) for entry in catalogue}
    missing = {said[sentence]: sentence for sentence in said.keys() - known}
    assert not missing, "put them into annotator/locale, by makemessages or by hand"
    assert not known - said.keys(), "nothing says these any more: take them out of annotator/locale"


def test_nothing_is_left_open(catalogue):
    assert [entry.msgid for entry in catalogue if not all(texts(entry))] == []
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete] == []


def test_a_plural_has_every_form_of_its_language(catalogue):
    n_forms = int(re.search(r"nplurals=(\d+)", catalogue.metadata["Plural-Forms"])[1])
    plurals = [entry for entry in catalogue if entry.msgid_plural]
    assert all(sorted(entry.msgstr_plural) == list(range(n_forms)) for entry in plurals)


def test_the_blanks_and_the_markup_are_those_of_the_source(catalogue):
    for entry in catalogue:
        forms = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
        wanted = {tuple(sorted(BLANK.findall(form))) for form in forms}
        found = {tuple(sorted(BLANK.findall(text))) for text in texts(entry)}
        assert found <= wanted, entry.msgid


def test_the_space_around_a_sentence_is_kept(catalogue):
    for entry in catalogue:
        for text in texts(entry):
            assert (text[0] == " ", text[-1] == " ") == (
                entry.msgid[0] == " ",
                entry.msgid[-1] == " ",
            ), entry.msgid


@pytest.mark.parametrize(
    ("spoken", "values"),
    [
        (JOB_STATES, JobState),
        (JOB_KINDS, JobKind),
        (REACHED_BY, ReachedBy),
        (PARTS, SplitAssignment.Part),
        (ROLES, User.Role),
    ],
)
def test_every_stored_value_that_pages_say_is_in_it(spoken, values):
    assert set(spoken) == {value.value for value in values}


def test_how_a_stage_stands_is_in_it():
    assert set(STAGE_HEALTH) == {value.value for value in Health}


@pytest.fixture
def own_catalogues(settings, tmp_path: Path) -> Path:
    """A copy that was never compiled; returns the Spanish source."""
    (folder,) = settings.LOCALE_PATHS
    shutil.copytree(folder, tmp_path / "locale", ignore=shutil.ignore_patterns("*.mo"))
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    return tmp_path / "locale" / "es" / "LC_MESSAGES" / "django.po"


def test_the_site_does_not_start_with_what_was_never_compiled(own_catalogues, capsys):
    (problem,) = [found for found in run_checks() if found.id == "harken.E003"]
    assert problem.hint == "Run: python manage.py compile_translations"
    call_command("compile_translations")
    assert "es: " in capsys.readouterr().out
    assert polib.mofile(str(own_catalogues.with_suffix(".mo"))).find("Language").msgstr == "Idioma"
    assert not [found for found in run_checks() if found.id == "harken.E003"]


def test_what_changed_is_compiled_again_and_nothing_else(own_catalogues, capsys):
    call_command("compile_translations")
    capsys.readouterr()
    call_command("compile_translations")
    assert capsys.readouterr().out == ""
    changed_at = own_catalogues.with_suffix(".mo").stat().st_mtime_ns + 1
    os.utime(own_catalogues, ns=(changed_at, changed_at))
    assert not is_compiled(own_catalogues)
    call_command("compile_translations")
    assert "es: " in capsys.readouterr().out
