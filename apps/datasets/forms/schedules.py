"""When something is read: the usual rhythms in words, all others by the five fields of cron."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.datasets.choices import Rhythm, Weekday

_ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]
_USUAL = (
    (Rhythm.HOURLY, re.compile(r"(?P<minute>\d{1,2}) \* \* \* \*")),
    (Rhythm.DAILY, re.compile(r"(?P<minute>\d{1,2}) (?P<hour>\d{1,2}) \* \* \*")),
    (Rhythm.WEEKLY, re.compile(r"(?P<minute>\d{1,2}) (?P<hour>\d{1,2}) \* \* (?P<weekday>[0-6])")),
)


class ScheduleFields(forms.Form):
    rhythm = forms.ChoiceField(
        label=_("When it is read"), choices=Rhythm.choices, widget=forms.RadioSelect, required=False, initial="hand"
    )
    minute = forms.IntegerField(label=_("Minute of the hour"), min_value=0, max_value=59, required=False, initial=0)
    at = forms.TimeField(
        label=_("Time of day"),
        required=False,
        initial=time(6),
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "dir": "ltr"}),
    )
    weekday = forms.ChoiceField(label=_("Day of the week"), choices=Weekday.choices, required=False)
    cron = forms.CharField(
        label=_("Fields of cron"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "placeholder": "30 6 * * 1-5", "autocomplete": "off"}),
        help_text=_("Minute, hour, day of the month, month, day of the week."),
    )
    zone = forms.ChoiceField(
        label=_("Time zone"), choices=_ZONES, required=False, widget=forms.Select(attrs={"dir": "ltr"})
    )

    def cron_said(self) -> str:
        """Five fields, or nothing where nobody but people and programs starts it."""
        return cron_of(self.cleaned_data)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("rhythm") == Rhythm.CRON and not cleaned.get("cron", "").strip() and "cron" not in self.errors:
            self.add_error("cron", _("Write five fields, like 30 6 * * 1-5."))
        return cleaned


def cron_of(said: Mapping[str, Any]) -> str:
    """The five fields that the form's fields mean."""
    minute, at = said.get("minute") or 0, said.get("at") or time(6)
    words = {
        Rhythm.HOURLY: f"{minute} * * * *",
        Rhythm.DAILY: f"{at.minute} {at.hour} * * *",
        Rhythm.WEEKLY: f"{at.minute} {at.hour} * * {said.get('weekday') or Weekday.MONDAY.value}",
        Rhythm.CRON: " ".join(said.get("cron", "").split()),
    }
    return words.get(Rhythm(said.get("rhythm") or Rhythm.HAND), "")


def rhythm_of(cron: str) -> dict[str, Any]:
    """The fields of the form that say the same as five fields of cron."""
    if not cron:
        return {"rhythm": Rhythm.HAND}
    for rhythm, pattern in _USUAL:
        found = pattern.fullmatch(cron)
        if found is None:
            continue
        said = {name: int(value) for name, value in found.groupdict().items()}
        if said["minute"] < 60 and said.get("hour", 0) < 24:
            at = time(said.get("hour", 0), said["minute"])
            return {"rhythm": rhythm, "minute": said["minute"], "at": at, "weekday": str(said.get("weekday", 1))}
    return {"rhythm": Rhythm.CRON, "cron": cron}
