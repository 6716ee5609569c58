"""What people type of expectations, and of rows that were set aside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.datasets.choices import TABLE_KINDS, ExpectationKind, Severity, ShiftMeasure, ValueFamily
from foundation.figures import whole
from foundation.web.lake_tables import is_numeric

Kind = ExpectationKind
_SQL = forms.Textarea(attrs={"rows": 4, "dir": "ltr", "spellcheck": "false", "class": "s-code-field"})


class SuiteForm(forms.Form):
    """A suite on its way: the expectations so far, and the number of the suite that they began with."""

    draft = forms.CharField(widget=forms.HiddenInput, required=False)
    after = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Why it changes"), max_length=1000, required=False, help_text=_("It stands in the history.")
    )

    def expectations(self) -> list[dict[str, Any]]:
        """The draft as it was sent; services judge what is in it."""
        try:
            found = json.loads(self.data.get("draft") or "[]")
        except ValueError:
            return []
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


class ExpectationForm(forms.Form):
    """One expectation of a kind: only the fields that this kind has."""

    kind = forms.CharField(widget=forms.HiddenInput)
    editing = forms.CharField(widget=forms.HiddenInput, required=False)
    severity = forms.ChoiceField(label=_("When it fails"), choices=Severity.choices, initial=Severity.WARN)
    description = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        kind: str,
        columns: Mapping[str, str],
        datasets: Sequence[tuple[str, str]],
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"kind": kind, **(initial or {})}, prefix="one")
        self._kind, self._columns = Kind(kind), columns
        known = [(name, name) for name in {**columns, **dict.fromkeys((initial or {}).get("columns", ()))}]
        self._name_columns(known)
        for name, make in _FIELDS.get(self._kind, {}).items():
            self.fields[name] = make()
        if "dataset" in self.fields:
            self.fields["dataset"].choices = datasets  # type: ignore[attr-defined]
        if self._kind in TABLE_KINDS:
            choices = [choice for choice in Severity.choices if choice[0] != Severity.QUARANTINE]
            self.fields["severity"].choices = choices  # type: ignore[attr-defined]
        first = ["columns", *_FIELDS.get(self._kind, {}), "severity", "description"]
        self.order_fields(first)

    @property
    def title(self) -> str:
        return str(self._kind.label)

    def _name_columns(self, known: Sequence[tuple[str, str]]) -> None:
        """Chosen out of those of the newest version; typed where there is none."""
        if self._kind in {Kind.ROW_COUNT, Kind.SQL_CONDITION, Kind.SQL_ROWS}:
            return
        many = self._kind in {Kind.UNIQUE, Kind.FOREIGN_KEY}
        if not known:
            self.fields["columns"] = _lines(_("Columns, one a line") if many else _("Column"))
        elif many:
            size = {"size": min(10, len(known))}
            self.fields["columns"] = forms.MultipleChoiceField(
                label=_("Columns"), choices=known, widget=forms.SelectMultiple(attrs=size)
            )
        else:
            self.fields["columns"] = forms.ChoiceField(label=_("Column"), choices=known)

    def raw(self) -> dict[str, Any]:
        """The expectation as services take it."""
        chosen = self.cleaned_data
        columns = chosen.get("columns") or []
        columns = _split(columns) if isinstance(columns, str) and "columns" not in self._choices() else columns
        columns = [columns] if isinstance(columns, str) else list(columns)
        parameters = {
            name: _read(name, chosen.get(name), numeric=self._is_numeric(columns))
            for name in _FIELDS.get(self._kind, {})
        }
        if "there" in parameters:
            parameters["columns"] = parameters.pop("there")
        return {
            "id": chosen.get("editing") or "",
            "kind": self._kind.value,
            "severity": chosen["severity"],
            "columns": columns,
            "parameters": {name: value for name, value in parameters.items() if value not in (None, "", [])},
            "description": chosen.get("description") or "",
        }

    def _choices(self) -> set[str]:
        return {name for name, field in self.fields.items() if isinstance(field, forms.ChoiceField)}

    def _is_numeric(self, columns: Sequence[str]) -> bool:
        return bool(columns) and is_numeric(self._columns.get(columns[0], ""))

    @staticmethod
    def initial_of(one: Mapping[str, Any]) -> dict[str, Any]:
        """An expectation as its form shows it."""
        said, columns = dict(one["parameters"]), list(one["columns"])
        if "columns" in said:
            said["there"] = said.pop("columns")
        for name in ("values", "there"):
            if name in said:
                said[name] = "\n".join(str(value) for value in said[name])
        for name in ("share", "change"):
            if name in said:
                said[name] = round(100 * said[name], 6)
        single = one["kind"] not in {Kind.UNIQUE, Kind.FOREIGN_KEY}
        return {
            **said,
            "editing": one["id"],
            "columns": columns[0] if single and columns else columns,
            "severity": one["severity"],
            "description": one["description"],
        }


def _lines(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}))


def _split(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _read(name: str, value: Any, *, numeric: bool) -> Any:
    if value in (None, ""):
        return None
    if name in {"values", "there"}:
        lines = _split(value)
        return [_as_number(line) for line in lines] if numeric and name == "values" else lines
    return value / 100 if name in {"share", "change"} else value


def _as_number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _bound(label: Any) -> Callable[[], forms.Field]:
    said = _("A number, or a date as 2026-03-01.")
    return lambda: forms.CharField(
        label=label, required=False, max_length=40, help_text=said, widget=forms.TextInput(attrs={"dir": "ltr"})
    )


def _count(label: Any) -> Callable[[], forms.Field]:
    return lambda: forms.IntegerField(label=label, required=False, min_value=0)


def _percent(label: Any, help_text: Any = "") -> Callable[[], forms.Field]:
    return lambda: forms.FloatField(label=label, required=False, min_value=0, help_text=help_text)


_FIELDS: dict[Kind, dict[str, Callable[[], forms.Field]]] = {
    Kind.NOT_NULL: {"share": _percent(_("At most so many per cent may be missing"), _("Empty: none."))},
    Kind.IN_RANGE: {"min": _bound(_("At least")), "max": _bound(_("At most"))},
    Kind.IN_SET: {"values": lambda: _lines(_("Values, one a line"))},
    Kind.MATCHES_REGEX: {
        "pattern": lambda: forms.CharField(
            label=_("Pattern"),
            max_length=500,
            strip=False,
            help_text=_("A regular expression (RE2) that the whole value matches, as [A-Z]{2}[0-9]{4}."),
            widget=forms.TextInput(attrs={"dir": "ltr", "spellcheck": "false"}),
        )
    },
    Kind.LENGTH: {"min": _count(_("Signs at least")), "max": _count(_("Signs at most"))},
    Kind.TYPE: {"family": lambda: forms.ChoiceField(label=_("Can be read as"), choices=ValueFamily.choices)},
    Kind.FOREIGN_KEY: {
        "dataset": lambda: forms.ChoiceField(label=_("Is found in the newest version of")),
        "there": lambda: _lines(_("Under these columns there, one a line"), _("In the order of the columns here.")),
    },
    Kind.SQL_CONDITION: {
        "sql": lambda: forms.CharField(
            label=_("Each row meets"),
            widget=_SQL,
            max_length=20_000,
            help_text=_("A condition of SQL, as amount > 0 OR refunded. Where it is unknown, the row passes."),
        )
    },
    Kind.SQL_ROWS: {
        "sql": lambda: forms.CharField(
            label=_("This query finds no row"),
            widget=_SQL,
            max_length=20_000,
            help_text=_("A SELECT over the table data that answers the bad rows, or their key columns."),
        )
    },
    Kind.FRESHNESS: {
        "hours": lambda: forms.FloatField(label=_("The newest value is at most so many hours old"), min_value=0)
    },
    Kind.ROW_COUNT: {
        "min": _count(_("Rows at least")),
        "max": _count(_("Rows at most")),
        "change": _percent(_("Within so many per cent of the last version")),
    },
    Kind.DISTRIBUTION: {
        "measure": lambda: forms.ChoiceField(label=_("Measured by"), choices=ShiftMeasure.choices),
        "threshold": lambda: forms.FloatField(
            label=_("At most"), min_value=0, initial=0.2, help_text=_("0.1 is a small shift, 0.25 a large one.")
        ),
    },
}


class RowsForm(forms.Form):
    """Which rows of a quarantine, and what becomes of them."""

    which = forms.ChoiceField(
        label=_("Which rows"), choices=[("chosen", _("The ticked rows")), ("all", _("All rows"))], initial="chosen"
    )
    column = forms.ChoiceField(label=_("Set the column"), required=False)
    value = forms.CharField(label=_("to"), required=False, strip=False, widget=forms.TextInput(attrs={"dir": "auto"}))
    missing = forms.BooleanField(label=_("no value"), required=False)
    reason_given = forms.CharField(label=_("Why they are given up"), required=False, max_length=500)

    def __init__(self, data: Any = None, *, columns: Sequence[str], reason: str = "") -> None:
        super().__init__(data)
        self._reason = reason
        if reason:
            every = ("all", _("All rows that fail this"))
            self.fields["which"].choices = [("chosen", _("The ticked rows")), every]  # type: ignore[attr-defined]
        self.fields["column"].choices = [(name, name) for name in columns]  # type: ignore[attr-defined]

    def choice(self, ticked: Sequence[str]) -> dict[str, Any]:
        """Which rows are meant, as services take it."""
        if self.cleaned_data["which"] == "all":
            return {"reason": self._reason, "everything": not self._reason}
        return {"numbers": [number for one in ticked if (number := whole(one, digits=18)) is not None]}

    def mended(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        return {"column": chosen["column"], "value": None if chosen["missing"] else chosen["value"]}


class RowForm(forms.Form):
    """The cells of one row, each with its value and whether it has any."""

    def __init__(
        self,
        data: Any = None,
        *,
        columns: Sequence[tuple[str, str]],
        values: Sequence[Any],
        faults: Mapping[str, Sequence[str]],
    ) -> None:
        """`faults`: what is not met, as sentences, by the column that it is expected of."""
        super().__init__(data)
        self._columns, self._faults = columns, faults
        self._values = [None if value is None else _as_typed(value) for value in values]
        for place, ((name, type_), value) in enumerate(zip(columns, self._values, strict=True)):
            said = value or ""
            widget = forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
            self.fields[f"c{place}"] = forms.CharField(
                label=name, help_text=type_.lower(), initial=said, required=False, strip=False, widget=widget
            )
            self.fields[f"n{place}"] = forms.BooleanField(label=_("no value"), initial=value is None, required=False)

    def cells(self) -> list[tuple[Any, Any, Sequence[str]]]:
        """Of each column its value, whether it has none, and what is wrong with it."""
        names = [name for name, _type in self._columns]
        return [(self[f"c{place}"], self[f"n{place}"], self._faults.get(name, ())) for place, name in enumerate(names)]

    def changes(self) -> list[tuple[int, str, str | None]]:
        """The cells that were changed: place, column, and the value or None."""
        found = []
        for place, ((name, _type), before) in enumerate(zip(self._columns, self._values, strict=True)):
            value = None if self.cleaned_data[f"n{place}"] else self.cleaned_data[f"c{place}"]
            # Who writes into an empty cell means what was written.
            if before is None and self.cleaned_data[f"c{place}"]:
                value = self.cleaned_data[f"c{place}"]
            if value != before:
                found.append((place, name, value))
        return found


def _as_typed(value: Any) -> str:
    """A value as one writes it: yes and no in small letters, as in a file."""
    return str(value).lower() if isinstance(value, bool) else str(value)
