"""Refuses requests that are too long before anything reads them. Nothing else about requests lives here.

Django bounds forms but not files: it would write any upload of anybody to disk before a view or the CSRF check looks.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

MOST_BODY = 55_000_000  # bytes: an import's 50 MB, its form and its encoding


class BodyLimit:
    """Middleware that answers 413 to a request that announces more than MOST_BODY; unannounced bodies read as empty."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or len(length) > 15 or int(length) > MOST_BODY:
            text = f"At most {MOST_BODY // 1_000_000} MB can be sent at once.\n"
            return HttpResponse(text, status=413, content_type="text/plain", headers={"Connection": "close"})
        return self._get_response(request)
