"""The entity that features are about: one that is there, or a new one with its keys and what these hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from apps.features.choices import KeyType
from apps.features.forms.fields import column, plain
from apps.features.forms.registry import DescriptionForm

_ROWS = 4
_TYPE = _("Its type")


def key_type_field(label: Any = _TYPE) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=[("", _("As its first view has it")), *KeyType.choices]
    )


def _key_field() -> forms.CharField:
    return forms.CharField(label=_("Key column"), max_length=255, required=False, widget=column())


class AboutForm(forms.Form):
    """What features are about; the new entity has up to four keys, each in a row with its type."""

    entity = forms.ChoiceField(
        label=_("Entity"),
        required=False,
        help_text=_("What the features are about: an airport, a carrier, a customer."),
    )
    new_entity = forms.CharField(label=_("Name of the new entity"), max_length=63, required=False, widget=plain())
    join_keys = forms.CharField(
        label=_("Key column"),
        max_length=500,
        required=False,
        widget=column(),
        help_text=_("The column that names one of it."),
    )
    key_type = key_type_field()
    join_keys_1, key_type_1 = _key_field(), key_type_field()
    join_keys_2, key_type_2 = _key_field(), key_type_field()
    join_keys_3, key_type_3 = _key_field(), key_type_field()

    @property
    def key_rows(self) -> list[tuple[BoundField, BoundField]]:
        """The first key's fields."""
        return [(self["join_keys"], self["key_type"])]

    @property
    def more_key_rows(self) -> list[tuple[BoundField, BoundField]]:
        """Those of the keys beyond the first, which few entities have."""
        return [(self[f"join_keys_{row}"], self[f"key_type_{row}"]) for row in range(1, _ROWS)]

    @property
    def has_more_keys(self) -> bool:
        return any(field.value() or field.errors for row in self.more_key_rows for field in row)

    def offer_entities(self, entities: Iterable[tuple[str, Any]]) -> None:
        self.fields["entity"].choices = [("", _("A new entity")), *entities]  # type: ignore[attr-defined]

    def check_entity(self) -> bool:
        """Whether the features are about something; asked before a view is made, not for a preview."""
        if not self.cleaned_data.get("entity") and not self.cleaned_data.get("new_entity"):
            self.add_error("new_entity", _("Name the new entity, or choose one that is there."))
        return not self.errors

    def typed_keys(self) -> dict[str, str]:
        """{key column: its type or ""} as they stand in the form, right or not; commas part several in one field."""
        return dict(self._typed_keys())

    def _typed_keys(self) -> Iterator[tuple[str, str]]:
        for key, kind in [*self.key_rows, *self.more_key_rows]:
            for name in str(key.value() or "").split(","):
                if name.strip():
                    yield name.strip(), str(kind.value() or "")

    def keys(self) -> list[str]:
        """As typed, a key that is named twice twice: the service says so."""
        return [name for name, _kind in self._typed_keys()]

    def key_types(self) -> dict[str, str]:
        """The types that were chosen; of some keys alone the service refuses them."""
        return {name: kind for name, kind in self._typed_keys() if kind}


class EntityForm(DescriptionForm):
    """What is said about an entity; while none has said what its keys hold, that too, once for good."""

    def __init__(self, data: Any = None, *, join_keys: Iterable[str], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self._keys = list(join_keys)
        for place, key in enumerate(self._keys):
            self.fields[f"key_type_{place}"] = key_type_field(_("Type of %(key)s") % {"key": key})
        if self._keys:
            last = self.fields[f"key_type_{len(self._keys) - 1}"]
            last.help_text = _("What the key holds. It stays so for good; views with another type are refused.")

    def words(self) -> dict[str, Any]:
        chosen = [(key, self.cleaned_data[f"key_type_{place}"]) for place, key in enumerate(self._keys)]
        types = {key: kind for key, kind in chosen if kind}
        return {**super().words(), **({"key_types": types} if types else {})}
