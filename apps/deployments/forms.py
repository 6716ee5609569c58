from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.experiments.services import offered_resource_classes

_MOST_CHOICES = 150


class DeployForm(forms.Form):
    """A version gets an address, or takes its place at one that exists."""

    version = forms.ChoiceField(label=_("Version"), help_text=_("Only versions in production can be deployed."))
    slug = forms.CharField(
        label=_("Address"),
        max_length=63,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_(
            "Small letters, digits and dashes; made from the model's name where you leave it empty. "
            "Programs write it; it cannot be changed later."
        ),
    )
    name = forms.CharField(label=_("Name"), required=False, max_length=120, help_text=_("As people read it."))
    resource_class = forms.ChoiceField(label=_("Size of a replica"), initial="small", choices=offered_resource_classes)

    def __init__(self, *args: Any, versions: Iterable[tuple[str, str]], slugs: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].choices = list(versions)  # type: ignore[attr-defined]
        if known := ", ".join(slugs):
            self.fields["slug"].help_text = _(
                "Small letters, digits and dashes; made from the model's name where you leave it empty. "
                "An address that is known gets a new revision: %(slugs)s."
            ) % {"slugs": known}


class SplitForm(forms.Form):
    """One share per revision; the service says whether they make 100."""

    def __init__(self, *args: Any, revisions: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for revision in revisions:
            self.fields[f"share_{revision.pk}"] = forms.IntegerField(
                label=_("Share of revision %(number)s in per cent") % {"number": revision.number},
                min_value=0,
                max_value=100,
                required=False,
                initial=revision.traffic_percent,
                widget=forms.NumberInput(attrs={"class": "form-control form-control-sm", "inputmode": "numeric"}),
            )

    def split(self) -> dict[str, int]:
        """{revision id: per cent}"""
        return {name.removeprefix("share_"): value or 0 for name, value in self.cleaned_data.items()}


class TryForm(forms.Form):
    """One row, made of the model's input schema; the model itself says what is wrong with it."""

    def __init__(self, *args: Any, features: list[dict[str, Any]], example: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._features = features
        for place, feature in enumerate(features):
            self.fields[f"f{place}"] = _field_of(feature, example.get(feature["name"]))

    @property
    def folded(self) -> list[forms.BoundField]:
        """Fields that whoever asks by keys alone leaves empty: they stand behind the others."""
        return [self[f"f{place}"] for place, feature in enumerate(self._features) if feature.get("folded")]

    @property
    def folded_names(self) -> str:
        return " ".join(field.name for field in self.folded)

    @property
    def folded_open(self) -> bool:
        """Whether somebody gave one of them, or one of them is wrong."""
        return any(field.value() not in (None, "") or field.errors for field in self.folded)

    def row(self) -> dict[str, Any]:
        """The row as the gateway takes it: missing values are null; what is looked up where it is empty is left out."""
        values = {feature["name"]: self.cleaned_data[f"f{place}"] for place, feature in enumerate(self._features)}
        for feature in self._features:
            if feature.get("left_out") and values[feature["name"]] in ("", None):
                del values[feature["name"]]
        return {name: None if value in ("", None) else _TRUTH.get(value, value) for name, value in values.items()}


_TRUTH: dict[Any, Any] = {"__true": True, "__false": False}


def _field_of(feature: Mapping[str, Any], example: Any) -> forms.Field:
    shared: dict[str, Any] = {"label": feature["name"], "required": not feature["nullable"], "initial": example}
    shared["help_text"] = feature.get("help", "")
    kind, known = feature["type"], feature.get("categories") or []
    if kind == "boolean":
        if example is not None:
            shared["initial"] = "__true" if example else "__false"
        return forms.ChoiceField(**shared, choices=[("", "–"), ("__true", _("Yes")), ("__false", _("No"))])
    if kind == "category" and 0 < len(known) <= _MOST_CHOICES:
        return forms.ChoiceField(**shared, choices=[("", "–"), *((value, value) for value in known)])
    if kind == "integer":
        return forms.IntegerField(**shared)
    if kind == "number":
        return forms.FloatField(**shared, widget=forms.NumberInput(attrs={"step": "any"}))
    return forms.CharField(**shared)
