"""The sign-in page: a password, or the provider that the operator named."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse

from annotator.accounts.single_sign_on import providers
from annotator.security.limits import too_many_sentence
from annotator.security.lock_out import check_may_try
from datasets_app.people.limits import TooManyTries


class SignIn(LoginView):
    """Django's sign-in, with the providers one may use instead."""

    template_name = "annotator/pages/sign_in.html"
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say what was wrong, and how long to wait where it was wrong too often."""
        try:
            check_may_try(self.request, self.request.POST.get("username", ""))
        except TooManyTries as error:
            form.errors.clear()
            form.add_error(None, too_many_sentence(error.wait_s))
            response = self.render_to_response(self.get_context_data(form=form), status=429)
            response["Retry-After"] = str(error.wait_s)
            return response
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the providers."""
        return super().get_context_data(providers=providers(self.request), **kwargs)
