from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Self

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from apps.features.choices import EventSource, KnownSince, WindowFunction
from apps.features.forms.entities import AboutForm
from apps.features.forms.fields import column, plain
from apps.features.forms.lasting import UNIT_CHOICES, UNITS, LastingForm, in_units
from apps.features.forms.registry import DescriptionForm, owner_field, tags_field, tags_of

_ROW = re.compile(r"function_(\d{1,2})")
_PARTS = ("name", "function", "column", "window", "unit", "quantile")
_MOST_ROWS = 50


class WindowsForm(LastingForm, AboutForm):
    """Windows over events: where these come from, what they are about, and one row of fields for each aggregation."""

    source = forms.ChoiceField(
        label=_("Events"), help_text=_("A version is computed once; a stream is followed as its events come.")
    )
    sql = forms.CharField(
        label=_("Which of them"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"data-editor": "sql", "spellcheck": "false", "dir": "ltr"}),
        help_text=_(
            "A SELECT from the table “events” that filters them or computes columns. Empty: all events as they are."
        ),
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=63,
        widget=plain(),
        help_text=_("Small letters, digits and _, like delays_of_carrier."),
    )
    event_time = forms.CharField(
        label=_("Event time"),
        max_length=255,
        widget=column(times=True),
        help_text=_("The column that says when it happened."),
    )
    known_since = forms.ChoiceField(
        label=_("Known since"),
        choices=KnownSince.choices,
        initial=KnownSince.EVENT,
        help_text=_("A value of the past counts an event only once it was known."),
    )
    created_column = forms.CharField(
        label=_("Column of “known since”"),
        max_length=255,
        required=False,
        widget=column(times=True),
        help_text=_("Where a column says it."),
    )
    slide = forms.IntegerField(
        label=_("Computed anew every"), min_value=1, max_value=1_000_000, initial=5, help_text=_("The slide.")
    )
    slide_unit = forms.ChoiceField(label=_("Unit"), choices=UNIT_CHOICES, initial="minutes")
    description = forms.CharField(
        label=_("Description"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )

    owner = owner_field()
    tags = tags_field()

    def __init__(
        self,
        data: Any = None,
        *args: Any,
        sources: Sequence[tuple[str, Any]],
        entities: Sequence[tuple[str, Any]],
        more: int = 0,
        without: int | None = None,
        **kwargs: Any,
    ) -> None:
        """`more` rows are added to those that were typed, and the row `without` is taken away."""
        rows = sorted(int(found[1]) for name in data or () if (found := _ROW.fullmatch(name)))
        if data is not None:
            kept = [row for row in rows if row != without]
            data = {
                **_numbered(data, kept),
                **{f"unit_{place}": "hours" for place in range(len(kept), len(kept) + more)},
            }
            count = len(rows) - int(without in rows)
        else:
            count = len((kwargs.get("initial") or {}).get("aggregations") or []) or 1
        super().__init__(data, *args, **kwargs)
        self._rows = min(max(1, count) + more, _MOST_ROWS)
        self.fields["source"].choices = [("", "–"), *sources]  # type: ignore[attr-defined]
        self.offer_entities(entities)
        told = self.initial.get("aggregations") or []
        for index in range(self._rows):
            self._add_row(index, _typed(told[index]) if index < len(told) else {})

    def _add_row(self, index: int, told: dict[str, Any]) -> None:
        fields: dict[str, forms.Field] = {
            "name": forms.CharField(label=_("Feature"), max_length=63, widget=plain()),
            "function": forms.ChoiceField(label=_("Function"), choices=WindowFunction.choices),
            "column": forms.CharField(label=_("Column"), max_length=255, required=False, widget=column()),
            "window": forms.IntegerField(label=_("Of the last"), min_value=1, max_value=1_000_000_000),
            "unit": forms.ChoiceField(label=_("Unit"), choices=UNIT_CHOICES, initial="hours"),
            "quantile": forms.FloatField(label=_("Quantile"), required=False, min_value=0, max_value=1),
        }
        for part, field in fields.items():
            field.initial = told.get(part, field.initial)
            self.fields[f"{part}_{index}"] = field

    @property
    def aggregation_rows(self) -> Iterator[tuple[int, list[BoundField]]]:
        """The fields of each aggregation, for the page."""
        for index in range(self._rows):
            yield index, [self[f"{part}_{index}"] for part in _PARTS]

    def as_typed(self) -> Self:
        """The form as it was typed, unchecked: for the round in which it only gets a row, or loses one."""
        self._errors = ErrorDict()
        return self

    def names_typed(self) -> list[str]:
        """What the features are called so far."""
        return [str(self[f"name_{index}"].value() or "").strip() for index in range(self._rows)]

    def check_for_preview(self) -> bool:
        """Whether the events can be looked at; the rest may still be empty."""
        self.full_clean()
        for name in [n for n in self.errors if n not in {"sql", "source"}]:
            del self.errors[name]
        return not self.errors

    def events(self) -> dict[str, Any]:
        """Where the events come from, as services take it."""
        kind, _colon, pk = self.cleaned_data["source"].partition(":")
        return {f"{kind}_id": pk, "sql": self.cleaned_data["sql"]}

    def definition(self) -> dict[str, Any]:
        """The words of `services.define_windows` but for the entity and the source."""
        chosen = self.cleaned_data
        same = ("name", "event_time", "known_since", "created_column", "description")
        return {
            **{name: chosen[name] for name in same},
            "owner": chosen["owner"],
            "tags": tags_of(chosen["tags"]),
            "ttl_seconds": self.ttl_seconds(),
            "slide_seconds": chosen["slide"] * UNITS[chosen["slide_unit"]],
            "aggregations": [self._aggregation(index) for index in range(self._rows)],
        }

    def _aggregation(self, index: int) -> dict[str, Any]:
        said = {part: self.cleaned_data[f"{part}_{index}"] for part in _PARTS}
        seconds = said["window"] * UNITS[said["unit"]]
        return {**{part: said[part] for part in ("name", "function", "column", "quantile")}, "seconds": seconds}

    @staticmethod
    def said_of(view: Any) -> dict[str, Any]:
        """The declaration of a view, as the form shows it."""
        told, kind = view.windows, view.windows["source"]["kind"]
        slide, unit = in_units(told["slide_seconds"])
        created = view.created_column if told["known_since"] == KnownSince.COLUMN else ""
        source = "version" if kind == EventSource.VERSION else "stream"
        return {
            **{name: getattr(view, name) for name in ("name", "sql", "event_time")},
            **DescriptionForm.said_of(view),
            **LastingForm.ttl_of(view.ttl_seconds),
            "source": f"{source}:{told['source']['id']}",
            "entity": str(view.entity_id),
            "known_since": told["known_since"],
            "created_column": created,
            "slide": slide,
            "slide_unit": unit,
            "aggregations": told["aggregations"],
        }


def _typed(told: dict[str, Any]) -> dict[str, Any]:
    window, unit = in_units(told["seconds"])
    return {**told, "window": window, "unit": unit}


def _numbered(data: Any, rows: Sequence[int]) -> dict[str, Any]:
    """What was typed, its rows numbered from 0 without a gap."""
    found = {name: data.get(name) for name in data if not re.fullmatch(rf"({'|'.join(_PARTS)})_\d{{1,2}}", name)}
    for place, row in enumerate(rows):
        found |= {f"{part}_{place}": data.get(f"{part}_{row}", "") for part in _PARTS}
    return found
