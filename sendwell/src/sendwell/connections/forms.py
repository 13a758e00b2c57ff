"""Forms of the connection pages: keys, identities."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import botocore.session
from django import forms

from sendwell.amazon.signing import Credentials
from sendwell.connections import records, rules
from sendwell.connections.models import ConnectionKind

_NAMES = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "ca-central-1": "Canada (Central)",
    "eu-central-1": "Europe (Frankfurt)",
    "eu-west-1": "Europe (Ireland)",
    "eu-west-2": "Europe (London)",
    "eu-west-3": "Europe (Paris)",
    "eu-north-1": "Europe (Stockholm)",
    "eu-south-1": "Europe (Milan)",
    "ap-south-1": "Asia Pacific (Mumbai)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-northeast-2": "Asia Pacific (Seoul)",
    "sa-east-1": "South America (São Paulo)",
}


@cache
def regions() -> list[tuple[str, str]]:
    """Regions that have SES, by botocore's own list, as (code, label)."""
    session = botocore.session.get_session()
    codes = {
        code
        for partition in ("aws", "aws-us-gov", "aws-cn")
        for code in session.get_available_regions("sesv2", partition_name=partition)
        if not code.endswith("-fips") and not code.startswith("fips-")
    }
    return [(code, f"{code} · {_NAMES[code]}" if code in _NAMES else code) for code in sorted(codes)]


class KeysForm(forms.Form):
    """An access key pair."""

    access_key_id = forms.CharField(
        label="Access key ID",
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "AKIA…"}),
    )
    secret_access_key = forms.CharField(
        label="Secret access key",
        max_length=256,
        help_text="Encrypted on this machine and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def keys(self) -> Credentials:
        """The pair as given, without the spaces that copying brings."""
        return Credentials(self.cleaned_data["access_key_id"].strip(), self.cleaned_data["secret_access_key"].strip())


class ConnectForm(KeysForm):
    """A new connection. The kind is offered only where the deployment knows a custom endpoint."""

    kind = forms.ChoiceField(label="Service", required=False)
    region = forms.ChoiceField(
        label="Region", help_text="Sandbox, quota, identities and suppression are separate for every region."
    )
    field_order = ["kind", "region", "access_key_id", "secret_access_key"]

    def __init__(self, *args: Any, custom_endpoint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(ConnectionKind.AWS.value, "Amazon SES")]
        if custom_endpoint:
            kinds.append((ConnectionKind.ENDPOINT.value, f"Custom endpoint {custom_endpoint}"))
        else:
            self.fields["kind"].widget = forms.HiddenInput()
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["kind"].initial = ConnectionKind.AWS.value
        self.fields["region"].choices = regions()  # type: ignore[attr-defined]
        self.fields["region"].initial = "us-east-1"

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or ConnectionKind.AWS.value


class IdentityForm(forms.Form):
    """An address or a domain."""

    name = forms.CharField(max_length=320)

    def clean_name(self) -> str:
        name = rules.identity_name(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("Enter an e-mail address, or a domain such as example.com.")
        if not name.isascii():
            raise forms.ValidationError("Amazon SES takes ASCII only: write the domain in its xn-- form.")
        return name


class DomainForm(forms.Form):
    """The owner's two choices for a domain: where bounces go, where DMARC reports go."""

    mail_from = forms.CharField(
        label="MAIL FROM subdomain",
        max_length=253,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
        help_text="Receivers send bounces there, and it lets SPF count for your domain. Nothing else may use it.",
    )
    report_to = forms.CharField(
        label="DMARC reports to",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
        help_text="Receivers send a report a day there about mail in your name, yours or not. A mailbox that you read.",
    )

    def __init__(self, *args: Any, domain: str, taken: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._domain, self._taken = domain, taken

    def clean_mail_from(self) -> str:
        value = str(self.cleaned_data["mail_from"]).strip().lower().rstrip(".")
        if value and "." not in value:
            value = f"{value}.{self._domain}"
        problem = records.mail_from_problem(self._domain, value, self._taken)
        if problem:
            raise forms.ValidationError(problem)
        return value

    def clean_report_to(self) -> str:
        value = str(self.cleaned_data["report_to"]).strip()
        problem = records.report_problem(value)
        if problem:
            raise forms.ValidationError(problem)
        return value


class TesterForm(IdentityForm):
    """An address that may receive while the account is in the sandbox."""

    def clean_name(self) -> str:
        name = super().clean_name()
        if "@" not in name:
            raise forms.ValidationError("Enter one person's e-mail address.")
        return name
