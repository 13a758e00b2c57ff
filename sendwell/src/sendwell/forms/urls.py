"""Routes of forms: the owner's below forms/, visitors' at f/<id> and confirm/<token>. Public paths stand on other
people's sites and in mails that were sent: they never change."""

from __future__ import annotations

from django.urls import path

from sendwell.forms import public_views, views

app_name = "forms"

urlpatterns = [
    path("forms/", views.forms, name="list"),
    path("forms/new", views.new, name="new"),
    path("forms/<int:form_id>/", views.detail, name="detail"),
    path("forms/<int:form_id>/edit", views.edit, name="edit"),
    path("forms/<int:form_id>/embed", views.embed, name="embed"),
    path("forms/<int:form_id>/open", views.set_open, name="set_open"),
    path("forms/proof/<int:contact_id>", views.proof, name="proof"),
    path("f/<slug:public_id>", public_views.page, name="page"),
    path("f/<slug:public_id>/thanks", public_views.thanks, name="thanks"),
    path("f/<slug:public_id>/frame", public_views.frame, name="frame"),
    path("f/<slug:public_id>/frame/thanks", public_views.thanks, {"framed": True}, name="frame_thanks"),
    path("f/<slug:public_id>/theme.css", public_views.theme, name="theme"),
    path("f/<slug:public_id>/challenge", public_views.challenge, name="challenge"),
    path("f/<slug:public_id>/json", public_views.as_json, name="json"),
    path("confirm/<str:token>", public_views.confirm, name="confirm"),
]
