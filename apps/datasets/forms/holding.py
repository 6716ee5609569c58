from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class HoldForm(forms.Form):
    """Takes `named`: the version as it is called."""

    reach = forms.ChoiceField(label=_("What is held"), initial="version", widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("A file number or a ground in law. Whoever meets the hold reads it."),
    )
    until = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Left empty, it holds until somebody releases it."),
    )

    def __init__(self, data: Any = None, *, named: str) -> None:
        super().__init__(data)
        choices: list[tuple[str, Any]] = [("version", _("%(version)s alone") % {"version": named})]
        choices.append(("dataset", _("The whole dataset, with versions that are added later")))
        self.fields["reach"].choices = choices  # type: ignore[attr-defined]


class ReleaseForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is released"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )
