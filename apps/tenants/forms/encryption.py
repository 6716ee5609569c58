from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

_LTR = {"dir": "ltr", "autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class RotateForm(forms.Form):
    reseal = forms.BooleanField(
        label=_("Seal what is stored already under the new key, too"),
        required=False,
        help_text=_("Otherwise older objects stay under the older key, which goes on opening them."),
    )


class BringForm(forms.Form):
    """Takes `vault_beginning`: how the names of the tenant's keys in Vault begin; empty without Vault."""

    secret = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=200,
        # Not rendered again after a refusal: a key stands in no page.
        widget=forms.PasswordInput(attrs=_LTR),
        help_text=_("32 random bytes in base64: openssl rand -base64 32. It is never shown again; keep it safe."),
    )
    vault_key = forms.CharField(label=_("Or its name in Vault"), required=False, max_length=120)

    def __init__(self, data: Any = None, *, vault_beginning: str) -> None:
        super().__init__(data)
        name = self.fields["vault_key"]
        name.widget.attrs.update(_LTR)
        name.help_text = _("It begins with %(beginning)s and stays in your hands.") % {"beginning": vault_beginning}
        if not vault_beginning:
            del self.fields["vault_key"]
            self.fields["secret"].required = True


class WithdrawForm(forms.Form):
    """Takes `name`: the tenant's short name, which is to be typed."""

    confirmation = forms.CharField(label=_("Short name of the organisation"), max_length=63)

    def __init__(self, data: Any = None, *, name: str) -> None:
        super().__init__(data)
        field = self.fields["confirmation"]
        field.widget.attrs.update(_LTR)
        field.help_text = _("Type %(name)s to confirm.") % {"name": name}
