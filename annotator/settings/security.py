"""What a browser may do with the site's pages, and what guards signing in.

Every page keeps its scripts and styles in files of the site's own: nothing inline runs, nothing
comes from elsewhere, and a text that slipped past a template's escaping stays a text.
"""

from urllib.parse import urlsplit

from csp.constants import NONE, SELF

AUTHENTICATION_BACKENDS = [
    "annotator.security.lock_out.LockOutBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]

# Cookies. Scripts read the CSRF cookie to send it in a header; the session's they never see.
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

# Headers
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

# How much of a form is read into memory; recordings and archives come from the machine itself.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_PERMISSIONS = 0o600

FIGURE_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",  # an empty one, filled by its rules
    "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",  # of maps, which are not used
)
"""The two style sheets that the figures' library writes into a page, by their hashes.

Another version of Plotly brings others: the tests in a browser say so, with the new hash.
"""


def content_security_policy(oidc_issuer: str) -> dict[str, object]:
    """Return django-csp's setting.

    A form may lead to the provider one signs in with, for browsers hold redirects to the rule too.
    """
    issuer = urlsplit(oidc_issuer)
    provider = [f"{issuer.scheme}://{issuer.netloc}"] if issuer.netloc else []
    return {
        "DIRECTIVES": {
            "default-src": [SELF],
            "script-src": [SELF],
            "style-src": [SELF, *FIGURE_STYLES],
            "img-src": [SELF, "data:", "blob:"],  # figures saved as pictures
            "media-src": [SELF, "blob:"],
            "connect-src": [SELF],
            "font-src": [SELF],
            "worker-src": [SELF],
            "object-src": [NONE],
            "frame-src": [NONE],
            "frame-ancestors": [NONE],
            "base-uri": [NONE],
            "form-action": [SELF, *provider],
        }
    }
