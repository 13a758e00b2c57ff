"""Signing in by one-time link, and the page that says how to get such a link."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from sendwell.core.installation import installation
from sendwell.workspaces import service


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows one button, because mail scanners and chat previews open links; POST signs in, once."""
    now = installation().clock.now()
    if request.method != "POST":
        opens = service.link_opens(token, now)
        return render(request, "account/sign_in_link.html", {"opens": opens}, status=200 if opens else 410)
    user = service.redeem(token, now)
    if user is None:
        return render(request, "account/sign_in_link.html", {"opens": False}, status=410)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("console:home")


@login_not_required
@require_safe
def way_in(request: HttpRequest) -> HttpResponse:
    """How to get in without a password: a new one-time link, made on the server."""
    return render(request, "account/way_in.html")


@require_safe
def to_account(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # a view's signature
    """allauth's own e-mail page is not used; ours is the account page."""
    return redirect("console:settings")
