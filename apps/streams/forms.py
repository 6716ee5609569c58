"""What a stream is told, as fields."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.streams.choices import MOST_SCHEMA_BYTES, Begin, ColumnType, Cut, EventFormat, Late
from foundation.web.editing import EditForm

if TYPE_CHECKING:
    from apps.streams.models import Stream

_LTR = {"dir": "ltr", "autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
_MINUTE = 60


class StreamForm(EditForm):
    """What may change while a stream runs."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("What people here call it, like “Clicks”."))
    columns = forms.CharField(
        label=_("Columns"),
        widget=forms.Textarea(
            attrs={**_LTR, "rows": 6, "placeholder": "id whole required\nat time\nprice number\nemail text tokenise"}
        ),
        help_text=_(
            "One in a line: its name, its type, “required” where an event without it goes to quarantine, “tokenise” "
            "where its values name people: they are replaced by tokens before they reach the dataset. Types: text, "
            "whole, number, flag, time, day, nested. Other fields of an event are left out."
        ),
    )
    event_time = forms.CharField(
        label=_("Column of the event's time"),
        required=False,
        max_length=255,
        widget=forms.TextInput(attrs=_LTR),
        help_text=_("It tells which events are late. Empty: none is."),
    )
    lateness = forms.FloatField(
        label=_("May be late by minutes"),
        min_value=0,
        initial=5,
        help_text=_("Behind the newest event that came before: what is older than that counts as late."),
    )
    late = forms.ChoiceField(label=_("An event that is later"), choices=Late.choices, initial=Late.KEEP)
    batch_seconds = forms.FloatField(
        label=_("Committed every so many seconds"), min_value=0.2, max_value=600, initial=1
    )
    batch_rows = forms.IntegerField(
        label=_("Or sooner, after so many events"), min_value=1, max_value=100_000, initial=20_000
    )
    cut = forms.ChoiceField(label=_("A version is made"), choices=Cut.choices, initial=Cut.HAND)
    cut_rows = forms.IntegerField(
        label=_("Rows between two versions"),
        min_value=1,
        initial=1_000_000,
        help_text=_("Where one is made after so many rows."),
    )

    def __init__(self, data: Any = None, files: Any = None, *, stream: Stream | None = None) -> None:
        super().__init__(data, files, initial=_said(stream) if stream else None)
        self._edits = stream is not None
        if stream is not None and stream.format != EventFormat.JSON:
            self.fields["schema_file"] = _schema_field(_("Another schema"))

    def clean_columns(self) -> list[dict[str, Any]]:
        found = columns_of(self.cleaned_data["columns"])
        # Of a new stream nobody said it: the dataset may have the column as tokens. Here somebody took the word away.
        return [{**one, "tokenise": bool(one["tokenise"])} for one in found] if self._edits else found

    def words(self) -> dict[str, Any]:
        """As services take it."""
        given = dict(self.cleaned_data)
        given["lateness"] = timedelta(seconds=given["lateness"] * _MINUTE)
        file = given.pop("schema_file", None)
        return given if file is None else {**given, "event_schema": file.read()}


class NewStreamForm(StreamForm):
    """Takes `datasets` and `connections` as (id, name)."""

    dataset = forms.ChoiceField(
        label=_("Feeds the dataset"), required=False, help_text=_("Its rows come into a table that grows.")
    )
    connection = forms.ChoiceField(
        label=_("Events come from"), required=False, help_text=_("Other brokers are connected under Data, Connections.")
    )
    topic = forms.CharField(
        label=_("Topic, or key of the stream"),
        required=False,
        max_length=249,
        widget=forms.TextInput(attrs=_LTR),
        help_text=_("For a connection alone."),
    )
    begin = forms.ChoiceField(label=_("Begins"), choices=Begin.choices, initial=Begin.EARLIEST)
    format = forms.ChoiceField(label=_("Format"), choices=EventFormat.choices, initial=EventFormat.JSON)
    message = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=255,
        widget=forms.TextInput(attrs={**_LTR, "placeholder": "shop.Click"}),
        help_text=_("Of Protobuf: its name with its package."),
    )
    examples = forms.CharField(
        label=_("Example"),
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={**_LTR, "rows": 2, "placeholder": '{"id": 1, "at": "2026-01-31T12:00:00Z"}'}),
        help_text=_("An event in JSON in each line: “Suggest columns” reads them, or what waits at the connection."),
    )
    field_order = (
        "name",
        "dataset",
        "connection",
        "topic",
        "begin",
        "format",
        "schema_file",
        "message",
        "examples",
        "columns",
    )

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        datasets: Iterable[tuple[str, str]],
        connections: Iterable[tuple[str, str]],
    ) -> None:
        super().__init__(data, files)
        self.fields["schema_file"] = _schema_field(_("Schema"))
        new = ("", _("A new one, called like the stream"))
        self.fields["dataset"].choices = [new, *datasets]  # type: ignore[attr-defined]
        pushed = ("", _("Programs that send them to the portal"))
        self.fields["connection"].choices = [pushed, *connections]  # type: ignore[attr-defined]
        self.order_fields(self.field_order)

    def wants_suggestion(self) -> bool:
        """Columns may be missing then: they are what is asked for."""
        return "suggest" in self.data

    def asked(self) -> dict[str, Any]:
        """What is known before the form is whole, as the suggestion takes it."""
        file = self.files.get("schema_file")
        examples = str(self.data.get("examples", ""))[:200_000].encode()
        return {
            "topic": str(self.data.get("topic", ""))[:249],
            "format": self.data.get("format", "json"),
            "message": str(self.data.get("message", ""))[:255],
            "event_schema": file.read(MOST_SCHEMA_BYTES + 1) if file else b"",
            "examples": [line for line in examples.splitlines() if line.strip()],
        }


class MendForm(forms.Form):
    """Another value for each column of one event that lies in quarantine; what is left empty stays as it came.

    `needs` is the column for which it lies there, if it is one.
    """

    def __init__(
        self, data: Any = None, *, columns: Sequence[Mapping[str, Any]], fields: Mapping[str, Any], needs: str = ""
    ) -> None:
        super().__init__(data)
        self._columns = columns
        for number, column in enumerate(columns):
            now = fields.get(column["name"])
            self.fields[f"value_{number}"] = forms.CharField(
                label=column["name"],
                # Of what could not be decoded nothing is there.
                required=column["name"] == needs or (not fields and bool(column.get("required"))),
                max_length=100_000,
                widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "placeholder": now or ""}),
                help_text=_mend_help(column, at_fault=column["name"] == needs),
            )

    def clean(self) -> dict[str, Any]:
        for number, column in enumerate(self._columns):
            text = self.cleaned_data.get(f"value_{number}", "")
            if text:
                try:
                    self.cleaned_data[f"value_{number}"] = _READ.get(ColumnType(column["type"]), str)(text)
                except ValueError:
                    label = ColumnType(column["type"]).label
                    self.add_error(f"value_{number}", gettext("This is no %(type)s.") % {"type": label})
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """As the service takes them: those that were given."""
        given = {column["name"]: self.cleaned_data[f"value_{n}"] for n, column in enumerate(self._columns)}
        return {name: value for name, value in given.items() if value != ""}


def _mend_help(column: Mapping[str, Any], *, at_fault: bool) -> str:
    said = str(ColumnType(column["type"]).label)
    if at_fault:
        return gettext("%(type)s; for this column it lies in quarantine") % {"type": said}
    if column.get("required"):
        said = gettext("%(type)s, must be there") % {"type": said}
    return gettext("%(type)s; a token of it is kept") % {"type": said} if column.get("tokenise") else said


def _flag(text: str) -> bool:
    if text.casefold() not in ("true", "false"):
        raise ValueError
    return text.casefold() == "true"


_READ: dict[ColumnType, Any] = {
    ColumnType.WHOLE: int,
    ColumnType.NUMBER: float,
    ColumnType.FLAG: _flag,
    ColumnType.NESTED: json.loads,
}


def columns_of(text: str) -> list[dict[str, Any]]:
    """A column in each line; its name may hold blanks."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        said = set()
        while len(words) > 2 and words[-1] in ("required", "tokenise"):
            said.add(words.pop())
        if len(words) < 2 or words[-1] not in ColumnType.values:
            sentence = gettext("Line %(line)d: write a name and a type, like “price number”.")
            raise forms.ValidationError(sentence % {"line": number})
        name, kind = " ".join(words[:-1]), words[-1]
        found.append(
            {"name": name, "type": kind, "required": "required" in said, "tokenise": "tokenise" in said or None}
        )
    return found


def as_lines(columns: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(
        " ".join([one["name"], one["type"], *(word for word in ("required", "tokenise") if one.get(word))])
        for one in columns
    )


def _schema_field(label: Any) -> forms.FileField:
    return forms.FileField(
        label=label,
        required=False,
        max_length=255,
        help_text=_("Of Avro a file in JSON; of Protobuf what protoc --include_imports --descriptor_set_out writes."),
    )


def _said(stream: Stream) -> dict[str, Any]:
    told = ("name", "event_time", "late", "batch_seconds", "batch_rows", "cut", "cut_rows")
    return {
        **{name: _plain(getattr(stream, name)) for name in told},
        "columns": as_lines(stream.columns),
        "lateness": _plain(stream.lateness.total_seconds() / _MINUTE),
    }


def _plain(value: Any) -> Any:
    """A number as people write it: 5, not 5.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
