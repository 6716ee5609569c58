"""What people type to ask for features of the past."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_NONE = [("", "–")]


@dataclass(frozen=True)
class Offer:
    """A view or on-demand features that may be chosen, with the join keys and values that they are found by."""

    thing: Any
    keys: Collection[str]
    values: Collection[str] = ()

    @property
    def here(self) -> str:
        return str(self.thing.pk.hex)


@dataclass(frozen=True)
class ServiceOffer(Offer):
    """The same of a feature service: whatever its views and on-demand features are found by."""


class RowsForm(forms.Form):
    """A file of rows, already sent in pieces (`upload`) or with the form itself (`file`)."""

    upload = forms.UUIDField(required=False, widget=forms.HiddenInput)
    file = forms.FileField(label=gettext_lazy("File"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("upload") and not cleaned.get("file") and not self.errors:
            self.add_error("file", _("Choose a file with a row for each moment that you ask about."))
        return cleaned


class HistoryForm(forms.Form):
    """Which features, and which columns of the rows say when and about what.

    Takes `columns` ({"name", "type"}) of the rows, and what is offered.
    """

    event_time = forms.ChoiceField(
        label=gettext_lazy("Event time"),
        help_text=gettext_lazy("The moment of each row: it sees what was known by then. Without a zone, UTC."),
    )
    service = forms.ChoiceField(label=gettext_lazy("Feature service"), required=False)
    full_names = forms.BooleanField(
        label=gettext_lazy("Call the features view__feature"),
        required=False,
        help_text=gettext_lazy("Where two are called alike, or a column of the rows is called like one."),
    )
    ignore_known_since = forms.BooleanField(
        label=gettext_lazy("See corrections before they were known"),
        required=False,
        help_text=gettext_lazy(
            "Left out, a value counts from the moment at which it became known. With it rows hold what nobody had at "
            "their time; the ledger and the proof say so."
        ),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        columns: Sequence[Mapping[str, Any]],
        offers: Sequence[Offer],
        services: Sequence[ServiceOffer],
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        names = [(c["name"], c["name"]) for c in columns]
        times = [(c["name"], c["name"]) for c in columns if c["type"].upper().startswith(("TIMESTAMP", "DATE"))]
        field: Any = self.fields["event_time"]
        field.choices = _NONE + times
        field.initial = times[0][0] if len(times) == 1 else ""
        self.has_time = bool(times)
        self._offers, self._services = list(offers), list(services)
        field = self.fields["service"]
        field.choices = [("", _("None: features are chosen one by one")), *_named(self._services)]
        if not self._services:
            del self.fields["service"]
        for offer in self._offers:
            self._offer(offer.thing, offer.here)
        every = (*self._offers, *self._services)
        self._keys = sorted({key for offer in every for key in offer.keys})
        self._values = sorted({value for offer in every for value in offer.values})
        known = {name for name, _label in names}
        for word, ones in (("key", self._keys), ("value", self._values)):
            for index, one in enumerate(ones):
                first = one if one in known else ""
                self.fields[f"{word}_{index}"] = forms.ChoiceField(
                    label=one, required=False, choices=_NONE + names, initial=first
                )
        if not any(getattr(offer.thing, "created_column", "") for offer in self._offers):
            del self.fields["ignore_known_since"]

    def _offer(self, thing: Any, here: str) -> None:
        self.fields[f"use_{here}"] = forms.BooleanField(label=str(thing), required=False)
        self.fields[f"take_{here}"] = forms.MultipleChoiceField(
            label=_("Features"),
            required=False,
            choices=[(name, name) for name in thing.feature_names],
            initial=thing.feature_names,
            widget=forms.CheckboxSelectMultiple,
        )

    @property
    def view_rows(self) -> Iterator[dict[str, Any]]:
        """Each offered view with its fields, for the page."""
        return (self._row(offer) for offer in self._offers if hasattr(offer.thing, "entity"))

    @property
    def on_demand_rows(self) -> list[dict[str, Any]]:
        """The same of on-demand features."""
        return [self._row(offer) for offer in self._offers if not hasattr(offer.thing, "entity")]

    @property
    def key_rows(self) -> list[Any]:
        return [self[f"key_{index}"] for index in range(len(self._keys))]

    @property
    def value_rows(self) -> list[Any]:
        return [self[f"value_{index}"] for index in range(len(self._values))]

    def _row(self, offer: Offer) -> dict[str, Any]:
        return {"view": offer.thing, "use": self[f"use_{offer.here}"], "take": self[f"take_{offer.here}"]}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("service") and not any(cleaned.get(f"use_{offer.here}") for offer in self._offers):
            said = _("Choose a feature service, or features of a view.")
            self.add_error("service" if self._services else None, said)
        return cleaned

    def definition(self) -> dict[str, Any]:
        """The words of `services.ask_for_history` but for where the rows come from."""
        chosen = self.cleaned_data
        taken = [offer for offer in self._offers if chosen[f"use_{offer.here}"]]
        of_service = [one for one in self._services if str(one.thing.pk) == chosen.get("service")]
        features = [
            f"{offer.thing.name}@{offer.thing.number}:{name}"
            for offer in taken
            for name in chosen[f"take_{offer.here}"] or offer.thing.feature_names
        ]
        meant = (*taken, *of_service)
        return {
            "event_time": chosen["event_time"],
            "features": features,
            "service": "".join(f"{one.thing.name}@{one.thing.number}" for one in of_service),
            "keys": self._columns("key", self._keys, {key for offer in meant for key in offer.keys}),
            "request": self._columns("value", self._values, {value for offer in meant for value in offer.values}),
            "full_names": chosen["full_names"],
            "ignore_known_since": chosen.get("ignore_known_since", False),
        }

    def _columns(self, word: str, ones: Sequence[str], meant: Collection[str]) -> dict[str, str]:
        chosen = self.cleaned_data
        named = {one: chosen[f"{word}_{index}"] for index, one in enumerate(ones)}
        return {one: column for one, column in named.items() if column and one in meant}


def _named(services: Sequence[ServiceOffer]) -> list[tuple[str, Any]]:
    """Each by its name and version, those that should not be chosen any more as such."""
    mark = _("%(name)s (deprecated)")
    return [
        (str(one.thing.pk), mark % {"name": one.thing} if one.thing.deprecated_at else str(one.thing))
        for one in services
    ]
