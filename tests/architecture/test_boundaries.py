"""What each part may bring into a process, looked at from inside a fresh one.

The import linter reads source; these tests see what really gets loaded, an ``__init__`` included.
"""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE_ONLY = {"django", "rest_framework", "annotator"}
LEARNING_ONLY = {"torch", "torchaudio"}


def domain_modules() -> list[str]:
    folder = ROOT / "datasets_app" / "domain"
    found = pkgutil.walk_packages([str(folder)], prefix="datasets_app.domain.")
    return [module.name for module in found if not module.ispkg]


def loaded_by(statement: str, *, depth: int = 1) -> set[str]:
    """Return the packages in a fresh interpreter after ``statement``, by the head of their name."""
    program = f"{statement}\nimport json, sys\nprint(json.dumps([m for m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = json.loads(done.stdout.splitlines()[-1])
    return {".".join(name.split(".")[:depth]) for name in names}


def test_there_are_rules_to_look_at():
    assert len(domain_modules()) > 8


def test_no_rule_loads_django_the_worker_or_torch():
    loaded = loaded_by("import " + ", ".join(domain_modules()))
    assert not loaded & (SITE_ONLY | LEARNING_ONLY | {"celery", "ml_worker"})


@pytest.mark.parametrize("module", domain_modules())
def test_each_rule_can_be_imported_alone(module: str):
    assert "datasets_app" in loaded_by(f"import {module}")


def test_the_contract_loads_only_the_standard_library():
    outside = {"numpy", "scipy", "celery", "django", "soundfile"} | LEARNING_ONLY
    shared = "import ml_worker.contract, ml_worker.log_lines, ml_worker.signs_of_life"
    assert not loaded_by(shared) & outside


def test_a_worker_loads_neither_django_nor_the_site():
    """Celery's JSON looks at ``django.utils`` where it is installed; no part of it may work."""
    loaded = loaded_by("import ml_worker.train, ml_worker.flag, ml_worker.celery_app", depth=2)
    assert not loaded & {"django.apps", "django.conf", "django.db", "rest_framework"}
    assert not loaded & {"annotator", "datasets_app"}


def test_a_curation_worker_loads_no_torch():
    assert not loaded_by("import ml_worker.celery_app, ml_worker.analysis") & LEARNING_ONLY


def test_the_sites_own_processes_load_no_torch():
    start = "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'annotator.settings.test'"
    pages = "import annotator.urls, datasets_app.management.commands.demo"
    loaded = loaded_by(f"{start}; django.setup(); {pages}")
    assert not loaded & LEARNING_ONLY
