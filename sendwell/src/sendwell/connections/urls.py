"""Routes of connections, under connections/."""

from __future__ import annotations

from django.urls import path

from sendwell.connections import domain_views, views

app_name = "connections"
urlpatterns = [
    path("", views.listing, name="list"),
    path("connect", views.connect, name="connect"),
    path("public-url/check", views.check_public_url, name="check_public_url"),
    path("public-url/live", views.public_url_live, name="public_url_live"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/live", views.live, name="live"),
    path("<int:pk>/set-up", views.set_up, name="set_up"),
    path("<int:pk>/refresh", views.refresh, name="refresh"),
    path("<int:pk>/keys", views.replace_keys, name="replace_keys"),
    path("<int:pk>/identities", views.add_identity, name="add_identity"),
    path("<int:pk>/identities/<int:identity_id>/send-link", views.send_link, name="send_link"),
    path("<int:pk>/identities/<int:identity_id>/remove", views.remove_identity, name="remove_identity"),
    path("<int:pk>/domains/<int:identity_id>/", domain_views.page, name="domain"),
    path("<int:pk>/domains/<int:identity_id>/look", domain_views.look, name="look_at_domain"),
    path("<int:pk>/domains/<int:identity_id>/set-up", domain_views.set_up, name="set_up_domain"),
    path("<int:pk>/domains/<int:identity_id>/start-anew", domain_views.start_anew, name="start_domain_anew"),
    path("<int:pk>/domains/<int:identity_id>/zone-file", domain_views.zone_file, name="zone_file"),
]
