"""All routes, composed from the features' own.

A feature's urls.py has `app_name` and paths relative to the prefix given here. Features whose routes begin in more than
one place, or whose public paths stand in mails and at SNS, write their whole paths themselves.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("sendwell.console.urls")),
    path("", include("sendwell.workspaces.urls")),  # accounts/..., sign-in/<token>
    path("connections/", include("sendwell.connections.urls")),
    path("", include("sendwell.contacts.urls")),  # contacts/..., lists/...
    path("campaigns/", include("sendwell.campaigns.urls")),
    path("messages/", include("sendwell.outbox.urls")),
    path("suppression/", include("sendwell.suppression.urls")),
    path("leave-the-sandbox/", include("sendwell.readiness.urls")),
    path("", include("sendwell.forms.urls")),  # forms/..., f/<id>, confirm/<token>
    path("", include("sendwell.preferences.urls")),  # u/<token>
    path("", include("sendwell.feedback.urls")),  # hooks/sns/<hook_key>, feedback/...
]
