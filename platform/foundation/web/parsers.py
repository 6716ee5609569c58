"""JSON as the REST surface takes it: no deeper than anybody means it, and text that can be kept and sent back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 64
# PostgreSQL keeps no NUL, and half of a surrogate pair is no character: no encoding writes it.
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


class WritableJSONParser(JSONParser):
    """Refuses with 400 what no field could take, so that no field has to think of it."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            found = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise _too_deep() from error
        _check(found)
        return found


def _check(found: Any) -> None:
    """Level by level, so that depth costs no stack."""
    level, depth = [found], 0
    while level:
        if depth > DEEPEST:
            raise _too_deep()
        for thing in level:
            for text in (thing, *thing) if isinstance(thing, dict) else (thing,):
                if isinstance(text, str) and UNWRITABLE.search(text):
                    raise ParseError(_("A text holds NUL or half of a surrogate pair, which is no character."))
        level = [below for thing in level for below in _inside(thing)]
        depth += 1


def _inside(thing: Any) -> list[Any]:
    if isinstance(thing, dict):
        return list(thing.values())
    return thing if isinstance(thing, list) else []


def _too_deep() -> ParseError:
    return ParseError(_("The JSON is nested deeper than %(deepest)d levels.") % {"deepest": DEEPEST})


__all__ = ["UNWRITABLE", "WritableJSONParser"]
