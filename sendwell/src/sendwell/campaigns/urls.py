"""Routes of campaigns, below campaigns/."""

from __future__ import annotations

from django.urls import path

from sendwell.campaigns import reporting, views

app_name = "campaigns"

urlpatterns = [
    path("", views.campaigns, name="list"),
    path("new/", views.new, name="new"),
    path("<int:campaign_id>/", views.campaign, name="campaign"),
    path("<int:campaign_id>/edit/", views.edit, name="edit"),
    path("<int:campaign_id>/preview/", views.preview, name="preview"),
    path("<int:campaign_id>/preview/mail/", views.mail, name="mail"),
    path("<int:campaign_id>/test/", views.test_send, name="test"),
    path("<int:campaign_id>/start/", views.start, name="start"),
    path("<int:campaign_id>/pause/", views.pause, name="pause"),
    path("<int:campaign_id>/resume/", views.resume, name="resume"),
    path("<int:campaign_id>/cancel/", views.cancel, name="cancel"),
    path("<int:campaign_id>/copy/", views.copy, name="copy"),
    path("<int:campaign_id>/discard/", views.discard, name="discard"),
    path("<int:campaign_id>/live/", reporting.live, name="live"),
    path("<int:campaign_id>/messages/", reporting.messages_page, name="messages"),
    path("<int:campaign_id>/doubts/", reporting.doubts, name="doubts"),
]
