"""Names the app to Django; nothing else lives here."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "sendwell.feedback"
    label = "feedback"
    default_auto_field = "django.db.models.BigAutoField"
