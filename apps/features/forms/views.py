from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.features.forms.entities import AboutForm
from apps.features.forms.fields import column, plain
from apps.features.forms.lasting import LastingForm
from apps.features.forms.registry import owner_field, tags_field, tags_of
from foundation.web.sql_forms import SqlForm


class ViewForm(LastingForm, AboutForm, SqlForm):
    """A feature view: what it is about, its SQL, and when its values happened and became known."""

    input_label = _("Dataset version or stream")

    name = forms.CharField(
        label=_("Name"),
        max_length=63,
        widget=plain(),
        help_text=_("Small letters, digits and _, like weather_at_origin."),
    )
    event_time = forms.CharField(
        label=_("Event time"),
        max_length=255,
        widget=column(times=True),
        help_text=_(
            "The column of the SQL that says when the values held. Without a time zone it is UTC; a date is its first "
            "moment."
        ),
    )
    created_column = forms.CharField(
        label=_("Known since"),
        max_length=255,
        required=False,
        widget=column(times=True),
        help_text=_(
            "The column that says when a value became known, where that is later than its event time. Empty for a "
            "stream: since it arrived here; to know it at once, name the event time."
        ),
    )
    timeless_inputs = forms.CharField(
        label=_("Timeless inputs"),
        required=False,
        max_length=900,
        widget=plain(),
        help_text=_(
            "Names of the SQL's tables whose rows hold at all times, parted by commas. Of all others rows may not "
            "change what was known before them."
        ),
    )
    description = forms.CharField(
        label=_("Description"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )

    owner = owner_field()
    tags = tags_field()

    def __init__(self, data: Any = None, *args: Any, entities: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.offer_entities(entities)

    @property
    def versions_changed(self) -> str:
        """When a page asks for their columns, in htmx's words."""
        return ", ".join(f"change from:#{version.id_for_label}" for _alias, version in self.input_rows)

    def check_for_preview(self) -> bool:
        """Whether the SQL and its inputs can be tried; the rest may still be empty."""
        self.full_clean()
        for name in [n for n in self.errors if n != "sql" and not n.startswith(("alias_", "version_"))]:
            del self.errors[name]
        return not self.errors

    def as_typed_words(self) -> dict[str, Any]:
        """What was typed beside the SQL so far, right or not."""
        names = ("name", "new_entity", "event_time", "created_column")
        typed = {name: str(self[name].value() or "").strip() for name in names}
        chosen = str(self["entity"].value() or "")
        known = {str(value) for value, _label in self.fields["entity"].choices}  # type: ignore[attr-defined]
        return {**typed, "join_keys": self.keys(), "entity": chosen if chosen in known else ""}

    def so_far(self) -> dict[str, Any]:
        """What is typed already, for the definition as a file; a preview asks for no more than the SQL."""
        typed = {name: self.cleaned_data.get(name) or "" for name in self.fields}
        view = {name: typed[name] for name in ("sql", "event_time", "created_column", "description", "owner")}
        view["timeless_inputs"] = tags_of(typed["timeless_inputs"])
        keys = self.key_types() if all(self.typed_keys().values()) else self.keys()
        return {
            **{name: typed[name] for name in ("name", "entity", "new_entity")},
            "join_keys": keys,
            "view": {**view, "ttl_seconds": self.ttl_seconds(), "tags": tags_of(typed["tags"])},
        }

    def definition(self) -> dict[str, Any]:
        """The words of `services.define_view` but for entity and inputs."""
        chosen = self.cleaned_data
        same = ("name", "sql", "event_time", "created_column", "description")
        said = {"owner": chosen["owner"], "tags": tags_of(chosen["tags"])}
        said["timeless_inputs"] = tags_of(chosen["timeless_inputs"])
        return {**{name: chosen[name] for name in same}, "ttl_seconds": self.ttl_seconds(), **said}
