"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "sendwell.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"
