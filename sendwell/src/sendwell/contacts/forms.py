"""Forms of contacts, lists and imports: what people may type, and errors that say how to mend it.

Lives here: fields and their checks. Must not live here: saving, decisions about consent.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, NamedTuple

from django import forms
from django.core.files.uploadedfile import UploadedFile

from sendwell.contacts.import_rules import clean
from sendwell.contacts.imports import MOST_BYTES
from sendwell.contacts.models import ConsentBasis, List
from sendwell.core.addresses import Address, InvalidAddress, parse
from sendwell.workspaces.models import Workspace


class BasisChoice(NamedTuple):
    """A consent basis in words that anybody understands."""

    value: str
    label: str
    text: str


BASES = (
    BasisChoice(
        ConsentBasis.DOUBLE_OPT_IN,
        "Double opt-in",
        "They signed up and confirmed by a link in a mail, and you can show when.",
    ),
    BasisChoice(
        ConsentBasis.SINGLE_OPT_IN,
        "Signed up",
        "They asked for this mail on a form or on paper; nobody confirmed by mail.",
    ),
    BasisChoice(
        ConsentBasis.CUSTOMER,
        "Customers",
        "They bought from you, were told then that you send such mail, and could object. Only for products like those.",
    ),
    BasisChoice(
        ConsentBasis.NONE,
        "None, or I do not know",
        "They are taken in as unconfirmed. No campaign mails them.",
    ),
)


class BasisField(forms.ChoiceField):
    """The choice of a basis, as radio buttons with explanations (see _basis.html)."""

    def __init__(self) -> None:
        super().__init__(
            label="What did these people agree to?",
            choices=[(basis.value, basis.label) for basis in BASES],
            widget=forms.RadioSelect,
            error_messages={"required": "Choose what these people agreed to."},
        )

    explained = BASES


class ListForm(forms.Form):
    """A list's name and what subscribers read about it."""

    name = forms.CharField(max_length=120, help_text="Stands in mails: “You are on the list …”.")
    description = forms.CharField(
        max_length=300, required=False, help_text="Shown to subscribers on the page where they leave. May stay empty."
    )


class _OfWorkspace(forms.Form):
    """A form that offers the workspace's lists."""

    list = forms.ModelChoiceField(queryset=List.objects.none(), empty_label="Choose a list")

    def __init__(self, workspace: Workspace, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = List.objects.filter(workspace=workspace).order_by("name")
        self.fields["list"].queryset = lists  # type: ignore[attr-defined]
        if len(lists) == 1:
            self.fields["list"].initial = lists[0]


class ContactForm(_OfWorkspace):
    """One person, with the basis on which they may be mailed."""

    field_order = ("address", "name", "list", "basis", "source")

    address = forms.CharField(label="E-mail address", max_length=320)
    name = forms.CharField(max_length=200, required=False)
    basis = BasisField()
    source = forms.CharField(
        label="Where does the consent come from?",
        max_length=200,
        help_text="In your words, for example “card filled in at the fair, 3 May 2026”. It is kept as evidence.",
    )

    def clean_address(self) -> Address:
        try:
            return parse(self.cleaned_data["address"])
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from error

    def clean_name(self) -> str:
        return clean(self.cleaned_data["name"], 200)


class ImportForm(_OfWorkspace):
    """A CSV file, and who says what its people agreed to."""

    field_order = ("file", "list", "source", "basis", "attested")

    file = forms.FileField(
        label="CSV file",
        help_text="At most 50 MB. The first line holds the headings, for example email,name,city.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        error_messages={
            "required": "Choose a file.",
            "empty": "The file is empty. Its first line holds the headings, such as email,name.",
        },
    )
    source = forms.CharField(
        label="Where do these addresses come from?",
        max_length=200,
        help_text="In your words, for example “newsletter form on our website, 2023 to 2026”. It is kept as evidence.",
    )
    basis = BasisField()
    attested = forms.BooleanField(error_messages={"required": "Tick this to say that it is true; else choose None."})

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                "The file is larger than 50 MB. Split it and import the parts one after the other."
            )
        return file


class PauseForm(forms.Form):
    """The day on which mail may start again."""

    until = forms.DateField(
        label="No campaigns until",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="From 00:00 UTC on that day.",
    )

    def moment(self) -> datetime:
        return datetime.combine(self.cleaned_data["until"], time(0), tzinfo=UTC)
