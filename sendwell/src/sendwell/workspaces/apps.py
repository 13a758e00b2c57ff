"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "sendwell.workspaces"
    label = "workspaces"
    default_auto_field = "django.db.models.BigAutoField"
