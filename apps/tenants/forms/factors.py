from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

_CODE = {"dir": "ltr", "autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}


class AppForm(forms.Form):
    """The code that an authenticator app shows once it holds the secret."""

    code = forms.CharField(
        label=_("Code that the app shows"), max_length=20, widget=forms.TextInput(attrs={**_CODE, "autofocus": True})
    )


class PasskeyForm(forms.Form):
    """A passkey: the browser's script fills in what the device answered."""

    name = forms.CharField(
        label=_("Name"), max_length=80, initial=_("This device"), help_text=_("So that you find it again in the list.")
    )
    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages={"required": _("The device gave no passkey. Press the button and follow the browser.")},
    )
