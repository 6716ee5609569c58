from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class ForEverForm(forms.Form):
    """Takes `name`: that of the thing, which is to be typed."""

    confirmation = forms.CharField(
        label=_("Its name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})
    )

    def __init__(self, data: Any = None, *, name: str) -> None:
        super().__init__(data)
        self.fields["confirmation"].help_text = _("Type %(name)s to confirm.") % {"name": name}
