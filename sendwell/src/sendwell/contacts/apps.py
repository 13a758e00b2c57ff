"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "sendwell.contacts"
    label = "contacts"
    default_auto_field = "django.db.models.BigAutoField"
