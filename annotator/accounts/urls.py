"""Signing in and out, and the page one lands on."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from annotator.accounts.views import home

sign_in = LoginView.as_view(
    template_name="annotator/pages/sign_in.html", redirect_authenticated_user=True
)

urlpatterns = [
    path("", home, name="home"),
    path("sign-in/", login_not_required(sign_in), name="sign-in"),
    path("sign-out/", login_not_required(LogoutView.as_view()), name="sign-out"),
]
