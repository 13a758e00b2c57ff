"""Routes of the suppression list."""

from __future__ import annotations

from django.urls import path

from sendwell.suppression import views

app_name = "suppression"

urlpatterns = [
    path("", views.suppression_list, name="list"),
    path("<int:connection_id>/add", views.suppression_add, name="add"),
    path("entries/<int:entry_id>/lift", views.suppression_lift, name="lift"),
]
