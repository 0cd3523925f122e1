"""The language of the pages: the one chosen, else the browser's, else English."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from annotator.accounts.preferences import BadPreferences, save_preferences

View = Callable[[HttpRequest], HttpResponse]


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language chosen, with the account or else in a cookie, and go back to the page.

    A language that there is not changes nothing.
    """
    if request.user.is_authenticated:
        try:
            save_preferences(user=request.user, wished={"language": request.POST.get("language")})
        except BadPreferences as error:
            return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    return set_language(request)


def language_of_account(get_response: View) -> View:
    """Show who is signed in the language kept with their account, whatever the browser asks for.

    Stands after the middleware that knows the account; costs no query of its own where a page
    asks who is signed in, as all but a few do.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and (language := request.user.preferences.get("language")):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return get_response(request)

    return respond
