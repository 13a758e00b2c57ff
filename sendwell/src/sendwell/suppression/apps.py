"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class SuppressionConfig(AppConfig):
    name = "sendwell.suppression"
    label = "suppression"
    default_auto_field = "django.db.models.BigAutoField"
