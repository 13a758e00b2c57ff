"""Workspaces and who belongs to them. People themselves are Django's users; sign-in is allauth's."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


class Workspace(models.Model):
    """One sender: its legal name and postal address stand in every marketing mail (CAN-SPAM 15 U.S.C. 7704(a)(5))."""

    name = models.CharField(max_length=120)
    sender_name = models.CharField(max_length=120, blank=True, default="")
    postal_address = models.TextField(blank=True, default="")
    website = models.URLField(blank=True, default="")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "workspace"], name="membership_once")]


class SignInLink(models.Model):
    """A one-time sign-in: only the token's hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
