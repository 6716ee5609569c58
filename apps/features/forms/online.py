from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.web.editing import EditForm

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}


class FreshnessForm(EditForm):
    """How old the latest event online may be before it is an alert; empty: any age."""

    age = forms.IntegerField(label=_("Latest event at most"), required=False, min_value=1, max_value=1_000_000)
    unit = forms.ChoiceField(
        label=_("Unit"),
        initial="hours",
        choices=[("seconds", _("Seconds")), ("minutes", _("Minutes")), ("hours", _("Hours")), ("days", _("Days"))],
    )

    @staticmethod
    def of(seconds: int | None) -> dict[str, Any]:
        """An age in the largest unit that divides it."""
        unit = next((name for name in reversed(_UNITS) if seconds and seconds % _UNITS[name] == 0), "hours")
        return {"age": seconds // _UNITS[unit] if seconds else None, "unit": unit}

    @property
    def seconds(self) -> int | None:
        age, unit = self.cleaned_data["age"], self.cleaned_data["unit"]
        return age * _UNITS[unit] if age else None
