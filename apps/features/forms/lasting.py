"""How long values hold, as forms ask for it: so many of a unit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
UNIT_CHOICES = [("seconds", _("Seconds")), ("minutes", _("Minutes")), ("hours", _("Hours")), ("days", _("Days"))]
# Of seconds this is a hundred years; of more the service tells.
_MOST = 100 * 366 * 86_400


class LastingForm(forms.Form):
    """A definition whose values may have a time to live."""

    ttl = forms.IntegerField(
        label=_("Time to live (TTL)"),
        required=False,
        min_value=1,
        max_value=_MOST,
        help_text=_("How long a value holds; older ones are left out of a join. Empty: they hold for ever."),
    )
    ttl_unit = forms.ChoiceField(label=_("Unit"), initial="hours", choices=UNIT_CHOICES)

    @staticmethod
    def ttl_of(seconds: int | None) -> dict[str, Any]:
        """A time to live as the fields hold it."""
        if not seconds:
            return {"ttl": None, "ttl_unit": "hours"}
        ttl, unit = in_units(seconds)
        return {"ttl": ttl, "ttl_unit": unit}

    def ttl_seconds(self) -> int | None:
        """What was typed so far; None where values hold for ever."""
        ttl, unit = self.cleaned_data.get("ttl"), self.cleaned_data.get("ttl_unit")
        return ttl * UNITS[unit or "hours"] if ttl else None


def in_units(seconds: int) -> tuple[int, str]:
    """So many of the largest unit that divides it."""
    unit = next(name for name in reversed(UNITS) if seconds % UNITS[name] == 0)
    return seconds // UNITS[unit], unit
