"""What a connection is told, as fields of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.connections.choices import MOST_AT_ONCE, SETTINGS, ConnectionKind, Setting
from foundation.web.editing import EditForm

if TYPE_CHECKING:
    from apps.connections.models import Connection

_LTR = {"dir": "ltr", "autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class ConnectionForm(EditForm):
    """A connection of one kind; `connection` where there is one already, whose secrets may stay as they are."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("What people here call it, like “Warehouse”."))
    description = forms.CharField(label=_("Description"), max_length=200, required=False)

    def __init__(
        self, data: Any = None, *, kind: ConnectionKind, connection: Connection | None = None, everywhere: bool = False
    ) -> None:
        super().__init__(data, initial=_said(connection) if connection else None)
        self.kind = kind
        for setting in SETTINGS[kind]:
            self.fields[setting.name] = _field(setting, held=bool(connection and connection.has_secrets))
        self.fields["at_once"] = forms.IntegerField(
            label=_("Ingestions at the same time"),
            min_value=1,
            max_value=MOST_AT_ONCE,
            initial=2,
            help_text=_("So many read through it at once at most; others wait. It spares the server that is read."),
        )
        if everywhere:
            self.fields["everywhere"] = forms.BooleanField(
                label=_("Every project of the organisation may read through it"), required=False
            )

    def words(self) -> dict[str, Any]:
        """As services take it."""
        given = self.cleaned_data
        known = SETTINGS[self.kind]
        return {
            "name": given["name"],
            "description": given["description"],
            "settings": {setting.name: given[setting.name] for setting in known if not setting.secret},
            "secrets": {setting.name: given[setting.name] for setting in known if setting.secret},
            "at_once": given["at_once"],
        }


def _field(setting: Setting, *, held: bool) -> forms.Field:
    said: dict[str, Any] = {"label": setting.label, "help_text": setting.help, "required": setting.required}
    if setting.secret:
        if held:
            said |= {"required": False, "help_text": _("Sealed. Leave it empty to keep it.")}
        return forms.CharField(
            **said,
            max_length=setting.most,
            strip=False,
            widget=forms.PasswordInput(attrs=_hints(setting, {"autocomplete": "off"})),
        )
    said["initial"] = setting.initial
    if setting.kind == "flag":
        return forms.BooleanField(**{**said, "required": False})
    if setting.kind == "number":
        return forms.IntegerField(**said, min_value=1, max_value=65_535)
    if setting.kind == "choice":
        return forms.ChoiceField(**said, choices=setting.choices)
    lines = setting.kind == "lines"
    widget = (
        forms.Textarea(attrs=_hints(setting, {**_LTR, "rows": "3"}))
        if lines
        else forms.TextInput(attrs=_hints(setting))
    )
    return forms.CharField(**said, max_length=setting.most, widget=widget)


def _hints(setting: Setting, attrs: dict[str, str] = _LTR) -> dict[str, str]:
    """A field that some ways of signing in have no use for says which have: the style sheet hides it in the others."""
    said = dict(attrs)
    if setting.placeholder:
        said["placeholder"] = setting.placeholder
    if setting.ways:
        said["data-ways"] = " ".join(setting.ways)
    return said


def _said(connection: Connection) -> dict[str, Any]:
    words = {"name": connection.name, "description": connection.description, "at_once": connection.at_once}
    return {**connection.settings, **words}
