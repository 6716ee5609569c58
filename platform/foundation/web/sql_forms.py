"""A form with SQL and the dataset versions that it reads, each under a name; rows are added by the server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Self
from uuid import UUID

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

_ROW = re.compile(r"version_(\d{1,2})")
_MOST_ROWS = 20
_PLAIN = {"dir": "ltr", "autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


class SqlForm(forms.Form):
    """`versions` are choices of (id, label); `cleaned_data["inputs"]` is {name in the SQL: version id}.

    Subclasses add their fields, and may have more to choose from than versions (`input_label`); the input rows are
    drawn by components/sql_inputs.html.
    """

    input_label: Any = _("Dataset version")

    sql = forms.CharField(
        label=_("SQL"),
        max_length=50_000,
        widget=forms.Textarea(attrs={"data-editor": "sql", "spellcheck": "false", "dir": "ltr"}),
        help_text=_("One SELECT in DuckDB's dialect, over datasets of this project and the versions named below."),
    )

    def __init__(
        self, data: Any = None, *args: Any, versions: Sequence[tuple[str, Any]], more: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(data, *args, **kwargs)
        initial = dict((self.initial or {}).get("inputs") or {})
        given = [int(found[1]) for name in data or () if (found := _ROW.fullmatch(name))]
        self._rows = min(max([n + 1 for n in given] or [max(2, len(initial))]) + more, _MOST_ROWS)
        pairs = [*initial.items(), *[("", "")] * self._rows]
        for index in range(self._rows):
            self._add_row(index, pairs[index], versions)

    def _add_row(self, index: int, pair: tuple[str, Any], versions: Sequence[tuple[str, Any]]) -> None:
        name, version = pair
        self.fields[f"alias_{index}"] = forms.RegexField(
            r"^[A-Za-z_][A-Za-z0-9_]{0,62}$",
            label=_("Name in the SQL"),
            required=False,
            initial=name,
            widget=forms.TextInput(attrs=_PLAIN),
            error_messages={"invalid": _("Letters, digits and underscores, beginning with a letter.")},
        )
        self.fields[f"version_{index}"] = forms.ChoiceField(
            label=self.input_label, required=False, choices=[("", "–"), *versions], initial=str(version)
        )

    @property
    def input_rows(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"alias_{i}"], self[f"version_{i}"]) for i in range(self._rows)]

    def as_typed(self) -> Self:
        """The form as it was typed, unchecked: for the round in which it only gets one row more."""
        self._errors = ErrorDict()
        return self

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        inputs: dict[str, UUID] = {}
        for index in range(self._rows):
            alias, version = cleaned.pop(f"alias_{index}", ""), cleaned.pop(f"version_{index}", "")
            if alias and not version and f"version_{index}" not in self.errors:
                self.add_error(f"version_{index}", _("Choose the version that this name stands for."))
            if version and not alias and f"alias_{index}" not in self.errors:
                self.add_error(f"alias_{index}", _("Give it the name that the SQL uses."))
            if alias in inputs:
                self.add_error(f"alias_{index}", _("This name is used twice."))
            if alias and version:
                inputs[alias] = UUID(version)
        cleaned["inputs"] = inputs
        return cleaned


__all__ = ["SqlForm"]
