"""Gathers the records of every stage, in the order a clip passes them, for Django to find.

Where a foreign key is the first column of a constraint or an index of its table, ``db_index=False``
spares the second index: every row written costs one less.
"""

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.jobs.models import Flag, Job
from datasets_app.labels.models import AnnotatorReliability, Label, TruthFit
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import Closure, Edge, Ontology, SoundClass
from datasets_app.people.models import Annotator, User
from datasets_app.releases.models import Release
from datasets_app.splits.models import (
    Split,
    SplitAssignment,
    Vocabulary,
    VocabularyClass,
    VocabularyMerge,
)
from datasets_app.votes.models import Vote, VoteRevision

__all__ = [
    "Annotator",
    "AnnotatorReliability",
    "AuditEvent",
    "Clip",
    "Closure",
    "Collection",
    "Edge",
    "Flag",
    "Job",
    "Label",
    "Nomination",
    "Ontology",
    "Release",
    "SoundClass",
    "Split",
    "SplitAssignment",
    "TruthFit",
    "Uploader",
    "User",
    "Vocabulary",
    "VocabularyClass",
    "VocabularyMerge",
    "Vote",
    "VoteRevision",
]
