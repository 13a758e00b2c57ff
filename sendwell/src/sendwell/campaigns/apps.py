"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "sendwell.campaigns"
    label = "campaigns"
    default_auto_field = "django.db.models.BigAutoField"
