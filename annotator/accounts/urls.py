"""Signing in and out, and the page one lands on."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from annotator.accounts.joining import invitation
from annotator.accounts.language import choose_language
from annotator.accounts.me import change_password, delete_me, me, my_votes
from annotator.accounts.people_views import invite, people, person, revoke, set_role
from annotator.accounts.signing_in import SignIn
from annotator.accounts.tokens import end_token, make_token, tokens
from annotator.accounts.views import home, preferences

urlpatterns = [
    path("", home, name="home"),
    path("me/", me, name="me"),
    path("me/preferences", preferences, name="preferences"),
    path("me/answers.csv", my_votes, name="my-votes"),
    path("language", choose_language, name="choose-language"),
    path("me/password", change_password, name="change-password"),
    path("me/delete", delete_me, name="delete-me"),
    path("me/tokens", tokens, name="tokens"),
    path("me/tokens/new", make_token, name="make-token"),
    path("me/tokens/<uuid:token>/end", end_token, name="end-token"),
    path("people/", people, name="people"),
    path("people/invitations", invite, name="invite"),
    path("people/invitations/<uuid:invitation>/revoke", revoke, name="revoke-invitation"),
    path("people/<uuid:person>/", person, name="person"),
    path("people/<uuid:person>/role", set_role, name="set-role"),
    path("invitations/<str:token>/", invitation, name="invitation"),
    path("sign-in/", login_not_required(SignIn.as_view()), name="sign-in"),
    path("sign-in/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("sign-out/", login_not_required(LogoutView.as_view()), name="sign-out"),
]
