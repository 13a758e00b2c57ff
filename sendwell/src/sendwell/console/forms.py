"""Forms of the settings page: the sender behind a workspace's mail, and the signed-in person's address."""

from __future__ import annotations

from django import forms

from sendwell.core.addresses import InvalidAddress, parse
from sendwell.workspaces.models import Workspace


class SenderForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Who sends: the name and postal address that stand in every marketing mail."""

    website = forms.URLField(
        required=False,
        assume_scheme="https",
        help_text="Where people read what you send. Amazon asks for it in a request for production access.",
        widget=forms.URLInput(attrs={"placeholder": "https://example.com"}),
    )

    class Meta:
        model = Workspace
        fields = ["name", "sender_name", "postal_address", "website"]
        labels = {
            "name": "Workspace name",
            "sender_name": "Legal name of the sender",
            "postal_address": "Postal address",
        }
        help_texts = {
            "name": "Seen by you only.",
            "sender_name": "Your company or your own name, as in an imprint.",
            "postal_address": "Street, town, country. Stands under the legal name in every campaign mail, as CAN-SPAM "
            "and other laws ask.",
        }
        widgets = {
            "postal_address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
            "sender_name": forms.TextInput(attrs={"autocomplete": "organization"}),
        }


class EmailForm(forms.Form):
    """The address a person signs in with."""

    email = forms.CharField(
        label="E-mail address",
        max_length=254,
        help_text="You sign in with it. sendwell sends nothing to it yet.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_email(self) -> str:
        """Any address but the one of the first run may be chosen; that one stays valid for its owner."""
        text = str(self.cleaned_data["email"]).strip()
        if text.lower() == "owner@localhost":
            return text.lower()
        try:
            return parse(text).key  # lower case: allauth looks addresses up that way
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from error
