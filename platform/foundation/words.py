"""Sentences that are kept, and read by people of any language: a message of the catalogue and what fills it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext


@dataclass(frozen=True)
class Words:
    """`text` is marked with `gettext_noop` where it is written; values are plain, or words themselves."""

    text: str
    values: Mapping[str, str | Words] = field(default_factory=dict)

    def __str__(self) -> str:
        """In the language of whoever reads now."""
        return self._filled(gettext(self.text), str)

    @property
    def plain(self) -> str:
        """In the language of the source, the same for everybody: for searches, programs and digests."""
        return self._filled(self.text, _plain)

    def as_json(self) -> dict[str, Any]:
        """{"text", "values"}, with words among the values as the same pair."""
        values = {name: v.as_json() if isinstance(v, Words) else v for name, v in self.values.items()}
        return {"text": self.text, "values": values}

    def _filled(self, text: str, shown: Any) -> str:
        return text % {name: shown(value) for name, value in self.values.items()} if self.values else text


def read_words(kept: Mapping[str, Any]) -> Words:
    """Words as `as_json` wrote them."""
    values = {name: read_words(v) if isinstance(v, Mapping) else str(v) for name, v in kept["values"].items()}
    return Words(kept["text"], values)


def _plain(value: str | Words) -> str:
    return value.plain if isinstance(value, Words) else value
