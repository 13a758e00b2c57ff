"""Signup forms, what they showed, who asked by them, and the mails that ask back.

A signup is a wish that nobody has proven yet: it lives here and touches no contact before it is confirmed.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sendwell.connections.models import Connection
from sendwell.contacts.models import Contact, List
from sendwell.content.models import Content
from sendwell.forms.rules import Captcha, MailKind, SignupReason, SignupStatus
from sendwell.workspaces.models import Workspace

CAPTCHA_CHOICES = [
    (Captcha.ALTCHA.value, "ALTCHA: proof of work, on this machine"),
    (Captcha.NONE.value, "None"),
    (Captcha.TURNSTILE.value, "Cloudflare Turnstile"),
    (Captcha.HCAPTCHA.value, "hCaptcha"),
    (Captcha.RECAPTCHA_V2.value, "Google reCAPTCHA v2"),
    (Captcha.RECAPTCHA_V3.value, "Google reCAPTCHA v3"),
    (Captcha.FRIENDLY.value, "Friendly Captcha"),
]


class SignupForm(models.Model):
    """One form: what it offers, says, checks and sends. `public_id` stands in its public address."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    public_id = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120, help_text="For the owner; visitors never see it.")
    lists = models.ManyToManyField(List, related_name="+")
    lets_choose = models.BooleanField(default=False, help_text="Visitors tick lists; else they join all of them.")
    ask_name = models.CharField(
        max_length=8, default="no", choices=[("no", "No"), ("optional", "May be given"), ("required", "Must be given")]
    )
    language = models.CharField(max_length=12, default="en")
    title = models.CharField(max_length=120)
    intro = models.TextField(blank=True, default="")
    consent = models.TextField()
    privacy_url = models.URLField(blank=True, default="")
    button = models.CharField(max_length=60, default="Sign up")
    thanks = models.TextField()
    redirect_url = models.URLField(blank=True, default="", help_text="Instead of the thank-you page.")
    accent = models.CharField(max_length=7, default="#0b6475")
    look = models.CharField(
        max_length=5,
        default="auto",
        choices=[("auto", "As the visitor's device"), ("light", "Light"), ("dark", "Dark")],
    )
    origins = models.TextField(blank=True, default="", help_text="Sites that may embed it, one a line.")
    captcha = models.CharField(max_length=12, choices=CAPTCHA_CHOICES, default=Captcha.ALTCHA.value)
    captcha_site_key = models.CharField(max_length=200, blank=True, default="")
    captcha_secret = models.TextField(blank=True, default="", help_text="Encrypted with the key ring.")
    from_name = models.CharField(max_length=120, blank=True, default="")
    from_address = models.CharField(max_length=320)
    mail_subject = models.CharField(max_length=200)
    mail_body = models.TextField()
    mail_content = models.ForeignKey(Content, on_delete=models.PROTECT, null=True, related_name="+")
    expiry_hours = models.PositiveIntegerField(default=72)
    reminds = models.BooleanField(default=True)
    welcomes = models.BooleanField(default=False)
    welcome_subject = models.CharField(max_length=200, blank=True, default="")
    welcome_body = models.TextField(blank=True, default="")
    welcome_content = models.ForeignKey(Content, on_delete=models.PROTECT, null=True, related_name="+")
    is_open = models.BooleanField(default=True)
    closed_because = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class FormText(models.Model):
    """What a form showed, word by word. Append-only: a change of words is a new version."""

    form = models.ForeignKey(SignupForm, on_delete=models.PROTECT, related_name="texts")
    version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    shown = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form", "sha256"], name="form_text_once"),
            models.UniqueConstraint(fields=["form", "version"], name="form_text_version"),
        ]


class Signup(models.Model):
    """Somebody asked, by a form, to put an address on lists. Only a confirmation makes a contact of it."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    form = models.ForeignKey(SignupForm, on_delete=models.PROTECT, related_name="signups")
    text = models.ForeignKey(FormText, on_delete=models.PROTECT)
    address = models.CharField(max_length=320, help_text="As typed, trimmed.")
    key = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True, default="")
    list_ids = models.JSONField()
    lists_key = models.CharField(max_length=400, help_text="The lists' numbers in order, joined by commas.")
    status = models.CharField(max_length=10, choices=[(s.value, s.label) for s in SignupStatus])
    reason = models.CharField(max_length=12, blank=True, default="", choices=[(r.value, r.label) for r in SignupReason])
    requests = models.PositiveIntegerField(default=1)
    requested_at = models.DateTimeField()
    asked_again_at = models.DateTimeField()
    evidence = models.JSONField(help_text="Where and how it was asked: URL, network, browser, captcha.")
    confirmed_at = models.DateTimeField(null=True)
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["form", "text", "key", "lists_key"], condition=Q(status="pending"), name="signup_one_pending"
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "key"], name="signup_address"),
            models.Index(fields=["form", "status"], name="signup_form_status"),
            models.Index(fields=["form", "requested_at"], name="signup_form_time"),
        ]


class OptInMail(models.Model):
    """A mail that asks to confirm. Its token is kept as a hash only; the ledger's row holds the rest.

    One for each address and ten minutes over all forms stands in the schema: no race sends two.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    signup = models.ForeignKey(Signup, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in MailKind])
    key = models.CharField(max_length=320)
    window = models.BigIntegerField(help_text="Epoch seconds divided by 600.")
    token_hash = models.CharField(max_length=64, unique=True)
    message_id = models.BigIntegerField(help_text="The ledger's row.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "key", "window"], name="opt_in_mail_window")]
        indexes = [models.Index(fields=["message_id"], name="opt_in_mail_message")]


class Tally(models.Model):
    """A count of one sort for one subject in one span of time: limits and figures. Subjects that name people are
    keyed hashes."""

    sort = models.CharField(max_length=24)
    subject = models.CharField(max_length=64)
    span = models.BigIntegerField(help_text="Epoch seconds divided by the sort's length.")
    number = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sort", "subject", "span"], name="tally_once")]
        indexes = [models.Index(fields=["expires_at"], name="tally_expiry")]


class SpentChallenge(models.Model):
    """A proof of work that was used: the library keeps no such table, and a proof must count once."""

    nonce = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()
