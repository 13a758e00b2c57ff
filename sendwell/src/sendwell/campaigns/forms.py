"""Forms of a campaign: the draft, and the test mail.

Lives here: fields, what each accepts, their hints. Must not live here: what blocks a start (rules.py), saving.
A draft may be saved with gaps; only name, list and connection are needed to have one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from sendwell.campaigns.models import Campaign
from sendwell.connections.models import Connection
from sendwell.contacts.models import List
from sendwell.core.addresses import InvalidAddress, parse
from sendwell.workspaces.models import Workspace

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Campaign]
else:
    _ModelForm = forms.ModelForm  # generic for the type checker only


class CampaignForm(_ModelForm):
    """Everything an owner writes of a campaign, on one page."""

    class Meta:
        model = Campaign
        fields: ClassVar[list[str]] = [
            "name",
            "list",
            "connection",
            "from_name",
            "from_address",
            "reply_to",
            "subject",
            "body_format",
            "body",
        ]
        labels: ClassVar[dict[str, str]] = {
            "from_name": "From name",
            "from_address": "From address",
            "reply_to": "Reply-To",
            "body_format": "Written in",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "name": "For you; recipients never see it.",
            "list": "Only confirmed contacts of it are mailed, each once.",
            "from_address": "An address on a verified identity of the connection.",
            "reply_to": "Where answers go, if not to the From address. Need not be verified.",
        }
        widgets: ClassVar[dict[str, Any]] = {
            "body": forms.Textarea({"rows": 16, "class": "font-monospace"}),
            "from_address": forms.TextInput({"list": "verified-senders", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = self.fields["list"]
        connections = self.fields["connection"]
        assert isinstance(lists, forms.ModelChoiceField)
        assert isinstance(connections, forms.ModelChoiceField)
        lists.queryset = List.objects.filter(workspace=workspace).order_by("name")
        lists.empty_label = None
        connections.queryset = Connection.objects.filter(workspace=workspace).order_by("id")
        connections.empty_label = None
        connections.label_from_instance = _connection_label  # type: ignore[assignment,method-assign]

    def clean_from_address(self) -> str:
        return _address(self.cleaned_data["from_address"])

    def clean_reply_to(self) -> str:
        return _address(self.cleaned_data["reply_to"])


class TestForm(forms.Form):
    """One address for a test mail, and whose values to fill in."""

    __test__ = False  # not a test case, whatever its name begins with

    address = forms.CharField(label="Send a test to", max_length=320)
    contact = forms.IntegerField(required=False, widget=forms.HiddenInput)
    nonce = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def clean_address(self) -> str:
        return _address(self.cleaned_data["address"])


def _connection_label(connection: Any) -> str:
    return f"{connection.name} · {connection.region}"


def _address(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return parse(text).address
    except InvalidAddress as error:
        raise forms.ValidationError(str(error)) from error
