"""All routes, composed from the features' own.

A feature's urls.py has `app_name` and paths relative to the prefix given here. `contacts` and the public pages of
`preferences` and `feedback` write their whole path themselves, because theirs begin in more than one place.
"""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

_FEATURES = (
    ("", "sendwell.console.urls"),
    ("", "sendwell.workspaces.urls"),
    ("connections/", "sendwell.connections.urls"),
    ("", "sendwell.contacts.urls"),  # contacts/..., lists/...
    ("campaigns/", "sendwell.campaigns.urls"),
    ("suppression/", "sendwell.suppression.urls"),
    ("leave-the-sandbox/", "sendwell.readiness.urls"),
    ("", "sendwell.preferences.urls"),  # u/<token>
    ("", "sendwell.feedback.urls"),  # hooks/sns/<hook_key>
)

urlpatterns: list[URLPattern | URLResolver] = [
    path(prefix, include(module)) for prefix, module in _FEATURES if find_spec(module) is not None
]
