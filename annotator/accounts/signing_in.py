"""The sign-in page: a password, or the provider that the operator named."""

from typing import Any

from django.contrib.auth.views import LoginView

from annotator.accounts.single_sign_on import providers


class SignIn(LoginView):
    """Django's sign-in, with the providers one may use instead."""

    template_name = "annotator/pages/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the providers."""
        return super().get_context_data(providers=providers(self.request), **kwargs)
