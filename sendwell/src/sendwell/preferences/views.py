"""The page behind every unsubscribe link, and the one-click endpoint at the same address (RFC 8058).

GET, HEAD and OPTIONS change nothing: mail software and link scanners fetch them. A POST needs the one-click field or a
button of our page. No answer redirects, sets a cookie, or shows more of an address than its first letter and domain.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sendwell.core.installation import installation
from sendwell.core.requests import visitor_of
from sendwell.core.tokens import BadTokenError, LinkToken, Purpose
from sendwell.preferences import service
from sendwell.preferences.rules import Ask, mask, read_ask

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page, or leave."""
    parts = installation()
    try:
        found = service.read_token(parts.ring, token)
    except BadTokenError:
        return _page("preferences/damaged.html", {}, status=404)
    if request.method == "OPTIONS":
        return _sealed(HttpResponse(status=204, headers={"Allow": "GET, HEAD, POST, OPTIONS"}))
    if request.method != "POST":
        return _show(found)
    ask = read_ask(request.POST)
    if ask is Ask.NOTHING:
        return _show(found, asked_nothing=True)
    service.leave(found, ask, visitor_of(request, parts.config.trusted_proxies), parts.clock.now())
    if ask is Ask.ONE_CLICK:
        test = found.purpose is Purpose.TEST_UNSUBSCRIBE
        text = "This was a test: nobody was unsubscribed.\n" if test else "You are unsubscribed.\n"
        return _sealed(HttpResponse(text, content_type="text/plain; charset=utf-8"))
    return _show(found, done=ask)


def _show(token: LinkToken, *, done: Ask | None = None, asked_nothing: bool = False) -> HttpResponse:
    status = 400 if asked_nothing else 200
    if token.purpose is Purpose.TEST_UNSUBSCRIBE:
        return _page("preferences/test.html", {"done": done}, status=status)
    member = service.membership(token)
    if member is None:
        return _page("preferences/gone.html", {}, status=status)
    context = {
        "member": member,
        "masked": mask(member.address),
        "done": done,
        "asked_nothing": asked_nothing,
        "by_list": member.list_id is not None,
        "may_leave_list": member.on_list and not member.left_everything,
    }
    return _page("preferences/leave.html", context, status=status)


def _page(template: str, context: dict[str, Any], status: int) -> HttpResponse:
    # Rendered without the request: a page for strangers needs no session, user or navigation.
    return _sealed(HttpResponse(render_to_string(template, context), status=status))


def _sealed(response: HttpResponse) -> HttpResponse:
    for name, value in _HEADERS.items():
        response[name] = value
    return response
