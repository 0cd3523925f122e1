"""Where people take part in challenges, and curators keep them."""

from django.urls import path

from annotator.challenges import curator_views, views

HERE = "collections/<collection_name:name>/challenges"
ONE = f"{HERE}/<uuid:challenge>"

urlpatterns = [
    path(HERE, views.challenges, name="challenges"),
    path(f"{HERE}/open", curator_views.open_new, name="challenge-open"),
    path(ONE, views.challenge, name="challenge"),
    path(f"{ONE}/submit", views.submit, name="challenge-submit"),
    path(f"{ONE}/submissions", views.submissions, name="challenge-submissions"),
    path(f"{ONE}/choose", views.choose, name="challenge-choose"),
    path(f"{ONE}/package.zip", views.package, name="challenge-package"),
    path(f"{ONE}/example.csv", views.example, name="challenge-example"),
    path(f"{ONE}/end", curator_views.end, name="challenge-end"),
    path(f"{ONE}/deadline", curator_views.deadline, name="challenge-deadline"),
    path(f"{ONE}/team/<uuid:team>", curator_views.judge, name="challenge-judge"),
]
