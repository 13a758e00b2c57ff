"""Routes of contacts, lists and imports."""

from __future__ import annotations

from django.urls import path

from sendwell.contacts import import_views, views

app_name = "contacts"

urlpatterns = [
    path("contacts/", views.contact_list, name="list"),
    path("contacts/add", views.contact_add, name="add"),
    path("contacts/<int:contact_id>", views.contact_detail, name="detail"),
    path("contacts/<int:contact_id>/leave", views.contact_leave, name="leave"),
    path("contacts/<int:contact_id>/pause", views.contact_pause, name="pause"),
    path("contacts/imports/", import_views.import_list, name="imports"),
    path("contacts/imports/new", import_views.import_new, name="import_new"),
    path("contacts/imports/<int:import_id>", import_views.import_detail, name="import_detail"),
    path("contacts/imports/<int:import_id>/columns", import_views.import_columns, name="import_columns"),
    path("contacts/imports/<int:import_id>/discard", import_views.import_discard, name="import_discard"),
    path("contacts/imports/<int:import_id>/progress", import_views.import_progress, name="import_progress"),
    path("contacts/imports/<int:import_id>/report.csv", import_views.import_csv, name="import_csv"),
    path("lists/", views.lists, name="lists"),
    path("lists/new", views.list_new, name="list_new"),
    path("lists/<int:list_id>", views.list_detail, name="list_detail"),
    path("lists/<int:list_id>/edit", views.list_edit, name="list_edit"),
]
