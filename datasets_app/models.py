"""Gathers the records of every stage, in the order a clip passes them, for Django to find.

Where a foreign key is the first column of a constraint or an index of its table, ``db_index=False``
spares the second index: every row written costs one less.
"""

from datasets_app.api.models import KeptReply
from datasets_app.audit.models import AuditEvent
from datasets_app.challenges.models import (
    Challenge,
    ChallengeClip,
    Participation,
    Submission,
)
from datasets_app.clips.class_models import (
    ClassExample,
    ClassGoal,
    ExampleListening,
    Introduction,
)
from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.jobs.models import Flag, Job
from datasets_app.labels.adjudication.models import Adjudication, AdjudicationLease
from datasets_app.labels.models import AnnotatorReliability, Label, TruthFit
from datasets_app.labels.refinement.models import (
    Completeness,
    PriorLabel,
    RefinedLabel,
    RefinementChange,
    RefinementDifference,
    RefinementPass,
    RefinementSettings,
    SoundEvent,
)
from datasets_app.labels.steering.models import SteeringReport
from datasets_app.nominations.campaign_models import Campaign
from datasets_app.nominations.models import ClassWork, Nomination
from datasets_app.nominations.rule_models import MappingRating, RuleRevision
from datasets_app.ontology.models import Closure, Edge, Ontology, SoundClass
from datasets_app.people.limits import TryWindow
from datasets_app.people.models import Annotator, Invitation, User
from datasets_app.people.token_models import ApiToken
from datasets_app.releases.models import Release
from datasets_app.splits.models import (
    Split,
    SplitAssignment,
    Vocabulary,
    VocabularyClass,
    VocabularyMerge,
)
from datasets_app.votes.activity_models import AnswerDay, AnswerTally
from datasets_app.votes.models import ClipReport, Vote, VoteRevision
from datasets_app.votes.pages import Lease, Page, QueuePlace
from datasets_app.votes.verification import GoldAnswer, Trust, VerificationAnswer
from datasets_app.webhooks.models import (
    Webhook,
    WebhookAttempt,
    WebhookCursor,
    WebhookDelivery,
)

__all__ = [
    "Adjudication",
    "AdjudicationLease",
    "Annotator",
    "AnnotatorReliability",
    "AnswerDay",
    "AnswerTally",
    "ApiToken",
    "AuditEvent",
    "Campaign",
    "Challenge",
    "ChallengeClip",
    "ClassExample",
    "ClassGoal",
    "ClassWork",
    "Clip",
    "ClipReport",
    "Closure",
    "Collection",
    "Completeness",
    "Edge",
    "ExampleListening",
    "Flag",
    "GoldAnswer",
    "Introduction",
    "Invitation",
    "Job",
    "KeptReply",
    "Label",
    "Lease",
    "MappingRating",
    "Nomination",
    "Ontology",
    "Page",
    "Participation",
    "PriorLabel",
    "QueuePlace",
    "RefinedLabel",
    "RefinementChange",
    "RefinementDifference",
    "RefinementPass",
    "RefinementSettings",
    "Release",
    "RuleRevision",
    "SoundClass",
    "SoundEvent",
    "Split",
    "SplitAssignment",
    "SteeringReport",
    "Submission",
    "Trust",
    "TruthFit",
    "TryWindow",
    "Uploader",
    "User",
    "VerificationAnswer",
    "Vocabulary",
    "VocabularyClass",
    "VocabularyMerge",
    "Vote",
    "VoteRevision",
    "Webhook",
    "WebhookAttempt",
    "WebhookCursor",
    "WebhookDelivery",
]
