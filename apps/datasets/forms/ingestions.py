"""What is read into a dataset again and again, how and when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.datasets.choices import Mode
from apps.datasets.forms.modes import ModeFields
from apps.datasets.forms.schedules import ScheduleFields
from apps.datasets.forms.versions import ReadingForm, name_from, parted
from foundation.web.editing import EditForm

_LTR = {"dir": "ltr", "autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


class SourceForm(forms.Form):
    """Where it lies: the first step, since all else depends on it. Sent by GET."""

    connection = forms.ChoiceField(label=_("Connection"))
    place = forms.CharField(
        label=_("Table, folder or file"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={**_LTR, "placeholder": "public.orders"}),
        help_text=_("As the connection's page names it. Of files left empty: all of them."),
    )
    dataset = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, connections: Sequence[tuple[str, Any]], **words: Any) -> None:
        super().__init__(data, **words)
        self.fields["connection"].choices = connections  # type: ignore[attr-defined]


class IngestionForm(EditForm, ModeFields, ScheduleFields, ReadingForm):
    """`files`: it is files that are read; `datasets`: those that the rows can go to, none where that is settled.

    `connections`: through which they may come instead, where that can still be changed.

    `columns` go along with the form once somebody looked at what is there: from them key and cursor are chosen.
    """

    connection = forms.ChoiceField(label=_("Connection"), required=False)
    dataset = forms.ChoiceField(label=_("Rows go to"), required=False)
    name = forms.CharField(label=_("Name of the new dataset"), max_length=120, required=False)
    place = forms.CharField(label=_("Table, folder or file"), max_length=2000, required=False)
    pattern = forms.CharField(
        label=_("Files"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={**_LTR, "placeholder": "*.csv"}),
        help_text=_("Where it is a folder: which files of it. ** goes through all folders below it."),
    )
    cursor = forms.ChoiceField(
        label=_("Column by which new rows are known"),
        required=False,
        help_text=_("Its values only grow, like a running number or the time of the last change."),
    )
    after = forms.ChoiceField(label=_("Also after each new version of"), required=False)
    review = forms.BooleanField(
        label=_("A person looks at each version before it can be used; until then nothing further is read"),
        required=False,
    )
    columns = forms.CharField(required=False, widget=forms.HiddenInput)
    unwatched = ("columns",)

    def __init__(
        self,
        data: Any = None,
        *,
        files: bool,
        place: str,
        others: Sequence[tuple[str, Any]],
        datasets: Sequence[tuple[str, Any]] | None = None,
        connections: Sequence[tuple[str, Any]] | None = None,
        initial: dict[str, Any],
    ) -> None:
        name = name_from(place.rstrip("/")) if files else place.rpartition(".")[2]
        super().__init__(data, initial={"name": name, "place": place, **initial})
        self.of_files = files
        self.fields["mode"].choices = Mode.choices  # type: ignore[attr-defined]
        self.fields["after"].choices = [("", _("None")), *others]  # type: ignore[attr-defined]
        self.fields["place"].widget.attrs.update(_LTR)
        self.fields["place"].required = not files
        gone = ["cursor"] if files else ["pattern", "delimiter", "missing", "as_text", "sheet"]
        if connections is None:
            gone.append("connection")
        else:
            self.fields["connection"].choices = connections  # type: ignore[attr-defined]
        if datasets is None:
            gone += ["dataset", "name"]
        else:
            self.fields["dataset"].choices = [("", _("A new dataset")), *datasets]  # type: ignore[attr-defined]
        for field in gone:
            self.fields.pop(field, None)
        self.offer_columns(_names(self.data.get("columns", "")) if data is not None else ())

    def offer_columns(self, columns: Iterable[str]) -> None:
        """Those, and what is chosen already; without any, key and cursor wait for a look at what is there."""
        named = [str(name) for name in columns]
        sent: Any = self.data
        chosen = sent.getlist("key") if self.is_bound else list(self.initial.get("key", []))
        cursor = (sent if self.is_bound else self.initial).get("cursor") or ""
        self.known = list(dict.fromkeys([*named, *chosen, *([cursor] if cursor else [])]))
        self.fields["key"].choices = [(name, name) for name in self.known]  # type: ignore[attr-defined]
        if "cursor" in self.fields:
            choices = [("", _("None")), *((name, name) for name in self.known)]
            self.fields["cursor"].choices = choices  # type: ignore[attr-defined]
        if named:
            self.initial["columns"] = json.dumps(named)
            if self.is_bound:
                self.data = taken = sent.copy()
                taken["columns"] = json.dumps(named)

    def options(self) -> dict[str, Any]:
        if self.of_files:
            return super().options()
        tokenise = parted(self.cleaned_data["tokenise"])
        return {"tokenise": tokenise} if tokenise else {}

    def check_target(self) -> bool:
        """Whether the rows have somewhere to go."""
        said = self.cleaned_data
        if "dataset" in self.fields and not said.get("dataset") and not said.get("name", "").strip():
            self.add_error("name", _("Give the new dataset a name, or choose one that is there."))
        return not self.errors

    def plan_words(self) -> dict[str, Any]:
        """The words of `services.Plan`, without the connection."""
        said = self.cleaned_data
        mode = said.get("mode") or Mode.FULL
        return {
            "place": said["place"].strip(),
            "pattern": said.get("pattern", ""),
            "options": self.options(),
            "mode": mode,
            "key": tuple(said["key"]) if mode in {Mode.UPSERT, Mode.INCREMENTAL} else (),
            "cursor": said.get("cursor", "") if mode == Mode.INCREMENTAL else "",
            "cron": self.cron_said(),
            "zone": said.get("zone") or "UTC",
            "after_id": UUID(said["after"]) if said.get("after") else None,
            "review": said["review"],
        }


class BackfillForm(forms.Form):
    """A span of the cursor that is read anew; takes `column`, the cursor's name."""

    since = forms.CharField(
        label=_("After"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=_LTR),
        help_text=_("Left empty: from the beginning."),
    )
    until = forms.CharField(
        label=_("Up to and with"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=_LTR),
        help_text=_("Left empty: up to the newest."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("since") and not cleaned.get("until") and not self.errors:
            self.add_error("since", _("Say from where, or up to where it is read anew."))
        return cleaned


def _names(sent: str) -> list[str]:
    """The columns that the page sent along; nothing where it is not ours."""
    try:
        found = json.loads(sent)
    except (ValueError, RecursionError):
        return []
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
