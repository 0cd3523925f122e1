"""What else may be tried only so often, and how a page says that it was too often."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotator.security.client_address import client_address
from datasets_app.people.limits import Limit, TooManyTries

View = Callable[[HttpRequest], HttpResponse]

LINKS = Limit("unknown invitation links by address", most=30, window_s=15 * 60)
INVITATIONS = Limit("invitations by person", most=100, window_s=24 * 3600)
PASSWORD_CHANGES = Limit("password changes by person", most=10, window_s=15 * 60)


def too_many_sentence(wait_s: int) -> str:
    """Say how long to wait, in whole minutes, rounded up."""
    minutes = -(-wait_s // 60)
    told = ngettext(
        "That was tried too often. Wait %(n)d minute and try again.",
        "That was tried too often. Wait %(n)d minutes and try again.",
        minutes,
    )
    return told % {"n": minutes}


def too_many_tries(request: HttpRequest, error: TooManyTries) -> HttpResponse:
    """Answer 429 with a page that says how long to wait."""
    shown = {"title": _("Wait a little"), "sentence": too_many_sentence(error.wait_s)}
    response = render(request, "annotator/pages/error.html", shown, status=429)
    response["Retry-After"] = str(error.wait_s)
    return response


class AnswerTooManyTries:
    """Middleware: a view that counts need not say what happens when it is too often."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer where a limit was reached."""
        if isinstance(exception, TooManyTries):
            return too_many_tries(request, exception)
        return None


def count_unknown_link(request: HttpRequest) -> None:
    """Count an invitation link that nobody sent; raises TooManyTries."""
    LINKS.count(client_address(request))
