"""Every setting of the site. ``dev``, ``test`` and ``prod`` only override."""

from pathlib import Path

import dj_database_url
import plotly

from annotator.settings.env import ROOT, read_environment
from annotator.settings.security import *  # noqa: F403
from annotator.settings.security import content_security_policy
from ml_worker.contract import broker_settings

ENVIRONMENT = read_environment()

# Where things live
VAR_DIR: Path = ENVIRONMENT["HARKEN_VAR_DIR"].resolve()
BASE_DIR = ROOT
MEDIA_ROOT = VAR_DIR / "media"
JOBS_DIR = VAR_DIR / "jobs"
STORAGE_URL = ENVIRONMENT["STORAGE_URL"]
AWS_ACCESS_KEY_ID = ENVIRONMENT["AWS_ACCESS_KEY_ID"]
AWS_SECRET_ACCESS_KEY = ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]
DOWNLOADS_BY_NGINX = ENVIRONMENT["DOWNLOADS_BY_NGINX"]
VAR_DIR.mkdir(parents=True, exist_ok=True)

# The site
SECRET_KEY = ENVIRONMENT["SECRET_KEY"]
DEBUG = ENVIRONMENT["DEBUG"]
ALLOWED_HOSTS = ENVIRONMENT["ALLOWED_HOSTS"]
CSRF_TRUSTED_ORIGINS = ENVIRONMENT["CSRF_TRUSTED_ORIGINS"]
SITE_ADDRESS = ENVIRONMENT["SITE_ADDRESS"]
SITE_PROCESSES = ENVIRONMENT["SITE_PROCESSES"]
TRUSTED_PROXIES = ENVIRONMENT["TRUSTED_PROXIES"]
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENVIRONMENT["HSTS_SUBDOMAINS"]
ROOT_URLCONF = "annotator.urls"
WSGI_APPLICATION = "annotator.wsgi.application"
ASGI_APPLICATION = "annotator.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "annotator.security.records_admin.RecordsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "drf_spectacular",
    "datasets_app",
    "annotator.apps.AnnotatorConfig",
]
MIDDLEWARE = [
    "annotator.watching.request_logs.watch_request",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "annotator.security.headers.say_what_may_be_used",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "annotator.accounts.language.language_of_account",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "annotator.security.limits.AnswerTooManyTries",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "annotator.accounts.viewer.viewer",
            ],
        },
    },
]

# People
AUTH_USER_MODEL = "datasets_app.User"
SESSION_ENGINE = "annotator.accounts.sessions"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
OIDC_ISSUER = ENVIRONMENT["OIDC_ISSUER"]
CONTENT_SECURITY_POLICY = content_security_policy(OIDC_ISSUER)
OIDC_OPEN = ENVIRONMENT["OIDC_OPEN"]
ACCOUNT_ADAPTER = "annotator.accounts.single_sign_on.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False  # an address proves nothing here: the provider's subject does
SOCIALACCOUNT_ADAPTER = "annotator.accounts.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = "with"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "provider",
                "name": ENVIRONMENT["OIDC_NAME"],
                "client_id": ENVIRONMENT["OIDC_CLIENT_ID"],
                "secret": ENVIRONMENT["OIDC_CLIENT_SECRET"],
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}

# The database. SQLite writers queue (IMMEDIATE) instead of failing when a reader turns writer.
EMBEDDED_DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": VAR_DIR / "harken.sqlite3"}
DATABASES = {
    "default": dj_database_url.parse(ENVIRONMENT["DATABASE_URL"], conn_max_age=60)
    if ENVIRONMENT["DATABASE_URL"]
    else EMBEDDED_DATABASE
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456; PRAGMA cache_size=-64000;",
    }

# Workers
CELERY = broker_settings(ENVIRONMENT["CELERY_BROKER_URL"], VAR_DIR)
WORKER_SILENCE_S = ENVIRONMENT["WORKER_SILENCE_S"]

# Calling out
OUTGOING_ALLOWED_HOSTS = ENVIRONMENT["OUTGOING_ALLOWED_HOSTS"]
FREESOUND_TOKEN = ENVIRONMENT["FREESOUND_TOKEN"]
FREESOUND_OAUTH_TOKEN = ENVIRONMENT["FREESOUND_OAUTH_TOKEN"]
FREESOUND_ADDRESS = ENVIRONMENT["FREESOUND_ADDRESS"]

# Figures that pages keep for a moment stay in each process. What is counted for a minute is counted
# in Redis where the site has one, so that it holds across processes; else in each for itself.
IN_PROCESS = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
CACHES = {
    "default": {**IN_PROCESS, "LOCATION": "figures"},
    "counts": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENVIRONMENT["CELERY_BROKER_URL"],
        "KEY_PREFIX": "harken",
        "OPTIONS": {"serializer": "annotator.cached_values.JsonSerializer"},
    }
    if ENVIRONMENT["CELERY_BROKER_URL"].startswith(("redis://", "rediss://"))
    else {**IN_PROCESS, "LOCATION": "counts"},
}

# The API
API_REQUESTS_PER_MINUTE = ENVIRONMENT["API_REQUESTS_PER_MINUTE"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "datasets_app.api.authentication.TokenAuthentication",
        "datasets_app.api.authentication.SiteSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["datasets_app.api.parsing.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "datasets_app.api.documentation.DescribedView",
    "EXCEPTION_HANDLER": "datasets_app.api.errors.problem_reply",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": TRUSTED_PROXIES,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Harken",
    "VERSION": "1",
    "DESCRIPTION": "Collections, clips, what people said of them, and what was released of it.",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [],
    "SERVE_PUBLIC": True,
}

# Time and language
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [ROOT / "annotator" / "locale"]
FORMAT_MODULE_PATH = "annotator.formats"
TIME_ZONE = "UTC"
USE_TZ = True

# Static files. The figures' library is served from the package that brings it.
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [("plotly", Path(plotly.__file__).parent / "package_data")]
WHITENOISE_USE_FINDERS = True

# Logs and figures. Formatters take passwords out of addresses; filters take paths out of messages.
LOG_FORMAT = ENVIRONMENT["LOG_FORMAT"]
METRICS_TOKEN = ENVIRONMENT["METRICS_TOKEN"]
METRICS_NETWORKS = ENVIRONMENT["METRICS_NETWORKS"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "ml_worker.log_lines.PlainLines"},
        "json": {"()": "ml_worker.log_lines.JsonLines"},
    },
    "filters": {"no_paths": {"()": "annotator.watching.request_logs.WithoutPaths"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["no_paths"],
        }
    },
    "root": {"handlers": ["console"], "level": ENVIRONMENT["LOG_LEVEL"]},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # A line a request is for machines; a terminal would drown in them.
        "harken.request": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
    },
}
