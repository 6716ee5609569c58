from __future__ import annotations

from django import forms

_PLAIN = {"dir": "ltr", "autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


def plain() -> forms.TextInput:
    """A field for names and keys: left to right, and left as it was typed."""
    return forms.TextInput(attrs=_PLAIN)
