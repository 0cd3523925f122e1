"""What people see when a page cannot be had: a sentence and a way on."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

PAGE = "annotator/pages/error.html"
FORBIDDEN = _("This page is for people with another role. Ask a curator to give it to you.")
NOT_FOUND = _("There is nothing at this address. It may have been withdrawn, or the link is wrong.")
SERVER_ERROR = _(
    "Something went wrong on our side and was written to the log. "
    "Answers you gave are kept in this browser until they are saved. Try again in a moment."
)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say which role the page is for, where the view said so."""
    return _page(request, HTTPStatus.FORBIDDEN, _("Not yours to see"), str(exception) or FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that nothing is there; the address itself is not repeated."""
    return _page(request, HTTPStatus.NOT_FOUND, _("Nothing here"), NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it is our fault; asks nothing of the database."""
    return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, _("Our mistake"), SERVER_ERROR)


def _page(request: HttpRequest, status: HTTPStatus, title: str, sentence: str) -> HttpResponse:
    return render(
        request, PAGE, {"title": gettext(title), "sentence": gettext(sentence)}, status=status
    )
