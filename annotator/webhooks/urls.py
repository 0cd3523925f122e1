"""Where webhooks are seen and changed."""

from django.urls import path

from annotator.webhooks import views

HERE = "collections/<collection_name:name>/webhooks"

urlpatterns = [
    path(HERE, views.webhooks, name="webhooks"),
    path(f"{HERE}/<uuid:hook>", views.webhook, name="webhook"),
    path(f"{HERE}/<uuid:hook>/change", views.change, name="webhook-change"),
    path(f"{HERE}/<uuid:hook>/active", views.set_active, name="webhook-active"),
    path(f"{HERE}/<uuid:hook>/secret", views.secret, name="webhook-secret"),
    path(f"{HERE}/<uuid:hook>/ping", views.ping, name="webhook-ping"),
    path(f"{HERE}/<uuid:hook>/delete", views.delete, name="webhook-delete"),
    path(
        f"{HERE}/<uuid:hook>/deliveries/<uuid:delivery>/again",
        views.send_again,
        name="webhook-again",
    ),
]
