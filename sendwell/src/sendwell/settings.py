"""Django's settings and the app wiring: builds the installation (config, clock, key ring) once per process."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sendwell.config import Config
from sendwell.core.clock import Clock
from sendwell.core.db import SQLITE_PRAGMAS
from sendwell.core.installation import Installation
from sendwell.core.keyring import KeyRing, read_or_create

_config = Config()
_ring = KeyRing.from_json(_config.keyring) if _config.keyring else read_or_create(_config.keyring_file)
SENDWELL = Installation(_config, Clock(_config.rehearsal_clock_file), _ring)

SECRET_KEY = _config.secret_key or hashlib.sha256(b"django:" + _ring.links[-1][1]).hexdigest()
DEBUG = _config.debug
ALLOWED_HOSTS = [h for h in {_config.host, "127.0.0.1", "localhost", "[::1]", *_config.allowed_hosts.split(",")} if h]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True
ROOT_URLCONF = "sendwell.urls"
WSGI_APPLICATION = "sendwell.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "django_htmx",
    "csp",
    "sendwell.core",
    "sendwell.workspaces",
    "sendwell.connections",
    "sendwell.contacts",
    "sendwell.content",
    "sendwell.suppression",
    "sendwell.outbox",
    "sendwell.reputation",
    "sendwell.feedback",
    "sendwell.campaigns",
    "sendwell.transactional",
    "sendwell.preferences",
    "sendwell.readiness",
    "sendwell.console",
]


def _database(config: Config) -> dict[str, object]:
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(config.database)
    if parts.scheme == "sqlite":
        Path(unquote(parts.path[1:])).parent.mkdir(parents=True, exist_ok=True)
        options = {"transaction_mode": "IMMEDIATE", "init_command": SQLITE_PRAGMAS}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": unquote(parts.path[1:]), "OPTIONS": options}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


DATABASES = {"default": _database(_config)}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
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
            ],
        },
    }
]
