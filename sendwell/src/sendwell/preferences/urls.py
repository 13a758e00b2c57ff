"""The route of a person's own page. Its path stands in mails that were sent: it never changes."""

from __future__ import annotations

from django.urls import path

from sendwell.preferences import views

app_name = "preferences"

urlpatterns = [path("u/<str:token>", views.leave, name="leave")]
