"""Routes of feedback: the public webhook and the pages behind the sign-in."""

from __future__ import annotations

from django.urls import path

from sendwell.feedback import views

app_name = "feedback"
urlpatterns = [
    path("hooks/sns/<str:hook_key>", views.sns, name="sns"),
    path("feedback/", views.listing, name="list"),
    path("feedback/<int:pk>/", views.detail, name="detail"),
    path("feedback/<int:pk>/replay", views.replay, name="replay"),
]
