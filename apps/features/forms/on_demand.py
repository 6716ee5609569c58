"""On-demand features as people type them: a line for each value of the request, and one for each feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.features.forms.fields import plain, sql_name
from apps.features.forms.registry import owner_field, tags_of

_LINES = {"dir": "ltr", "autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


def lines_of(pairs: Mapping[str, str], sign: str) -> str:
    """Names and what they stand for, a line each, as the form takes them."""
    return "\n".join(
        f"{name} {sign} {value}" if sign == "=" else f"{name}{sign} {value}" for name, value in pairs.items()
    )


class OnDemandForm(forms.Form):
    """Values of a request, features of views, and expressions over both."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=63,
        validators=[sql_name],
        widget=plain(),
        help_text=gettext_lazy("Small letters, digits and _, like trip_context."),
    )
    request = forms.CharField(
        label=gettext_lazy("Values of the request"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "distance_km: number\nbooked: moment", **_LINES}),
        help_text=gettext_lazy("One a line: a name, a colon, and number, whole number, text, truth, date or moment."),
    )
    features = forms.CharField(
        label=gettext_lazy("Features"),
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 5, "placeholder": "speed = distance_km / max(hours, 0.1)", **_LINES}),
        help_text=gettext_lazy(
            "One a line: a name, =, and an expression over values of the request and the features chosen."
        ),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    owner = owner_field()
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        max_length=900,
        help_text=gettext_lazy("Words to find it by, parted by commas."),
    )

    def __init__(self, data: Any = None, *args: Any, views: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self._views = list(views)
        used = {part["view"]: part["features"] for part in self.initial.get("uses", [])}
        for view in self._views:
            here, taken = view.pk.hex, used.get(str(view.pk))
            self.fields[f"use_{here}"] = forms.BooleanField(label=str(view), required=False, initial=taken is not None)
            self.fields[f"take_{here}"] = forms.MultipleChoiceField(
                label=gettext_lazy("Features"),
                required=False,
                choices=[(name, name) for name in view.feature_names],
                initial=taken or view.feature_names,
                widget=forms.CheckboxSelectMultiple,
            )

    @property
    def view_rows(self) -> Iterator[dict[str, Any]]:
        """Each view that is offered with its fields, for the page."""
        for view in self._views:
            yield {"view": view, "use": self[f"use_{view.pk.hex}"], "take": self[f"take_{view.pk.hex}"]}

    def clean_request(self) -> dict[str, str]:
        return dict(self._pairs("request", ":", _("Line %(line)s: a name, a colon and a type, like booked: moment.")))

    def clean_features(self) -> list[dict[str, str]]:
        said = _("Line %(line)s: a name, = and an expression, like speed = distance_km / 2.")
        return [{"name": name, "expression": text} for name, text in self._pairs("features", "=", said)]

    def clean_tags(self) -> list[str]:
        return tags_of(self.cleaned_data["tags"])

    def _pairs(self, field: str, sign: str, said: str) -> list[tuple[str, str]]:
        pairs: list[tuple[str, str]] = []
        for number, line in enumerate(self.cleaned_data[field].splitlines(), start=1):
            if not line.strip():
                continue
            name, found, rest = (part.strip() for part in line.partition(sign))
            if not (name and found and rest):
                raise forms.ValidationError(said % {"line": number})
            if field == "request" and name in dict(pairs):
                raise forms.ValidationError(_("Line %(line)s: this name stands above already.") % {"line": number})
            pairs.append((name, rest))
        return pairs

    def names_typed(self) -> list[str]:
        """What the features are called so far; nothing is checked."""
        return [line.partition("=")[0].strip() for line in str(self["features"].value() or "").splitlines()]

    def as_typed(self) -> Self:
        """The form as it was typed, unchecked: for the round in which only names are looked at."""
        self._errors = ErrorDict()
        return self

    def check_for_trying(self) -> bool:
        """Whether the expressions can be tried; a name may come later."""
        self.full_clean()
        for name in [n for n in self.errors if n in {"name", "description", "owner", "tags"}]:
            del self.errors[name]
        return not self.errors

    def meaning(self) -> dict[str, Any]:
        """The words of `services.try_definition` but for the rows."""
        chosen = self.cleaned_data
        uses = [
            {"view": view.pk, "features": chosen[f"take_{view.pk.hex}"]}
            for view in self._views
            if chosen[f"use_{view.pk.hex}"]
        ]
        return {"request": chosen["request"], "features": chosen["features"], "uses": uses}

    def definition(self) -> dict[str, Any]:
        """The words of `services.define_on_demand`."""
        chosen = self.cleaned_data
        return {**self.meaning(), **{name: chosen[name] for name in ("name", "description", "owner", "tags")}}


def typed_value(kind: str, text: str) -> Any:
    """What somebody typed for a value of this kind; empty is missing. ValueError where it cannot be one."""
    text = text.strip()
    if not text:
        return None
    if kind == "number":
        number = float(text.replace(",", ""))
        return int(number) if number.is_integer() else number
    if kind == "truth":
        said = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in said:
            raise ValueError(kind)
        return said[text.lower()]
    return text
