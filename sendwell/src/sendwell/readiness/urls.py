"""Routes of "Leave the sandbox", below leave-the-sandbox/."""

from __future__ import annotations

from django.urls import path

from sendwell.readiness import views

app_name = "readiness"

urlpatterns = [
    path("", views.home, name="home"),
    path("<int:connection_id>/", views.connection, name="connection"),
    path("<int:connection_id>/live/", views.live, name="live"),
    path("<int:connection_id>/request/", views.edit, name="edit"),
    path("<int:connection_id>/request/preview/", views.preview, name="preview"),
    path("<int:connection_id>/request/proposal/", views.proposal, name="proposal"),
    path("<int:connection_id>/request/review/", views.review, name="review"),
    path("<int:connection_id>/request/again/", views.again, name="again"),
    path("<int:connection_id>/check/", views.check, name="check"),
    path("<int:connection_id>/proof/", views.prove, name="prove"),
]
