"""Sentences that are kept, and read by people of any language: a message of the catalogue and what fills it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.utils.translation import gettext, ngettext

# What no text in PostgreSQL may hold, nor any answer in UTF-8: zero bytes and halves of signs, out of strangers' names.
_UNKEPT = re.compile("[\\x00\\ud800-\\udfff]")
_NAMED = re.compile(r"%\((\w+)\)")


@dataclass(frozen=True)
class Words:
    """`text` is marked with `gettext_noop` where it is written; values are plain, or words themselves.

    With `plural` it is the message for one thing, and `count` says how many there are.
    """

    text: str
    values: Mapping[str, str | float | Words] = field(default_factory=dict)
    plural: str = ""
    count: int = 0

    def __str__(self) -> str:
        """In the language of whoever reads now."""
        text = ngettext(self.text, self.plural, self.count) if self.plural else gettext(self.text)
        return self._filled(text, str)

    @property
    def plain(self) -> str:
        """In the language of the source, the same for everybody: for searches, programs and digests."""
        return self._filled(self.plural if self.plural and self.count != 1 else self.text, _plain)

    def as_json(self) -> dict[str, Any]:
        """{"text", "values"}, with words among the values as the same pair; of several things also how many."""
        values = {name: v.as_json() if isinstance(v, Words) else v for name, v in self.values.items()}
        said = {"text": self.text, "values": values}
        return {**said, "plural": self.plural, "count": self.count} if self.plural else said

    def _filled(self, text: str, shown: Any) -> str:
        said = {name: shown(value) if isinstance(value, Words) else value for name, value in self.values.items()}
        return text % said if said else text


def read_words(kept: Mapping[str, Any]) -> Words:
    """Words as `as_json` wrote them."""
    values = {name: read_words(v) if isinstance(v, Mapping) else _value(v) for name, v in kept["values"].items()}
    return Words(kept["text"], values, kept.get("plural", ""), kept.get("count", 0))


class Kept(str):
    """A sentence in the language of whoever has it said, that still knows its words, for those who read it later."""

    __slots__ = ("words",)
    words: Words

    @classmethod
    def of(cls, words: Words) -> Self:
        made = cls(words)
        made.words = words
        return made

    def __mod__(self, values: Any) -> str:
        """Filled in; what fills it is kept along with it where it has names."""
        if not isinstance(values, Mapping):
            return str(self) % values
        said = self.words
        named = set(_NAMED.findall(said.text + said.plural))
        fill = {name: _value(value) for name, value in values.items() if name in named}
        return Kept.of(Words(said.text, fill, said.plural, said.count))


def cleaned(text: str) -> str:
    """The text as it can be kept and sent; the same object where it can already."""
    return _UNKEPT.sub("\N{REPLACEMENT CHARACTER}", text) if _UNKEPT.search(text) else text


def kept(text: str) -> str:
    """As `gettext`; import it under the name `_` where sentences may be kept."""
    return Kept.of(Words(text))


def kept_many(one: str, many: str, count: int) -> str:
    """As `ngettext`; import it under that name where sentences may be kept."""
    return Kept.of(Words(one, {}, many, count))


def kept_in_turn(sentences: Iterable[str]) -> str:
    """One after the other, each with its own words."""
    parts = {f"part{place}": _value(sentence) for place, sentence in enumerate(sentences)}
    return Kept.of(Words(" ".join(f"%({name})s" for name in parts), parts))


def words_of(sentence: str) -> dict[str, Any]:
    """For a column beside the sentence: its words as JSON; empty where it knows none."""
    return sentence.words.as_json() if isinstance(sentence, Kept) else {}


def said_now(words: Mapping[str, Any], otherwise: str) -> str:
    """A kept sentence in the reader's language; `otherwise` where no words were kept of it."""
    return str(read_words(words)) if words else otherwise


def _value(value: Any) -> str | float | Words:
    if isinstance(value, Kept):
        return value.words
    return value if isinstance(value, int | float | Words) else cleaned(str(value))


def _plain(value: str | Words) -> str:
    return value.plain if isinstance(value, Words) else value
