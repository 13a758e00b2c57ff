"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "sendwell.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"
