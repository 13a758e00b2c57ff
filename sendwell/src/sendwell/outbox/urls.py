"""Routes of the ledger's pages, below `messages/`."""

from __future__ import annotations

from django.urls import path

from sendwell.outbox import views

app_name = "outbox"
urlpatterns = [
    path("", views.listing, name="list"),
    path("<int:pk>/", views.detail, name="message"),
    path("in-doubt/", views.doubts, name="doubts"),
    path("in-doubt/resolve", views.resolve, name="resolve"),
    path("queue/", views.queue, name="queue"),
    path("queue/live", views.queue_live, name="queue_live"),
]
