"""Where people judge recordings."""

from django.urls import path

from annotator.tasks import views

COLLECTION = "collections/<collection_name:name>"
PAGE = f"{COLLECTION}/pages/<uuid:page>"

urlpatterns = [
    path(f"{COLLECTION}/validate/<mid:mid>", views.validate, name="validate"),
    path(f"{COLLECTION}/next-page/<mid:mid>", views.next_page, name="next-page"),
    path(f"{COLLECTION}/answers", views.answers, name="answers"),
    path(f"{COLLECTION}/answers/withdraw", views.withdraw, name="withdraw-answer"),
    path(f"{COLLECTION}/answers/comment", views.comment, name="comment-answer"),
    path(f"{COLLECTION}/reports", views.report, name="report-clip"),
    path(f"{PAGE}/renew", views.renew, name="renew-page"),
    path(f"{PAGE}/release", views.release, name="release-page"),
]
