"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class PreferencesConfig(AppConfig):
    name = "sendwell.preferences"
    label = "preferences"
    default_auto_field = "django.db.models.BigAutoField"
