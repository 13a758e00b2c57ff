"""Who made a Django request, for every public page alike.

Lives here: reading the request. Must not live here: what is kept of it (visitors.py), limits, people who signed in.
"""

from __future__ import annotations

from django.http import HttpRequest

from sendwell.core.visitors import Visitor, client_ip


def visitor_of(request: HttpRequest, trusted_proxies: int) -> Visitor:
    """Who asks, behind so many proxies that append to X-Forwarded-For."""
    remote, forwarded = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
    return Visitor(client_ip(remote, forwarded, trusted_proxies), request.headers.get("User-Agent", ""))
