"""Forms of the suppression list. Lives here: fields and their checks. Must not live here: saving."""

from __future__ import annotations

from django import forms

from sendwell.core.addresses import Address, InvalidAddress, parse


class AddForm(forms.Form):
    """An address to suppress by hand, and why."""

    address = forms.CharField(label="E-mail address", max_length=320)
    because = forms.CharField(
        label="Why?", max_length=300, help_text="Kept with the entry, for example “asked by telephone on 3 May”."
    )

    def clean_address(self) -> Address:
        try:
            return parse(self.cleaned_data["address"])
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from error


class LiftForm(forms.Form):
    """Why an address may be mailed again."""

    because = forms.CharField(
        label="Why may this address be mailed again?",
        max_length=300,
        help_text="Kept for good, with your name. For example “mailbox was full, owner wrote from it today”.",
    )
