"""What becomes of the rows that are there when others come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.datasets.choices import Mode
from foundation.web.long_choices import LongChoices

MOST_KEYS, _LONGEST_NAME = 50, 255
_SINGLE = (Mode.FULL, Mode.APPEND, Mode.UPSERT)


class ColumnsField(forms.MultipleChoiceField):
    """Columns by name. Which there are is known to whoever reads the rows: here any name is taken."""

    def __init__(self, **words: Any) -> None:
        boxes = LongChoices(
            first=12, more=_("More columns"), find=_("Find a column"), none=_("No column is called so.")
        )
        super().__init__(widget=boxes, required=False, **words)

    def valid_value(self, value: Any) -> bool:
        return 0 < len(str(value)) <= _LONGEST_NAME

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MOST_KEYS:
            raise forms.ValidationError(_("At most %(most)d columns.") % {"most": MOST_KEYS})


class ModeFields(forms.Form):
    """A form whose rows come to others; it calls `offer_columns` with those that are there."""

    mode = forms.ChoiceField(
        label=_("What becomes of the rows that are there"),
        choices=[(mode.value, mode.label) for mode in _SINGLE],
        widget=forms.RadioSelect,
        required=False,
        initial=Mode.FULL,
    )
    key = ColumnsField(
        label=_("Key"), help_text=_("Rows with the same values in these columns are the same: the newer one stays.")
    )

    def offer_columns(self, columns: Iterable[str]) -> None:
        """Without any there are no rows that anything could become of."""
        named = list(columns)
        if not named:
            for name in ("mode", "key"):
                self.fields.pop(name, None)
            return
        chosen = self.data.getlist("key") if hasattr(self.data, "getlist") else []
        known = dict.fromkeys([*named, *chosen])
        self.fields["key"].choices = [(name, name) for name in known]  # type: ignore[attr-defined]

    def rows_said(self) -> dict[str, Any]:
        """The words of services: `mode` and `key`, which counts where rows are replaced by it."""
        mode = self.cleaned_data.get("mode") or Mode.FULL
        return {"mode": mode, "key": self.cleaned_data.get("key", []) if mode == Mode.UPSERT else []}
