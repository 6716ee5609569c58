from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.features.forms.fields import plain, sql_name

_NONE = [("", "–")]
_IDENTIFIER = _("%(name)s (looks like an identifier: every row has its own)")


class TrainingSetForm(forms.Form):
    """Labels of one dataset version, base columns, and feature views with the columns that hold their keys."""

    name = forms.CharField(
        label=_("Name"),
        max_length=63,
        validators=[sql_name],
        widget=plain(),
        help_text=_("Small letters, digits and _, like late_departures."),
    )
    label = forms.ChoiceField(label=_("Label"), help_text=_("The column to predict."))
    event_time = forms.ChoiceField(
        label=_("Event time"),
        required=False,
        help_text=_(
            "The moment at which each row's prediction is made. Needed for feature views and for a split by time."
        ),
    )
    group = forms.ChoiceField(
        label=_("Group"), required=False, help_text=_("Rows of one group never stand on both sides of a split.")
    )
    window_start = forms.DateField(
        label=_("Rows from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("In UTC, this day included."),
    )
    window_end = forms.DateField(
        label=_("Rows before"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("In UTC, this day left out."),
    )
    features = forms.MultipleChoiceField(
        label=_("Columns of the data to learn from"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Leave out what is known only after the prediction. Label, event time and group are left out by themselves;"
            " a column that holds a key of a view counts only where it is marked."
        ),
    )
    ignore_known_since = forms.BooleanField(
        label=_("See corrections before they were known"),
        required=False,
        help_text=_(
            "Left out, a value counts from the moment at which it became known. With it a model learns from what it "
            "will not have when it predicts; the ledger and the proof say so."
        ),
    )
    description = forms.CharField(
        label=_("Description"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self,
        data: Any = None,
        *args: Any,
        columns: Sequence[dict[str, Any]],
        views: Sequence[Any],
        on_demand: Sequence[Any] = (),
        unique: Collection[str] = (),
        services: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        """`unique` names columns of which every row has its own value: a model learns rows by heart from them.

        Of `services` one may be chosen, whose views and features are then taken whatever is marked.
        """
        super().__init__(data, *args, **kwargs)
        names = [(c["name"], c["name"]) for c in columns]
        times = [(c["name"], c["name"]) for c in columns if c["type"].upper().startswith(("TIMESTAMP", "DATE"))]
        told = [(name, _IDENTIFIER % {"name": name} if name in unique else name) for name, _label in names]
        choices = {"label": _NONE + names, "event_time": _NONE + times, "group": _NONE + names, "features": told}
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        keyed = {key for view in views for key in view.entity.join_keys}
        self.initial.setdefault("features", [name for name, _label in names if name not in {*unique, *keyed}])
        self._services = list(services)
        if self._services:
            self.fields["service"] = forms.ChoiceField(
                label=_("Feature service"),
                required=False,
                choices=[("", _("None: views are chosen one by one")), *_named(self._services)],
                help_text=_(
                    "Its views and features are taken, and the model's version pins it; say below by which columns its "
                    "views are joined."
                ),
            )
        self._views = list(views)
        for view in self._views:
            self._offer(view, names)
        self._on_demand = list(on_demand)
        for one in self._on_demand:
            self._offer_on_demand(one, names)
        if not any(view.created_column for view in self._views):
            del self.fields["ignore_known_since"]

    def _offer(self, view: Any, names: list[tuple[str, str]]) -> None:
        here = view.pk.hex
        self.fields[f"use_{here}"] = forms.BooleanField(label=str(view), required=False)
        known = {name for name, _label in names}
        for index, key in enumerate(view.entity.join_keys):
            self.fields[f"key_{here}_{index}"] = forms.ChoiceField(
                label=key, required=False, choices=_NONE + names, initial=key if key in known else ""
            )
        offered = [(name, name) for name in view.feature_names]
        self.fields[f"take_{here}"] = forms.MultipleChoiceField(
            label=_("Features"),
            required=False,
            choices=offered,
            initial=view.feature_names,
            widget=forms.CheckboxSelectMultiple,
        )

    def _offer_on_demand(self, one: Any, names: list[tuple[str, str]]) -> None:
        here, known = one.pk.hex, {name for name, _label in names}
        self.fields[f"use_{here}"] = forms.BooleanField(label=str(one), required=False)
        for index, name in enumerate(one.request):
            self.fields[f"value_{here}_{index}"] = forms.ChoiceField(
                label=name, required=False, choices=_NONE + names, initial=name if name in known else ""
            )
        self.fields[f"take_{here}"] = forms.MultipleChoiceField(
            label=_("Features"),
            required=False,
            choices=[(name, name) for name in one.feature_names],
            initial=one.feature_names,
            widget=forms.CheckboxSelectMultiple,
        )

    @property
    def on_demand_rows(self) -> Iterator[dict[str, Any]]:
        """Each offer of on-demand features with its fields, for the page."""
        for one in self._on_demand:
            here = one.pk.hex
            values: list[BoundField] = [self[f"value_{here}_{i}"] for i in range(len(one.request))]
            yield {"view": one, "use": self[f"use_{here}"], "values": values, "take": self[f"take_{here}"]}

    @property
    def view_rows(self) -> Iterator[dict[str, Any]]:
        """Each offered view with its fields, for the page."""
        for view in self._views:
            here, keys = view.pk.hex, range(len(view.entity.join_keys))
            fields: list[BoundField] = [self[f"key_{here}_{i}"] for i in keys]
            yield {"view": view, "use": self[f"use_{here}"], "keys": fields, "take": self[f"take_{here}"]}

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = chosen.get("window_start"), chosen.get("window_end")
        if start and end and start >= end:
            self.add_error("window_end", gettext("The window ends before it begins."))
        return chosen

    def check_for_preview(self) -> bool:
        """Whether it can be looked at; its name may come later."""
        self.full_clean()
        for name in [n for n in self.errors if n in {"name", "description"}]:
            del self.errors[name]
            self.cleaned_data.setdefault(name, "")
        return not self.errors

    def definition(self) -> dict[str, Any]:
        """The words of `services.define_training_set` but for the base version."""
        chosen = self.cleaned_data
        spoken_for = {chosen["label"], chosen["event_time"], chosen["group"]}
        same = ("name", "label", "event_time", "group", "description")
        return {
            **{name: chosen[name] for name in same},
            "features": [name for name in chosen["features"] if name not in spoken_for],
            "window_start": _midnight(chosen["window_start"]),
            "window_end": _midnight(chosen["window_end"]),
            **self._joined(),
            "on_demand": [self._taken(one) for one in self._on_demand if chosen[f"use_{one.pk.hex}"]],
            "ignore_known_since": chosen.get("ignore_known_since", False),
        }

    def _joined(self) -> dict[str, Any]:
        """The views that are marked, or the service with the keys of its own."""
        chosen = self.cleaned_data
        service = next((one for one in self._services if str(one.pk) == chosen.get("service")), None)
        if service is None:
            return {"views": [self._part(view) for view in self._views if chosen[f"use_{view.pk.hex}"]]}
        of_service = {part["view"] for part in service.views}
        parts = [self._part(view) for view in self._views if str(view.pk) in of_service]
        return {"service_id": service.pk, "views": parts}

    def _taken(self, one: Any) -> dict[str, Any]:
        here, chosen = one.pk.hex, self.cleaned_data
        request = {name: chosen[f"value_{here}_{i}"] or name for i, name in enumerate(one.request)}
        return {"id": one.pk, "request": request, "features": chosen[f"take_{here}"]}

    def _part(self, view: Any) -> dict[str, Any]:
        here, chosen = view.pk.hex, self.cleaned_data
        keys = {key: chosen[f"key_{here}_{i}"] or key for i, key in enumerate(view.entity.join_keys)}
        return {"view": view.pk, "keys": keys, "features": chosen[f"take_{here}"]}


def _named(services: Sequence[Any]) -> list[tuple[str, Any]]:
    """Each by its name and version, those that should not be chosen any more as such."""
    mark = _("%(name)s (deprecated)")
    return [(str(one.pk), mark % {"name": one} if one.deprecated_at else str(one)) for one in services]


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
