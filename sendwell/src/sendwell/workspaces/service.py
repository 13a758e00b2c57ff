"""People, workspaces and sign-in links: the only way in for other features.

Lives here: whose workspace a request belongs to, role checks, first-run set-up, one-time sign-in. Must not live here:
passwords and sessions (Django's and allauth's), pages (views.py).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from sendwell.workspaces import rules, store
from sendwell.workspaces.models import Membership, Role, Workspace

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

FIRST_OWNER = "owner@localhost"
FIRST_WORKSPACE = "My workspace"


class UnknownPersonError(LookupError):
    """Nobody signs in with that address."""


class AddressTakenError(ValueError):
    """Somebody else signs in with that address."""


def membership_of(request: HttpRequest) -> Membership:
    """The signed-in person's membership, read once per request. Raises PermissionDenied if they have none."""
    found = cast("Membership | None", getattr(request, "_sendwell_membership", None))
    if found is None:
        found = store.first_membership(cast(User, request.user).pk)
        if found is None:
            raise PermissionDenied("You belong to no workspace. Ask its owner to add you.")
        request._sendwell_membership = found  # type: ignore[attr-defined]
    return found


def workspace_of(request: HttpRequest) -> Workspace:
    """The workspace that this request is about. Raises PermissionDenied if the person belongs to none."""
    return membership_of(request).workspace


def role_of(request: HttpRequest) -> Role:
    """The person's role in `workspace_of(request)`."""
    return Role(membership_of(request).role)


def require_editor(view: View) -> View:
    """Decorate a view that changes something: viewers get the 403 page."""
    return _require(Role.EDITOR, view)


def require_owner(view: View) -> View:
    """Decorate a view that only an owner may use."""
    return _require(Role.OWNER, view)


def _require(role: Role, view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not rules.allows(role_of(request), role):
            raise PermissionDenied(f"Only {role.label.lower()}s of this workspace may do that. Ask its owner.")
        return view(request, *args, **kwargs)

    return cast(View, checked)


def ensure_first_workspace(now: datetime) -> Workspace:
    """The workspace; a fresh database gets one, with an owner who has no password and signs in by link."""
    with transaction.atomic():
        workspace = store.any_workspace()
        if workspace is None:
            workspace = store.add_workspace(FIRST_WORKSPACE, now)
            store.add_owner(workspace, FIRST_OWNER)
    return workspace


def make_sign_in_token(email: str | None, now: datetime) -> str:
    """A new one-time token for the person, or for the first owner; older unused ones stop working.

    Raises UnknownPersonError if there is no such person.
    """
    owners = store.owners()
    user = store.user_by_email(email) if email else (owners[0] if owners else None)
    if user is None:
        raise UnknownPersonError(
            f"Nobody signs in as {email}." if email else "There is no owner yet: run `sendwell up` once."
        )
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        store.drop_links(user)
        store.add_link(user, rules.token_hash(token), now + rules.SIGN_IN_LINK_LIFE)
    return token


def link_opens(token: str, now: datetime) -> bool:
    """True if the token would sign somebody in now. Changes nothing."""
    link = store.link(rules.token_hash(token))
    return link is not None and rules.link_opens(link.expires_at, link.used_at, now)


def redeem(token: str, now: datetime) -> User | None:
    """The person the token signs in, or None if it is unknown, used or too old. Works once."""
    link = store.link(rules.token_hash(token))
    if link is None or not rules.link_opens(link.expires_at, link.used_at, now):
        return None
    return link.user if store.use_link(link.pk, now) else None


def change_email(user: User, email: str) -> None:
    """Give the person another sign-in address. Raises AddressTakenError."""
    with transaction.atomic():
        if store.email_taken(email, user.pk):
            raise AddressTakenError("Somebody else signs in with this address.")
        user.email = user.username = email
        user.save(update_fields=["email", "username"])
        store.forget_addresses(user)
