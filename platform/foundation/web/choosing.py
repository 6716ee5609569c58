"""What could have been chosen, told where something else was: whoever writes a program does not see the page's list."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

_MOST_TOLD = 40


def with_choices(field: Any, found: Any) -> Any:
    """The errors of a field, of the shape that the framework gives them, with the choices that there are."""
    if isinstance(found, dict):
        return {name: with_choices(_below(field, name), said) for name, said in found.items()}
    if not isinstance(found, list):
        return found
    if isinstance(field, serializers.ChoiceField):
        return [_told(field, said) for said in found]
    child = getattr(field, "child", None)
    return [with_choices(child, said) if isinstance(said, (dict, list)) else said for said in found]


def _below(field: Any, name: Any) -> Any:
    inside = getattr(field, "fields", None)
    return inside.get(name) if inside is not None else getattr(field, "child", None)


def _told(field: serializers.ChoiceField, said: Any) -> Any:
    if getattr(said, "code", "") != "invalid_choice" or len(field.choices) > _MOST_TOLD:
        return said
    known = ", ".join(str(choice) for choice in field.choices if choice != "")
    return f"{said} {_('Choose one of: %(known)s.') % {'known': known}}"
