"""Reads and writes of workspaces, memberships and sign-in links."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User

from sendwell.workspaces.models import Membership, Role, SignInLink, Workspace


def first_membership(user_id: int) -> Membership | None:
    """The person's oldest membership with its workspace."""
    return Membership.objects.filter(user_id=user_id).select_related("workspace").order_by("id").first()


def owners() -> list[User]:
    """Owners of any workspace, oldest first."""
    return list(User.objects.filter(membership__role=Role.OWNER, is_active=True).order_by("id").distinct())


def user_by_email(email: str) -> User | None:
    """The active person with this address, in upper or lower case, or None."""
    return User.objects.filter(email__iexact=email, is_active=True).order_by("id").first()


def add_workspace(name: str, now: datetime) -> Workspace:
    """A new workspace; nobody belongs to it yet."""
    return Workspace.objects.create(name=name, created_at=now)


def add_owner(workspace: Workspace, email: str) -> User:
    """A person without a usable password who owns the workspace."""
    user = User.objects.create_user(username=email, email=email, password=None)
    Membership.objects.create(user=user, workspace=workspace, role=Role.OWNER)
    return user


def add_link(user: User, token_hash: str, expires_at: datetime) -> None:
    """Keep a sign-in link's hash."""
    SignInLink.objects.create(user=user, token_hash=token_hash, expires_at=expires_at)


def link(token_hash: str) -> SignInLink | None:
    """The link with this hash, used or not, unless its person is switched off."""
    return SignInLink.objects.filter(token_hash=token_hash, user__is_active=True).select_related("user").first()


def use_link(link_id: int, now: datetime) -> bool:
    """Mark a link used; False if somebody was quicker. One statement, so two posts cannot both win."""
    return SignInLink.objects.filter(id=link_id, used_at__isnull=True).update(used_at=now) == 1


def drop_links(user: User) -> None:
    """Forget the person's unused links, so that only the newest one opens anything."""
    SignInLink.objects.filter(user=user, used_at__isnull=True).delete()


def any_workspace() -> Workspace | None:
    """The oldest workspace, or None."""
    return Workspace.objects.order_by("id").first()


def forget_addresses(user: User) -> None:
    """Drop allauth's own record of the person's addresses, so that an old one no longer signs anybody in."""
    EmailAddress.objects.filter(user=user).delete()


def email_taken(email: str, but: int) -> bool:
    """Whether anybody else signs in by this address."""
    return User.objects.filter(email__iexact=email).exclude(id=but).exists()
