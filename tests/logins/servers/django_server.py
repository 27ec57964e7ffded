"""A site of Django with two makers of logins: simplejwt's tokens at /api/token/, and django-oauth-toolkit as an
OpenID provider at /o/. One person, ada, whose password is `secret`. Prints its URL."""

import sys
import tempfile
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
folder = tempfile.TemporaryDirectory()
settings.configure(
    SECRET_KEY=sys.argv[1],
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder.name}/db"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
        "rest_framework",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {"registration/login.html": '<form method="post">{% csrf_token %}{{ form }}</form>'},
                    )
                ]
            },
        }
    ],
    ROOT_URLCONF=__name__,
    LOGIN_URL="/login/",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "SCOPES": {"openid": "openid", "email": "email"},
    },
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402
from rest_framework_simplejwt.views import TokenObtainPairView  # noqa: E402

urlpatterns = [
    path("api/token/", TokenObtainPairView.as_view()),
    path("o/", include("oauth2_provider.urls")),
    path("login/", LoginView.as_view()),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


call_command("migrate", verbosity=0)
User.objects.create_user("ada", "ada@example.com", "secret")
Application.objects.create(
    client_id="app",
    client_type="public",
    authorization_grant_type="authorization-code",
    redirect_uris="http://127.0.0.1/callback",
    algorithm="RS256",
    skip_authorization=True,
)
server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
