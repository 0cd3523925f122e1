"""What was published against Label Studio, CVAT and doccano, tried here.

One test or more for each class of advisory; an identifier stands where it is known for sure. Tried
elsewhere in this folder: another's records by their address (``test_private_collections``), filters
that reach into the ORM and bodies that break a reader (``test_hostile_requests``; Label Studio's
CVE-2023-47117), guessing passwords (``test_signing_in``).
"""

import ast
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import signing
from django.urls import reverse

from annotator.settings.env import DEVELOPMENT_SECRET
from datasets_app.domain.webhooks.happenings import NAMES
from datasets_app.people.invitations import create_invitation
from datasets_app.people.models import User
from datasets_app.webhooks.models import Webhook
from tests.annotator.world import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    p for name in ("annotator", "datasets_app", "ml_worker") for p in (ROOT / name).rglob("*.py")
]
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
INNER_PLACES = (
    "http://127.0.0.1:6379/",
    "http://localhost/",
    "http://[::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::ffff:127.0.0.1]/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
)


class TestRequestsToInnerPlaces:
    """Label Studio CVE-2023-47116 and CVE-2025-25297, CVAT CVE-2022-31188."""

    @pytest.mark.parametrize("address", INNER_PLACES)
    def test_a_webhook_cannot_be_pointed_inside(self, world, client, address):
        client.force_login(world.user("cara", *User.Role))
        client.post(reverse("webhooks", args=["yard"]), {"address": address, "events": NAMES[:1]})
        assert not Webhook.objects.exists()

    def test_one_that_points_outside_is_taken(self, world, client):
        """Or the test above would pass because nothing ever is."""
        client.force_login(world.user("cara", *User.Role))
        form = {"address": "https://93.184.215.14/hook", "events": NAMES[:1]}
        client.post(reverse("webhooks", args=["yard"]), form)
        assert Webhook.objects.exists()


class TestForgedSessions:
    """Label Studio CVE-2023-43791: sessions signed with a key that stood in the source."""

    def test_a_cookie_signed_with_the_public_key_opens_nothing(self, world, client):
        user = world.user("ada", *User.Role)
        forged = signing.dumps(
            {"_auth_user_id": str(user.pk)},
            key=DEVELOPMENT_SECRET,
            salt="django.contrib.sessions.backends.signed_cookies",
        )
        client.cookies[settings.SESSION_COOKIE_NAME] = forged
        assert client.get(reverse("home")).status_code == 302

    def test_sessions_are_rows_and_not_what_a_cookie_says(self, world, client):
        client.force_login(world.annotator())
        assert Session.objects.filter(pk=client.session.session_key).exists()
        Session.objects.all().delete()
        assert client.get(reverse("home")).status_code == 302


class TestHostileNames:
    """Stored XSS: Label Studio CVE-2023-47115; reflected: CVE-2025-25296."""

    def test_every_text_of_a_clip_is_shown_inert(self, world, client):
        clip = world.clip(title=HOSTILE, description=HOSTILE, tags=[HOSTILE], license=HOSTILE[:200])
        clip.uploader.name = HOSTILE
        clip.uploader.save()
        world.bark.name, world.bark.description, world.bark.faq = HOSTILE, HOSTILE, HOSTILE
        world.bark.save()
        world.nominate(clip)
        client.force_login(world.user("zoe", *User.Role))
        pages = [
            reverse("home"),
            reverse("clip", args=[clip.uuid]),
            reverse("uploader", args=["yard", clip.uploader_id]),
            *(reverse(name, args=["yard", world.bark.mid]) for name in ("class", "mapping")),
            *(
                reverse(name, args=["yard"])
                for name in ("classes", "search", "board", "collection")
            ),
        ]
        for page in pages:
            told = client.get(page).content.decode()
            assert "<script>alert" not in told, page
            assert "<img src=x" not in told, page

    def test_what_is_asked_for_is_told_back_inert(self, world, client):
        client.force_login(world.user("zoe", *User.Role))
        for page in ("search", "classes"):
            told = client.get(reverse(page, args=["yard"]), {"q": HOSTILE}).content.decode()
            assert "<script>alert" not in told
        told = client.get(reverse("people"), {"q": HOSTILE}).content.decode()
        assert "<script>alert" not in told

    def test_nothing_inline_would_run_even_if_it_came_through(self, world, client):
        policy = client.get(reverse("sign-in"))["Content-Security-Policy"]
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["script-src"] == "'self'"
        assert "unsafe" not in policy
        assert "*" not in policy
        assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"


class TestSelfPromotion:
    """Fields that a form does not show: doccano, Label Studio and others took them all."""

    EXTRA = {
        "is_staff": "on",
        "is_superuser": "on",
        "roles": ["administrator"],
        "groups": ["1"],
        "is_active": "on",
    }

    def test_an_invitation_gives_its_roles_and_no_more(self, world, client):
        ada = world.user("ada", User.Role.ADMINISTRATOR)
        _made, token = create_invitation(inviter=ada, roles=[User.Role.ANNOTATOR])
        form = {"username": "eve", "password": "a-long-password-1", **self.EXTRA}
        client.post(reverse("invitation", args=[token]), form)
        eve = User.objects.get(username="eve")
        assert not (eve.is_staff or eve.is_superuser)
        assert [group.name for group in eve.groups.all()] == ["annotator"]

    def test_preferences_keep_preferences_alone(self, world, client):
        ana = world.annotator()
        client.force_login(ana)
        body = json.dumps({"is_superuser": True, "volume": 0.5})
        reply = client.post(reverse("preferences"), body, content_type="application/json")
        assert reply.status_code == 400
        ana.refresh_from_db()
        assert not ana.is_superuser


class TestPickle:
    """Label Studio ML CVE-2025-5173, CVAT CVE-2025-23045: data that are programs."""

    FORBIDDEN = frozenset(
        ("pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle", "jsonpickle")
    )

    def test_no_module_reads_it(self):
        assert len(SOURCES) > 300
        for path in SOURCES:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            assert not imported(tree) & self.FORBIDDEN, path
            for call in loads(tree):
                given = {k.arg: ast.unparse(k.value) for k in call.keywords}
                is_safe = (
                    given.get("weights_only") == "True" or given.get("allow_pickle") == "False"
                )
                assert is_safe, f"{path}:{call.lineno}"


class TestVerificationBypass:
    """Another's account by an address that nobody verified."""

    def test_an_address_is_nobodys_proof(self):
        assert settings.ACCOUNT_UNIQUE_EMAIL is False
        assert not getattr(settings, "SOCIALACCOUNT_EMAIL_AUTHENTICATION", False)
        assert not getattr(settings, "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT", False)

    def test_nobody_signs_in_by_an_address(self, world, client):
        ana = world.annotator()
        ana.email = "ana@example.org"
        ana.save()
        client.post(reverse("sign-in"), {"username": "ana@example.org", "password": PASSWORD})
        assert "_auth_user_id" not in client.session

    def test_there_is_no_page_to_sign_up_or_to_reset_a_password(self, client, db):
        for path in ("/accounts/signup/", "/signup/", "/accounts/password/reset/", "/sign-up/"):
            assert client.get(path).status_code in (302, 404)


class TestTelemetry:
    def test_nothing_that_phones_home_is_imported(self):
        at_home = frozenset(("sentry_sdk", "posthog", "mixpanel", "datasets", "huggingface_hub"))
        for path in SOURCES:
            assert not imported(ast.parse(path.read_text(encoding="utf-8"))) & at_home, path


def imported(tree: ast.AST) -> set[str]:
    """Return the packages that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def loads(tree: ast.AST) -> list[ast.Call]:
    """Return the calls that may read a pickle unless they are told not to."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func) in ("torch.load", "np.load")]
