"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "sendwell.forms"
    label = "forms"
    default_auto_field = "django.db.models.BigAutoField"
