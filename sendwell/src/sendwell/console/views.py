"""The dashboard and the account page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # a view's signature
    """For load balancers and `sendwell up`: we answer. Says nothing about the database or SES."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where things stand and what to do next."""
    return render(request, "console/home.html")


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """The signed-in person's e-mail address and password."""
    return render(request, "console/account.html")
