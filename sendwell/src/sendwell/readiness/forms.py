"""The form of a request for production access, and that of the send to an unverified address.

Lives here: fields and what each of them accepts. Must not live here: what blocks submit (rules.py), saving, AWS calls.
A draft is saved with anything missing; only text that could never be stored is refused here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from sendwell.core.addresses import InvalidAddress, parse
from sendwell.readiness.models import AccessRequest, LimitKind, MailType
from sendwell.readiness.rules import MARKETING, TRANSACTIONAL

_ANSWERS = [("yes", "Yes"), ("no", "No")]
_TYPES = [(MARKETING, "Marketing"), (TRANSACTIONAL, "Transactional")]


class YesNo(forms.TypedChoiceField):
    """Yes, No, or not answered yet (None)."""

    def __init__(self) -> None:
        super().__init__(choices=_ANSWERS, required=False, coerce=lambda value: value == "yes", empty_value=None)

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value)


if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[AccessRequest]
else:
    _ModelForm = forms.ModelForm  # generic for the type checker only


class RequestForm(_ModelForm):
    """All fields of the SES form except the region, which is the connection's."""

    limit_kind = forms.ChoiceField(choices=LimitKind.choices)
    limit_value = forms.IntegerField(
        label="New limit value",
        required=False,
        min_value=1,
        max_value=2_000_000_000,
        help_text="Ask only for what you will need: a higher value needs more justification, and SES may grant less.",
    )
    sends_per_day = forms.IntegerField(
        label="Messages to each contact on a peak day", required=False, min_value=1, max_value=100
    )
    mail_type = forms.ChoiceField(choices=MailType.choices)
    other_type = forms.ChoiceField(
        label="Which of the two is it closer to?",
        choices=[("", "Choose"), *_TYPES],
        required=False,
        help_text="SES's API knows only these two.",
    )
    website = forms.CharField(
        label="Website URL",
        required=False,
        max_length=1000,
        widget=forms.URLInput,
        help_text="The reviewer looks at it. Best is the page where people sign up. The form calls it optional, but "
        "SES's API refuses a request without it, so it is needed before you send.",
    )
    complies = YesNo()
    requested_only = YesNo()
    handles_feedback = YesNo()
    use_case = forms.CharField(
        label="Use case description",
        required=False,
        max_length=20_000,
        strip=False,
        widget=forms.Textarea({"rows": 12}),
    )

    class Meta:
        model = AccessRequest
        fields: ClassVar[list[str]] = [
            "limit_kind",
            "limit_value",
            "sends_per_day",
            "mail_type",
            "other_type",
            "website",
            "complies",
            "requested_only",
            "handles_feedback",
            "use_case",
        ]

    def clean_sends_per_day(self) -> int:
        return self.cleaned_data.get("sends_per_day") or 1


class ProofForm(forms.Form):
    """From a verified address to one that is not: what SES answers tells sandbox from production."""

    from_address = forms.CharField(label="From, verified", max_length=320)
    to_address = forms.CharField(label="To, yours and not verified", max_length=320)
    owned = forms.BooleanField(
        label="The second address is mine",
        error_messages={"required": "Send only to an address of your own, and say so here."},
    )

    def clean_from_address(self) -> str:
        return _address(self.cleaned_data["from_address"])

    def clean_to_address(self) -> str:
        return _address(self.cleaned_data["to_address"])


def _address(text: str) -> str:
    try:
        return parse(text).address
    except InvalidAddress as error:
        raise forms.ValidationError(str(error)) from error
