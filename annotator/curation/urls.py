"""Where curators see and steer a collection."""

from django.urls import path

from annotator.curation import (
    access_views,
    mapping_views,
    report_views,
    run_views,
    verification_views,
)
from annotator.curation.board_views import board
from annotator.curation.views import collection, runs

HERE = "collections/<collection_name:name>"

urlpatterns = [
    path(f"{HERE}/access", access_views.collection_access, name="collection-access"),
    path(f"{HERE}/access/private", access_views.collection_private, name="collection-private"),
    path(f"{HERE}/access/add", access_views.member_added, name="collection-member-added"),
    path(
        f"{HERE}/access/remove/<uuid:person>",
        access_views.member_removed,
        name="collection-member-removed",
    ),
    path(f"{HERE}/board", board, name="board"),
    path(f"{HERE}/reported", report_views.reports, name="reported-clips"),
    path(f"{HERE}/reported/<int:report>", report_views.resolve, name="report-resolve"),
    path(
        f"{HERE}/verification-add/<uuid:nomination>",
        verification_views.add,
        name="verification-add",
    ),
    path(
        f"{HERE}/verification-retire/<int:gold>",
        verification_views.retire,
        name="verification-retire",
    ),
    path(
        f"{HERE}/verification/<mid:mid>",
        verification_views.verification_clips,
        name="verification-clips",
    ),
    path(f"{HERE}/mapping-trial/<mid:mid>", mapping_views.trial, name="mapping-trial"),
    path(f"{HERE}/mapping-rating/<mid:mid>", mapping_views.rating, name="mapping-rating"),
    path(f"{HERE}/mapping-apply/<mid:mid>", mapping_views.apply, name="mapping-apply"),
    path(f"{HERE}/mapping-follow/<uuid:revision>", mapping_views.follow, name="mapping-follow"),
    path(f"{HERE}/mapping-undo/<uuid:revision>", mapping_views.undo, name="mapping-undo"),
    path(f"{HERE}/mapping/<mid:mid>", mapping_views.mapping, name="mapping"),
    path(f"{HERE}/runs", run_views.run_list, name="runs"),
    path(f"{HERE}/runs/compare", run_views.run_comparison, name="run-comparison"),
    path(f"{HERE}/runs/start/<slug:what>", run_views.run_start, name="run-start"),
    path(f"{HERE}/runs/<uuid:run>", run_views.run, name="run"),
    path(f"{HERE}/runs/<uuid:run>/now", run_views.run_now, name="run-now"),
    path(f"{HERE}/runs/<uuid:run>/cancel", run_views.run_cancel, name="run-cancel"),
    path(f"{HERE}/runs/<uuid:run>/retry", run_views.run_retry, name="run-retry"),
    path(f"{HERE}/runs/<uuid:run>/report", run_views.run_report, name="run-report"),
    path(f"{HERE}/queue-order", run_views.queue_order, name="queue-order"),
    path("collections/<collection_name:name>/", collection, name="collection"),
    path("collections/<collection_name:name>/runs.json", runs, name="collection-runs"),
]
