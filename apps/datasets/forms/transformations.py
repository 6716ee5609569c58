from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.datasets.choices import TransformationMode, TransformationTrigger
from apps.datasets.models import TransformationDefinition
from foundation.web.sql_forms import SqlForm


class TransformationForm(SqlForm):
    """SQL over datasets, at their newest versions; when it runs, and whether it reads new rows alone."""

    name = forms.CharField(label=_("Name"), max_length=120)
    dataset = forms.ChoiceField(label=_("Rows go to"), required=False)
    new_dataset = forms.CharField(label=_("Name of the new dataset"), max_length=120, required=False)
    trigger = forms.ChoiceField(label=_("It runs"), choices=TransformationTrigger.choices)
    cron = forms.CharField(
        label=_("At (crontab)"),
        max_length=120,
        required=False,
        help_text=_("Minute, hour, day, month, day of the week: 0 6 * * 1-5 is at six on working days."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    time_zone = forms.ChoiceField(label=_("In the time zone"), required=False)
    mode = forms.ChoiceField(label=_("It reads"), choices=TransformationMode.choices)
    growing = forms.CharField(
        label=_("The input that grows"),
        max_length=63,
        required=False,
        help_text=_("Its name in the SQL. For new rows alone, the SQL has to go row by row."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    review = forms.BooleanField(label=_("Each version waits for a person who has seen it"), required=False)

    def __init__(
        self, data: Any = None, *args: Any, datasets: Sequence[tuple[str, Any]], changes: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(data, *args, versions=datasets, **kwargs)
        self._changes = changes
        self.fields["dataset"].choices = [("", _("A new dataset")), *datasets]  # type: ignore[attr-defined]
        zones = [
            (zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"
        ]
        self.fields["time_zone"].choices = [("", "–"), *zones]  # type: ignore[attr-defined]
        self.fields["sql"].help_text = _("One SELECT in DuckDB's dialect, over datasets of this project.")
        for name in self.fields:
            if name.startswith("version_"):
                self.fields[name].label = _("Dataset")
        if changes:
            for name in ("name", "dataset", "new_dataset"):
                del self.fields[name]

    @classmethod
    def initial_of(cls, definition: TransformationDefinition) -> dict[str, Any]:
        names = ("sql", "inputs", "trigger", "cron", "time_zone", "mode", "growing", "review")
        return {name: getattr(definition, name) for name in names}

    def check_target(self) -> bool:
        """Whether the rows have somewhere to go; asked before it is kept, not for a preview."""
        chosen = self.cleaned_data
        if not self._changes and not chosen.get("dataset") and not chosen.get("new_dataset", "").strip():
            self.add_error("new_dataset", _("Give the new dataset a name, or choose one that is there."))
        return not self.errors

    def words(self) -> dict[str, Any]:
        """What the services take, but for the inputs."""
        return {
            name: self.cleaned_data[name]
            for name in ("sql", "trigger", "cron", "time_zone", "mode", "growing", "review")
        }
