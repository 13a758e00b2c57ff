"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "sendwell.content"
    label = "content"
    default_auto_field = "django.db.models.BigAutoField"
