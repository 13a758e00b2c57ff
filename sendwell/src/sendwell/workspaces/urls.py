"""Routes of sign-in: one-time links, and those of allauth's pages that we use."""

from allauth.account import views as allauth
from django.urls import include, path

from sendwell.workspaces import views

_accounts = [
    path("login/", allauth.login, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    # allauth's templates and forms name these; both lead to the page that says how to get in.
    path("signup/", views.way_in, name="account_signup"),
    path("password/reset/", views.way_in, name="account_reset_password"),
    path("email/", views.to_account, name="account_email"),
]

urlpatterns = [
    path("accounts/", include(_accounts)),
    path("sign-in/<str:token>", views.sign_in, name="sign_in_link"),
]
