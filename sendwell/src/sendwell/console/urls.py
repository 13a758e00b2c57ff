"""Routes of the dashboard, the settings page and the health check."""

from django.urls import path, re_path

from sendwell.console import views

app_name = "console"
urlpatterns = [
    path("", views.home, name="home"),
    path("health", views.health, name="health"),
    re_path(r"^health/echo/(?P<nonce>[A-Za-z0-9_-]{16,64})$", views.echo, name="echo"),
    path("settings/", views.settings, name="settings"),
    path("settings/sender", views.save_sender, name="save_sender"),
    path("settings/email", views.save_email, name="save_email"),
    path("tasks/<int:job_id>/retry", views.retry_job, name="retry_job"),
]
