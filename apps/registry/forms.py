from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class RegisterForm(forms.Form):
    """A model version out of a run; an existing model's name makes its next version."""

    run = forms.ChoiceField(label=_("Run"), help_text=_("Only runs that have succeeded have a model."))
    name = forms.CharField(
        label=_("Model"),
        max_length=63,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("Small letters, digits, - and _. A name that is known already makes its next version."),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What the model is for; used where the model is new."),
    )

    def __init__(self, *args: Any, runs: Iterable[tuple[str, str]], names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["run"].choices = list(runs)  # type: ignore[attr-defined]
        known = ", ".join(names)
        if known:
            self.fields["name"].help_text = _(
                "Small letters, digits, - and _. A name that is known makes its next version: %(names)s."
            ) % {"names": known}


class CardForm(forms.Form):
    card = forms.CharField(
        label=_("Model card"),
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "dir": "auto"}),
        help_text=_("Markdown. Say who could be harmed by a wrong answer, and when not to use the model."),
    )
    why = forms.CharField(
        label=_("Why it changes"),
        required=False,
        max_length=200,
        help_text=_("Kept with this edition of the card. Nobody has to say it."),
    )
    card_number = forms.IntegerField(widget=forms.HiddenInput)
