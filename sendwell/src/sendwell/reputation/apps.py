"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class ReputationConfig(AppConfig):
    name = "sendwell.reputation"
    label = "reputation"
    default_auto_field = "django.db.models.BigAutoField"
