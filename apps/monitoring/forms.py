from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class ThresholdForm(forms.Form):
    moved_at = forms.FloatField(
        label=_("Counts as moved from"),
        min_value=0,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
        help_text=_("Population stability index. Below 0.1 is usually called steady."),
    )
    drifted_at = forms.FloatField(
        label=_("Counts as drifted from, and raises an alert"),
        min_value=0,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
        help_text=_("Population stability index. From 0.25 on is usually called drifted."),
    )
    fewest_rows = forms.IntegerField(
        label=_("Fewest rows of a month"),
        min_value=1,
        help_text=_("A month with fewer rows is shown, but not judged."),
    )
    fewest_days = forms.IntegerField(
        label=_("Fewest days of a month"),
        min_value=1,
        max_value=28,
        help_text=_("A month of which fewer days were seen is shown, but not judged: its first days are no month."),
    )


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("What you think of it"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It stays with the alert for those who look later."),
    )


class NoteOfManyForm(NoteForm):
    """The same for all open alerts of a month, or of every month."""

    month = forms.DateField(required=False, input_formats=["%Y-%m"], widget=forms.HiddenInput)


class SpeedForm(forms.Form):
    per_second = forms.FloatField(
        label=_("Rows a second"),
        min_value=0.1,
        max_value=2000,
        initial=20,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )


class ReplayForm(SpeedForm):
    training_set = forms.ChoiceField(
        label=_("Rows of"),
        help_text=_("Sets with an event time; their rows are sent in its order as if they came now."),
    )
    stride = forms.IntegerField(
        label=_("Every n-th row"),
        min_value=1,
        max_value=10_000,
        initial=10,
        help_text=_("10 lets half a year pass ten times as fast."),
    )
    field_order = ("training_set", "per_second", "stride")

    def __init__(self, *args: Any, sets: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["training_set"].choices = list(sets)  # type: ignore[attr-defined]
