from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.datasets.choices import ACCEPTED_ENDINGS, ColumnClass
from apps.datasets.forms.modes import ModeFields
from foundation.web import editing
from foundation.web.sql_forms import SqlForm

_DELIMITERS = [
    ("", _("Found out from the file")),
    (",", _("Comma")),
    (";", _("Semicolon")),
    ("\t", _("Tab")),
    ("|", _("Vertical bar")),
]
_UNITS = {"hours": 3600, "days": 86_400, "weeks": 604_800}


def parted(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


class ReadingForm(forms.Form):
    """How a file is read; the defaults find it out."""

    delimiter = forms.ChoiceField(label=_("Delimiter"), choices=_DELIMITERS, required=False)
    missing = forms.CharField(
        label=_("Words for “no value”"),
        required=False,
        max_length=200,
        help_text=_(
            "Separated by spaces. Empty cells always count; where nothing is given, so do NA, NULL, NaN, None, - and ?."
        ),
    )
    as_text = forms.CharField(
        label=_("Columns to keep as text"),
        required=False,
        max_length=1000,
        help_text=_(
            "Names, separated by commas. Codes with leading zeros and telephone numbers with a plus stay text by "
            "themselves where the first rows show some."
        ),
    )
    as_number = forms.CharField(
        label=_("Columns to read as numbers"),
        required=False,
        max_length=1000,
        help_text=_("Names, separated by commas, of columns whose leading zeros and plus mean nothing."),
    )

    sheet = forms.CharField(
        label=_("Sheet"),
        required=False,
        max_length=100,
        help_text=_("Of a spreadsheet: its name or its number. Empty: the first one."),
    )
    tokenise = forms.CharField(
        label=_("Columns to tokenise"),
        required=False,
        max_length=1000,
        help_text=_(
            "Names, separated by commas. Their values are replaced by tokens before they are kept: rows of the same "
            "person still join, in every dataset of the organisation, and nobody reads who it is."
        ),
    )

    def options(self) -> dict[str, Any]:
        """The options as services take them; what was left empty is left out."""
        chosen = self.cleaned_data
        kinds = {"number": chosen["as_number"], "text": chosen["as_text"]}
        found = {
            "delimiter": chosen["delimiter"],
            "missing": chosen["missing"].split(),
            "types": {name: kind for kind, names in kinds.items() for name in parted(names)},
            "sheet": chosen["sheet"].strip(),
            "tokenise": parted(chosen["tokenise"]),
        }
        return {name: value for name, value in found.items() if value}


class UploadForm(ReadingForm, ModeFields):
    """A file, already sent in pieces (`upload`) or with the form itself (`file`); a name where the dataset is new."""

    name = forms.CharField(
        label=_("Name"), max_length=120, required=False, help_text=_("Left empty, the file's name is taken.")
    )
    upload = forms.UUIDField(required=False, widget=forms.HiddenInput)
    file = forms.FileField(label=_("File"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("upload") and not cleaned.get("file") and not self.errors:
            endings = ", ".join(ACCEPTED_ENDINGS)
            self.add_error("file", _("Choose a file: %(endings)s.") % {"endings": endings})
        return cleaned


class PullForm(ReadingForm, ModeFields):
    """Into which dataset something behind a connection is read; `files`: it is files, which are read in some way."""

    dataset = forms.ChoiceField(label=_("Rows go to"), required=False)
    name = forms.CharField(label=_("Name of the new dataset"), max_length=120, required=False)
    pattern = forms.CharField(
        label=_("Files"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "placeholder": "*.csv"}),
        help_text=_("Where it is a folder: which files of it. ** goes through all folders below it."),
    )
    at = forms.CharField(
        label=_("Version of the table"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr"}),
        help_text=_(
            "Of a Delta Lake or Iceberg table: its version or snapshot, or a time like 2026-01-31 12:00 in UTC. Empty: "
            "the newest."
        ),
    )
    field_order = ("dataset", "name", "pattern", "at")

    def __init__(
        self, data: Any = None, *, datasets: Sequence[tuple[str, Any]], place: str, files: bool, dataset: str = ""
    ) -> None:
        name = name_from(place.rstrip("/")) if files else place.rpartition(".")[2]
        super().__init__(data, initial={"name": name, "dataset": dataset})
        self.fields["dataset"].choices = [("", _("A new dataset")), *datasets]  # type: ignore[attr-defined]
        if not files:
            for name in ("pattern", "at", "delimiter", "missing", "as_text", "sheet"):
                del self.fields[name]

    def options(self) -> dict[str, Any]:
        tokenise = parted(self.cleaned_data["tokenise"])
        more: dict[str, Any] = {"tokenise": tokenise} if tokenise else {}
        if "delimiter" not in self.fields:
            return more
        at = self.cleaned_data["at"].strip()
        return {**super().options(), **({"version" if at.isdigit() else "as_of": at} if at else {}), **more}

    def check_target(self) -> bool:
        """Whether the rows have somewhere to go; asked before they are read in, not for a look."""
        chosen = self.cleaned_data
        if not chosen.get("dataset") and not chosen.get("name", "").strip():
            self.add_error("name", _("Give the new dataset a name, or choose one that is there."))
        return not self.errors


def name_from(filename: str) -> str:
    """What a dataset is called where nobody named it: the file's name without its endings."""
    return PurePath(filename).name.split(".")[0][:120]


class EditForm(editing.EditForm):
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What the rows are, where they are from, what they are not good for. Markdown is read."),
    )
    why = forms.CharField(
        label=_("Why the description changes"),
        required=False,
        max_length=200,
        help_text=_("Kept with this edition of the card. Nobody has to say it."),
    )
    promise = forms.IntegerField(
        label=_("A new version comes at least every"),
        required=False,
        min_value=1,
        max_value=10_000,
        help_text=_("When the newest version is older, the dataset counts as stale. Empty: nothing is promised."),
    )
    unit = forms.ChoiceField(
        label=_("Unit"),
        initial="days",
        choices=[("hours", _("Hours")), ("days", _("Days")), ("weeks", _("Weeks"))],
    )

    @staticmethod
    def initial_of(description: str, promise: timedelta | None) -> dict[str, Any]:
        """The promise in the largest unit that divides it."""
        seconds = int(promise.total_seconds()) if promise else 0
        unit = next((name for name in ("weeks", "days", "hours") if seconds and seconds % _UNITS[name] == 0), "days")
        return {"description": description, "promise": seconds // _UNITS[unit] or None, "unit": unit}

    def changes(self) -> dict[str, Any]:
        """The words of `services.edit_dataset`."""
        amount, unit = self.cleaned_data["promise"], _UNITS[self.cleaned_data["unit"]]
        promise = timedelta(seconds=amount * unit) if amount else None
        said = {name: self.cleaned_data[name] for name in ("description", "why")}
        return {**said, "freshness_promise": promise}


class ClassForm(forms.Form):
    """A class that was chosen from the list, or the `suggested` one by its own button."""

    column = forms.CharField(max_length=255)
    column_class = forms.ChoiceField(choices=ColumnClass.choices, required=False)
    suggested = forms.ChoiceField(choices=ColumnClass.choices, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = cleaned.pop("suggested", "") or cleaned.get("column_class", "")
        if not chosen:
            self.add_error("column_class", _("Choose how sensitive the column is."))
        return {**cleaned, "column_class": chosen}


class DestroyForm(forms.Form):
    """Takes `name`: the version's, which is to be typed; `breaks`: whether anything was made from it."""

    confirmation = forms.CharField(
        label=_("Name of the version"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    break_chain = forms.BooleanField(
        label=_("What was made from it keeps working, and its chain shows a broken link"), required=False
    )

    def __init__(self, data: Any = None, *, name: str, breaks: bool) -> None:
        super().__init__(data)
        self.fields["confirmation"].help_text = _("Type %(name)s to confirm.") % {"name": name}
        if not breaks:
            del self.fields["break_chain"]


class DeriveForm(SqlForm, ModeFields):
    """SQL over versions, and the dataset that its rows become a version of."""

    dataset = forms.ChoiceField(label=_("Rows go to"), required=False)
    name = forms.CharField(label=_("Name of the new dataset"), max_length=120, required=False)
    field_order = ("dataset", "name", "sql")

    def __init__(self, data: Any = None, *args: Any, datasets: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        choices = [("", _("A new dataset")), *datasets]
        self.fields["dataset"].choices = choices  # type: ignore[attr-defined]

    def check_target(self) -> bool:
        """Whether the rows have somewhere to go; asked before they are made, not for a preview."""
        chosen = self.cleaned_data
        if not chosen.get("dataset") and not chosen.get("name", "").strip():
            self.add_error("name", _("Give the new dataset a name, or choose one that is there."))
        return not self.errors
