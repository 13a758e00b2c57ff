"""The owner's form about a form: fields, hints, errors that say how to mend it.

Lives here: fields and their checks. Must not live here: saving (editing.py), what visitors fill in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from sendwell.connections.models import Connection
from sendwell.contacts.models import List
from sendwell.core.addresses import InvalidAddress, parse
from sendwell.forms import editing, rules
from sendwell.forms.models import SignupForm
from sendwell.forms.rules import Captcha

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[SignupForm]
else:
    _ModelForm = forms.ModelForm  # generic for the type checker only

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class SettingsForm(_ModelForm):
    """Everything an owner decides about a form."""

    lists = forms.ModelMultipleChoiceField(
        queryset=List.objects.none(),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": "Choose at least one list."},
    )
    secret = forms.CharField(
        label="Secret key",
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Kept encrypted and never shown again. Empty keeps the one that is there.",
    )

    privacy_url = forms.URLField(
        label="Privacy notice",
        required=False,
        assume_scheme="https",
        help_text="Its address on your site. The law wants it at the form in many countries.",
    )
    redirect_url = forms.URLField(
        label="Or go to this page",
        required=False,
        assume_scheme="https",
        help_text="Empty shows a page of ours with the words above.",
    )

    class Meta:
        model = SignupForm
        fields: ClassVar[list[str]] = [
            "name",
            "connection",
            "lets_choose",
            "ask_name",
            "language",
            "title",
            "intro",
            "consent",
            "privacy_url",
            "button",
            "thanks",
            "redirect_url",
            "accent",
            "look",
            "origins",
            "captcha",
            "captcha_site_key",
            "from_name",
            "from_address",
            "mail_subject",
            "mail_body",
            "expiry_hours",
            "reminds",
            "welcomes",
            "welcome_subject",
            "welcome_body",
        ]
        labels: ClassVar[dict[str, str]] = {
            "lets_choose": "Visitors choose among these lists (nothing is ticked for them)",
            "ask_name": "Ask for a name",
            "intro": "Introduction",
            "consent": "Consent, beside the box that visitors tick",
            "thanks": "Said after sending",
            "accent": "Colour of the button",
            "look": "Light or dark",
            "origins": "Sites that may embed it",
            "captcha": "Spam check",
            "captcha_site_key": "Site key",
            "mail_subject": "Subject",
            "mail_body": "Mail that asks to confirm",
            "expiry_hours": "The link works for (hours)",
            "reminds": "Remind once after a day",
            "welcomes": "Send a welcome mail after the confirmation",
            "welcome_subject": "Subject",
            "welcome_body": "Welcome mail",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "name": "For you; visitors never see it.",
            "lets_choose": "Without this they join all of them.",
            "language": "Code of the language you write in, such as en or de.",
            "consent": "Say who writes, about what, how often, and how to leave. Kept as evidence, word by word.",
            "thanks": "The same for everybody, also for those who are on the list already.",
            "origins": "One a line, such as https://www.example.com. Needed for the iframe and for scripts.",
            "captcha": "Proof of work runs in the visitor's browser and asks nobody outside. The others need keys.",
            "mail_body": "Markdown. Knows {{ confirm_url }}, {{ lists }}, {{ requested_at }}, {{ sender_name }}. "
            "Nothing that a visitor typed can stand in it.",
            "expiry_hours": "24 to 168. Time that the mail is held by the sandbox does not count.",
            "from_address": "An address on a verified identity of the connection.",
        }
        widgets: ClassVar[dict[str, Any]] = {
            "intro": forms.Textarea({"rows": 2}),
            "consent": forms.Textarea({"rows": 3}),
            "thanks": forms.Textarea({"rows": 3}),
            "origins": forms.Textarea({"rows": 2, "placeholder": "https://www.example.com"}),
            "accent": forms.TextInput({"type": "color", "class": "form-control-color w-100"}),
            "mail_body": forms.Textarea({"rows": 9, "class": "font-monospace"}),
            "welcome_body": forms.Textarea({"rows": 6, "class": "font-monospace"}),
            "from_address": forms.TextInput({"list": "verified-senders", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        workspace = self.instance.workspace
        lists, connections = self.fields["lists"], self.fields["connection"]
        assert isinstance(lists, forms.ModelMultipleChoiceField)
        assert isinstance(connections, forms.ModelChoiceField)
        lists.queryset = List.objects.filter(workspace=workspace).order_by("name")
        connections.queryset = Connection.objects.filter(workspace=workspace).order_by("id")
        connections.empty_label = None
        connections.label_from_instance = _connection_label  # type: ignore[assignment,method-assign]
        if self.instance.pk:
            lists.initial = list(self.instance.lists.all())
        elif len(lists.queryset) == 1:
            lists.initial = list(lists.queryset)

    def clean_accent(self) -> str:
        colour = str(self.cleaned_data["accent"])
        if not _COLOUR.fullmatch(colour):
            raise forms.ValidationError("Write the colour as #rrggbb.")
        return colour.lower()

    def clean_language(self) -> str:
        code = str(self.cleaned_data["language"]).strip()
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", code):
            raise forms.ValidationError("Write a language code such as en, de or pt-BR.")
        return code

    def clean_origins(self) -> str:
        found = rules.origins(self.cleaned_data["origins"])
        for line in found:
            if not editing.is_origin(line):
                raise forms.ValidationError(
                    f"“{line[:80]}” is not a site: write https://www.example.com, without a path."
                )
        return "\n".join(found)

    def clean_from_address(self) -> str:
        try:
            return parse(self.cleaned_data["from_address"]).address
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from error

    def clean_expiry_hours(self) -> int:
        hours = int(self.cleaned_data["expiry_hours"])
        if not 24 <= hours <= 168:
            raise forms.ValidationError(
                "Between 24 and 168 hours: people read mail late, and links must not live long."
            )
        return hours

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        kind = given.get("captcha")
        if kind in (Captcha.NONE, Captcha.ALTCHA) or kind is None:
            return given
        if not given.get("captcha_site_key"):
            self.add_error("captcha_site_key", "This spam check needs the site key that its service gave you.")
        kept = self.instance.captcha_secret and self.initial.get("captcha") == kind
        if not given.get("secret") and not kept:
            self.add_error("secret", "This spam check needs the secret key that its service gave you.")
        return given


def _connection_label(connection: Connection) -> str:
    return f"{connection.name} ({'rehearsal' if connection.is_rehearsal else connection.region})"
