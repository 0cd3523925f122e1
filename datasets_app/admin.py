"""Django's admin for the records: for looking things up, and for the few that are edited by hand.

Votes, labels, releases, jobs and the audit trail are shown and never edited here: their services
keep them consistent, and what was said or frozen stays so.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from datasets_app import models
from datasets_app.audit.services import record_event
from datasets_app.nominations.class_work import recount_class_work
from datasets_app.nominations.clip_states import refresh_askable

admin.site.site_header = "Harken: the records"
admin.site.site_title = "Harken"
admin.site.index_title = "Records by stage"


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows records; adding, changing and deleting are the services' work."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse; the records are shown read-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


class EditedAdmin(admin.ModelAdmin):
    """Shows records that people may edit by hand; each edit leaves an audit event."""

    show_full_result_count = False
    list_per_page = 50

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and write down what was there before and after."""
        super().save_model(request, obj, form, change)
        changed = form.changed_data
        record_event(
            actor=request.user,
            verb="edit_in_admin" if change else "add_in_admin",
            record=obj,
            before={name: str(form.initial.get(name)) for name in changed},
            after={name: str(form.cleaned_data[name]) for name in changed},
        )


@admin.register(models.User)
class UserRecordAdmin(UserAdmin):
    """People who sign in; their groups are their roles."""

    list_display = ("username", "email", "roles", "is_active", "last_login")
    readonly_fields = ("uuid",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Fetch the roles of a page of people at once."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="roles")
    def roles(self, user: models.User) -> str:
        """Name the roles of a person."""
        return ", ".join(sorted(group.name for group in user.groups.all()))


@admin.register(models.Annotator)
class AnnotatorAdmin(ReadOnlyAdmin):
    """Givers of answers."""

    list_display = ("name", "source", "user")
    list_filter = ("source",)
    list_select_related = ("user",)
    search_fields = ("name", "user__username")


@admin.register(models.AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what to which record."""

    list_display = ("at", "verb", "record_type", "record_id", "actor")
    list_filter = ("verb", "record_type")
    list_select_related = ("actor",)
    search_fields = ("record_id", "actor__username")
    date_hierarchy = "at"


@admin.register(models.Ontology)
class OntologyAdmin(ReadOnlyAdmin):
    """Loaded ontologies."""

    list_display = ("name", "loaded_at", "source_sha256")
    search_fields = ("name",)


@admin.register(models.SoundClass)
class SoundClassAdmin(EditedAdmin):
    """Classes; what annotators read of them may be sharpened here."""

    list_display = ("name", "mid", "ontology", "is_abstract", "is_omitted")
    list_filter = ("ontology", "is_abstract", "is_omitted")
    list_select_related = ("ontology",)
    search_fields = ("name", "mid")
    readonly_fields = ("ontology", "mid")


@admin.register(models.Edge)
class EdgeAdmin(ReadOnlyAdmin):
    """Children and parents, and whether labels go up."""

    list_display = ("child", "parent", "propagates")
    list_filter = ("propagates",)
    list_select_related = ("child", "parent")
    search_fields = ("child__name", "parent__name")


@admin.register(models.Collection)
class CollectionAdmin(EditedAdmin):
    """Bodies of clips."""

    list_display = ("name", "ontology", "shortest_s", "longest_s", "is_simulated", "created_at")
    list_select_related = ("ontology",)
    search_fields = ("name",)
    readonly_fields = ("uuid", "ontology", "is_simulated")


@admin.register(models.Uploader)
class UploaderAdmin(ReadOnlyAdmin):
    """Who published the recordings."""

    list_display = ("name", "collection")
    list_filter = ("collection",)
    list_select_related = ("collection",)
    search_fields = ("name",)


@admin.register(models.Clip)
class ClipAdmin(EditedAdmin):
    """Recordings; withdrawing one is done here."""

    list_display = ("external_id", "title", "uploader", "duration_s", "license", "state")
    list_filter = ("collection", "state", "license")
    list_select_related = ("uploader",)
    search_fields = ("external_id", "title", "uploader__name", "sha256")
    raw_id_fields = ("collection", "uploader")
    readonly_fields = (
        "uuid",
        "sha256",
        "suffix",
        "duration_s",
        "sample_rate_hz",
        "n_channels",
        "loudness_lufs",
        "added_at",
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save it, and have the queue and its counts follow."""
        super().save_model(request, obj, form, change)
        refresh_askable(clips=[obj.pk])
        recount_class_work(collection=obj.collection)


@admin.register(models.Nomination)
class NominationAdmin(ReadOnlyAdmin):
    """Classes proposed for clips."""

    list_display = ("clip", "sound_class", "origin", "priority", "created_at")
    list_filter = ("origin", "clip__collection")
    list_select_related = ("clip", "sound_class")
    search_fields = ("clip__external_id", "sound_class__name", "uuid")


class VoteRevisionInline(admin.TabularInline):
    """What the annotator answered before."""

    model = models.VoteRevision
    extra = 0
    can_delete = False
    readonly_fields = ("answer", "cast_at", "replaced_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: only a changed answer makes one."""
        return False


@admin.register(models.Vote)
class VoteAdmin(ReadOnlyAdmin):
    """People's answers, with those they replaced."""

    list_display = ("nomination", "annotator", "answer", "task", "is_trusted", "cast_at")
    list_filter = ("answer", "task", "is_trusted", "is_expert")
    list_select_related = ("nomination", "annotator")
    search_fields = ("annotator__name", "nomination__clip__external_id")
    inlines = (VoteRevisionInline,)


@admin.register(models.Label)
class LabelAdmin(ReadOnlyAdmin):
    """What was decided."""

    list_display = ("nomination", "state", "value", "reached_by", "origin", "decided_at")
    list_filter = ("state", "value", "reached_by", "origin")
    list_select_related = ("nomination",)
    search_fields = ("nomination__clip__external_id", "nomination__sound_class__name")


@admin.register(models.Vocabulary)
class VocabularyAdmin(ReadOnlyAdmin):
    """The classes of releases."""

    list_display = ("pk", "collection", "min_dev", "min_eval", "created_at")
    list_filter = ("collection",)
    list_select_related = ("collection",)


@admin.register(models.VocabularyMerge)
class VocabularyMergeAdmin(ReadOnlyAdmin):
    """Classes too small to stand alone."""

    list_display = ("sound_class", "vocabulary", "reason")
    list_select_related = ("sound_class", "vocabulary")
    search_fields = ("sound_class__name", "reason")


@admin.register(models.Split)
class SplitAdmin(ReadOnlyAdmin):
    """Assignments of a collection's clips."""

    list_display = ("pk", "collection", "seed", "eval_share", "val_share", "created_at")
    list_filter = ("collection",)
    list_select_related = ("collection",)


@admin.register(models.SplitAssignment)
class SplitAssignmentAdmin(ReadOnlyAdmin):
    """The place of each clip."""

    list_display = ("clip", "part", "split")
    list_filter = ("part", "split")
    list_select_related = ("clip", "split")
    search_fields = ("clip__external_id",)


@admin.register(models.Release)
class ReleaseAdmin(ReadOnlyAdmin):
    """Frozen states of a collection."""

    list_display = ("version", "collection", "parent", "manifest_sha256", "created_at")
    list_filter = ("collection",)
    list_select_related = ("collection", "parent")
    search_fields = ("version", "manifest_sha256")


@admin.register(models.Job)
class JobAdmin(ReadOnlyAdmin):
    """Work done by workers."""

    list_display = ("uuid", "kind", "recipe", "release", "state", "n_sent", "created_at")
    list_filter = ("kind", "state", "collection")
    list_select_related = ("release",)
    search_fields = ("uuid", "recipe", "error")


@admin.register(models.Flag)
class FlagAdmin(ReadOnlyAdmin):
    """What models suspect."""

    list_display = ("clip", "sound_class", "score", "job")
    list_filter = ("job__collection",)
    list_select_related = ("clip", "sound_class", "job")
    search_fields = ("clip__external_id", "sound_class__name")


@admin.register(models.RefinementSettings)
class RefinementSettingsAdmin(EditedAdmin):
    """Which side of a collection experts refine, and how many of them each clip."""

    list_display = ("collection", "side", "n_people")


@admin.register(models.RefinementPass)
class RefinementPassAdmin(ReadOnlyAdmin):
    """Who refined which clip."""

    list_display = ("clip", "annotator", "started_at", "finished_at", "second_look_at")
    list_filter = ("clip__collection",)
    list_select_related = ("clip", "annotator")
    search_fields = ("clip__external_id", "annotator__name")


@admin.register(models.Adjudication)
class AdjudicationAdmin(ReadOnlyAdmin):
    """Conflicts decided by one word with a reason."""

    list_display = ("nomination", "annotator", "answer", "reason", "decided_at", "withdrawn_at")
    list_filter = ("nomination__clip__collection", "answer")
    list_select_related = ("nomination", "annotator")
    search_fields = ("reason", "annotator__name")


@admin.register(models.Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Addresses that are told what happens; what their secrets are made of is not shown."""

    list_display = ("collection", "address", "state", "failing_since", "created_at")
    list_filter = ("state", "collection")
    list_select_related = ("collection",)
    search_fields = ("address",)
    exclude = ("nonce", "secret_sha256")


@admin.register(models.WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Events on their way, arrived, or given up."""

    list_display = ("webhook", "name", "state", "n_attempts", "next_at", "problem")
    list_filter = ("state",)
    list_select_related = ("webhook",)
    search_fields = ("name", "webhook__address")
