"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class ReadinessConfig(AppConfig):
    name = "sendwell.readiness"
    label = "readiness"
    default_auto_field = "django.db.models.BigAutoField"
