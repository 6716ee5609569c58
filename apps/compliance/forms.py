from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from foundation.web.families import EVENT_FAMILIES
from foundation.web.long_choices import LongChoices


class ReportForm(forms.Form):
    """Which model version the report is about."""

    model_version = forms.ChoiceField(label=_("Model version"))

    def __init__(self, *args: Any, versions: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(row.pk), f"{row} · {row.project.name} · {row.get_stage_display()}") for row in versions]
        self.fields["model_version"].choices = choices  # type: ignore[attr-defined]


class ActivityForm(forms.Form):
    """What narrows the list of what happened; its state is the page's address."""

    q = forms.CharField(label=_("Search: what, who, to what"), max_length=100, required=False)
    kind = forms.ChoiceField(label=_("What"), required=False)
    actor = forms.ChoiceField(label=_("Who"), required=False)
    project = forms.ChoiceField(label=_("Project"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, people: list[tuple[str, str]], projects: list[tuple[str, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        families = sorted(((f"{key}.*", str(label)) for key, label in EVENT_FAMILIES.items()), key=lambda pair: pair[1])
        for name, choices in (("kind", families), ("actor", people), ("project", projects)):
            self.fields[name].choices = [("", _("Any")), *choices]  # type: ignore[attr-defined]

    def narrowed(self) -> dict[str, Any]:
        """As `ledger.activity` takes it, but for the words; days begin and end in the reader's time zone."""
        if not self.is_valid():
            return {}
        given = self.cleaned_data
        found = {"kind": given["kind"], "actor_id": given["actor"], "project_id": given["project"]}
        found["since"] = _midnight(given["since"]) if given["since"] else None
        found["until"] = _midnight(given["until"] + timedelta(days=1)) if given["until"] else None
        return {key: value for key, value in found.items() if value}


def _midnight(day: Any) -> datetime:
    return make_aware(datetime.combine(day, time.min))


class DayForm(forms.Form):
    """A day that has passed, in the reader's time zone."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))

    def span(self) -> tuple[datetime, datetime]:
        """When the day begins and when it has ended."""
        day = self.cleaned_data["day"]
        return _midnight(day), _midnight(day + timedelta(days=1))


class PersonForm(forms.Form):
    """Whose rows: the column that names people, and the value that names this one."""

    column = forms.CharField(
        label=_("Column that names people"),
        max_length=255,
        widget=forms.TextInput(attrs={"list": "erasure-columns", "autocomplete": "off"}),
        help_text=_("Those of the project's datasets are offered while you type, personal ones first."),
    )
    value = forms.CharField(
        label=_("Value that names this person"),
        max_length=500,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "Exactly as it stands in the rows, with its capitals and spaces. It is kept sealed until the work has "
            "ended; the ledger holds a keyed digest of it alone."
        ),
    )


class LookForm(PersonForm):
    """In one project."""

    project = forms.ChoiceField(label=_("Project"))
    dataset = forms.ChoiceField(label=_("Dataset"), required=False)
    field_order = ("project", "dataset", "column", "value")

    def __init__(self, *args: Any, projects: list[tuple[str, str]], datasets: list[tuple[str, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.fields["project"].choices = projects  # type: ignore[attr-defined]
        every = ("", _("Every dataset of the project that has the column"))
        self.fields["dataset"].choices = [every, *datasets]  # type: ignore[attr-defined]


class AcrossForm(PersonForm):
    """In several projects: all of those that are offered, or the ticked ones."""

    which = forms.ChoiceField(
        label=_("Where"),
        choices=[("all", _("Every project that I may erase from")), ("chosen", _("Only those ticked below"))],
        widget=forms.RadioSelect,
        initial="all",
    )
    projects = forms.MultipleChoiceField(
        label=_("Projects"),
        required=False,
        widget=LongChoices(
            first=8, more=_("More projects"), find=_("Find a project"), none=_("No project is called so.")
        ),
    )

    def __init__(self, *args: Any, projects: list[tuple[str, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.fields["projects"].choices = projects  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("which") == "chosen" and not given.get("projects"):
            self.add_error("projects", _("Tick at least one, or choose every project."))
        return given

    @property
    def chosen(self) -> list[str] | None:
        """The ids of the chosen projects; None for all."""
        return self.cleaned_data["projects"] if self.cleaned_data["which"] == "chosen" else None


class ConfirmedForm(PersonForm):
    """The same person once more, unseen, with the word that it is meant."""

    confirmation = forms.CharField(
        label=_("Confirmation"),
        max_length=20,
        help_text=_("Type ERASE. What holds these rows is destroyed for good; the newest of each gets a successor."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr"}),
    )
    break_chain = forms.BooleanField(
        label=_("Runs, models and deployments that learned from these rows stay, and their chain shows a broken link"),
        required=False,
    )
    unseen: tuple[str, ...] = ("column", "value")

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        for name in self.unseen:
            self.fields[name].widget = forms.HiddenInput()

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"].strip()
        if typed != "ERASE":
            raise forms.ValidationError(_("Type ERASE to confirm."))
        return typed


class EraseForm(ConfirmedForm, LookForm):
    unseen = ("project", "dataset", "column", "value")


class EraseAcrossForm(ConfirmedForm):
    """In the projects where the person was found, by their ids: short names may be another project's by then."""

    projects = forms.MultipleChoiceField(widget=forms.MultipleHiddenInput)

    def __init__(self, *args: Any, projects: list[tuple[str, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.fields["projects"].choices = projects  # type: ignore[attr-defined]


class GoOnForm(forms.Form):
    """Whose erasure goes on: the same value once more."""

    value = forms.CharField(
        label=_("Value that names this person"),
        max_length=500,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("It was not kept. It is held against the keyed digest of the one that this erasure was asked for."),
    )
