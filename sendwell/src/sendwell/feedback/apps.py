"""Names the app to Django, and builds the one cache of signing certificates of this process."""

from __future__ import annotations

from functools import cached_property

from django.apps import AppConfig

from sendwell.amazon.certificates import Certificates


class FeedbackConfig(AppConfig):
    name = "sendwell.feedback"
    label = "feedback"
    default_auto_field = "django.db.models.BigAutoField"

    @cached_property
    def certificates(self) -> Certificates:
        return Certificates()
