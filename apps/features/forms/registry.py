"""What people type to say something about definitions, to mark, group and remove them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.features.forms.fields import plain, sql_name
from foundation.web.editing import EditForm


def tags_of(said: str) -> list[str]:
    """Words parted by commas."""
    return [tag.strip() for tag in said.split(",") if tag.strip()]


def description_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )


def owner_field() -> forms.EmailField:
    return forms.EmailField(
        label=gettext_lazy("Owner"),
        required=False,
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("The email address of a member who answers for it."),
    )


def tags_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        max_length=900,
        help_text=gettext_lazy("Words by which it is found, parted by commas."),
    )


class DescriptionForm(EditForm):
    """What is said about an entity, a view or a service."""

    description = description_field()
    owner = owner_field()
    tags = tags_field()

    @staticmethod
    def said_of(thing: Any) -> dict[str, str]:
        """What is there now, as the fields hold it."""
        owner = thing.owner.email if thing.owner else ""
        return {"description": thing.description, "owner": owner, "tags": ", ".join(thing.tags)}

    def words(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        return {**{name: chosen[name] for name in ("description", "owner")}, "tags": tags_of(chosen["tags"])}


class DeprecationForm(forms.Form):
    """Takes `instead`: (id, name) of what may be taken in its place."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Whoever uses it reads this sentence."),
    )
    instead = forms.ChoiceField(label=gettext_lazy("To take instead"), required=False)

    def __init__(self, data: Any = None, *, instead: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["instead"].choices = [("", _("Nothing yet")), *instead]  # type: ignore[attr-defined]


class RemovalForm(forms.Form):
    """Takes `name`: the version's, which is to be typed; `breaks`: whether anything was made from it."""

    confirmation = forms.CharField(
        label=gettext_lazy("Name of the version"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    break_chain = forms.BooleanField(
        label=gettext_lazy("What was made from it keeps working, and its chain shows a broken link"), required=False
    )

    def __init__(self, data: Any = None, *, name: str, breaks: bool) -> None:
        super().__init__(data)
        self.fields["confirmation"].help_text = _("Type %(name)s to confirm.") % {"name": name}
        if not breaks:
            del self.fields["break_chain"]


class ServiceForm(forms.Form):
    """A named set of features: views to choose from, and of each the features that a model uses."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=63,
        validators=[sql_name],
        widget=plain(),
        help_text=gettext_lazy("Small letters, digits and _, like late_flights."),
    )
    description = description_field()
    owner = owner_field()
    tags = tags_field()

    def __init__(
        self,
        data: Any = None,
        *,
        views: Sequence[Any],
        on_demand: Sequence[Any] = (),
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self._views, self._on_demand = list(views), list(on_demand)
        for view in [*self._views, *self._on_demand]:
            here = view.pk.hex
            self.fields[f"use_{here}"] = forms.BooleanField(label=str(view), required=False)
            self.fields[f"take_{here}"] = forms.MultipleChoiceField(
                label=_("Features"),
                required=False,
                choices=[(name, name) for name in view.feature_names],
                initial=view.feature_names,
                widget=forms.CheckboxSelectMultiple,
            )

    @property
    def view_rows(self) -> list[dict[str, Any]]:
        """Each offered view with its fields, for the page."""
        return [self._row(view) for view in self._views]

    @property
    def on_demand_rows(self) -> list[dict[str, Any]]:
        """The same of on-demand features."""
        return [self._row(view) for view in self._on_demand]

    def _row(self, view: Any) -> dict[str, Any]:
        return {"view": view, "use": self[f"use_{view.pk.hex}"], "take": self[f"take_{view.pk.hex}"]}

    def _chosen(self, offered: Sequence[Any], word: str) -> list[dict[str, Any]]:
        chosen = self.cleaned_data
        return [
            {word: view.pk, "features": chosen[f"take_{view.pk.hex}"]}
            for view in offered
            if chosen[f"use_{view.pk.hex}"]
        ]

    def definition(self) -> dict[str, Any]:
        """The words of `services.define_service`."""
        chosen = self.cleaned_data
        same = {name: chosen[name] for name in ("name", "description", "owner")}
        parts = {"views": self._chosen(self._views, "view"), "on_demand": self._chosen(self._on_demand, "id")}
        return {**same, "tags": tags_of(chosen["tags"]), **parts}


class DefinitionFileForm(forms.Form):
    """A file of definitions, typed or dropped into its field, and the digest of the plan that was shown of it."""

    text = forms.CharField(
        label=gettext_lazy("The file"),
        max_length=1_000_000,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 24, "dir": "ltr", "spellcheck": "false", "autocapitalize": "none", "class": "s-code-field"}
        ),
        help_text=gettext_lazy("In YAML. It begins as what is there now."),
    )
    plan = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
