"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "sendwell.connections"
    label = "connections"
    default_auto_field = "django.db.models.BigAutoField"
