from __future__ import annotations

from django import forms

_PLAIN = {"dir": "ltr", "autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


def plain() -> forms.TextInput:
    """A field for names and keys: left to right, and left as it was typed."""
    return forms.TextInput(attrs=_PLAIN)


def column(*, times: bool = False) -> forms.TextInput:
    """The same for a column: those that are known are offered, of `times` the ones that hold one."""
    return forms.TextInput(attrs={**_PLAIN, "list": "time-columns" if times else "columns-known"})
