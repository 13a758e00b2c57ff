"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "sendwell.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"
