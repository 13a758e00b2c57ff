"""Routes of the dashboard and the account page."""

from django.urls import path

from sendwell.console import views

app_name = "console"
urlpatterns = [
    path("", views.home, name="home"),
    path("health", views.health, name="health"),
    path("account/", views.account, name="account"),
]
