"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class TransactionalConfig(AppConfig):
    name = "sendwell.transactional"
    label = "transactional"
    default_auto_field = "django.db.models.BigAutoField"
