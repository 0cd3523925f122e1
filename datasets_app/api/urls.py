"""The addresses below ``/api/v1/``."""

from django.urls import path, re_path

from datasets_app.api import (
    clips,
    collections,
    description,
    jobs,
    labels,
    nominations,
    releases,
    splits,
    votes,
    work_pages,
)

C = "collections/<str:name>"
N = "nominations/<uuid:nomination>"

urlpatterns = [
    path("schema/", description.Description.as_view(), name="api-schema"),
    path("collections", collections.CollectionList.as_view()),
    path(C, collections.CollectionDetail.as_view()),
    path(f"{C}/classes", collections.ClassList.as_view()),
    path(f"{C}/classes/<path:mid>", collections.ClassDetail.as_view()),
    path(f"{C}/clips", clips.ClipList.as_view()),
    path("clips/<uuid:clip>", clips.ClipDetail.as_view(), name="api-clip"),
    path(f"{C}/nominations", nominations.NominationList.as_view()),
    path(N, nominations.NominationDetail.as_view(), name="api-nomination"),
    path(f"{N}/vote", votes.OwnVote.as_view()),
    path(f"{N}/label", labels.LabelDetail.as_view()),
    path("votes", votes.OwnVoteList.as_view()),
    path(f"{C}/votes", votes.VoteList.as_view()),
    path(f"{C}/pages", work_pages.PageList.as_view()),
    path("pages/<uuid:page>", work_pages.PageDetail.as_view()),
    path(f"{C}/labels", labels.LabelList.as_view()),
    path(f"{C}/splits", splits.SplitList.as_view()),
    path("splits/<uuid:split>", splits.SplitDetail.as_view()),
    path("splits/<uuid:split>/assignments", splits.AssignmentList.as_view()),
    path("releases", releases.ReleaseList.as_view()),
    path(f"{C}/releases/<str:version>", releases.ReleaseDetail.as_view()),
    path(f"{C}/jobs", jobs.JobList.as_view()),
    path("jobs/<uuid:job>", jobs.JobDetail.as_view(), name="api-job"),
    path("jobs/<uuid:job>/cancel", jobs.JobCancellation.as_view()),
    path("jobs/<uuid:job>/retry", jobs.JobRetry.as_view()),
    re_path(r"^.*$", description.NothingHere.as_view()),
]
