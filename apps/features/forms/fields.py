from __future__ import annotations

from django import forms

from apps.features.errors import DefinitionRefused
from apps.features.services.naming import check_name

_PLAIN = {"dir": "ltr", "autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


def plain() -> forms.TextInput:
    """A field for names and keys: left to right, and left as it was typed."""
    return forms.TextInput(attrs=_PLAIN)


def column(*, times: bool = False) -> forms.TextInput:
    """The same for a column: those that are known are offered, of `times` the ones that hold one."""
    return forms.TextInput(attrs={**_PLAIN, "list": "time-columns" if times else "columns-known"})


def sql_name(value: str) -> None:
    """A validator: what is no name is said at once with all else that is wrong, not only when the rest is right."""
    try:
        check_name(value)
    except DefinitionRefused as refusal:
        raise forms.ValidationError(refusal.sentence) from None
