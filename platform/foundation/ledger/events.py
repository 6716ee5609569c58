"""The base of all events, and the rule that keeps personal data out of them."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.functional import Promise

from foundation.ledger.canonical import instant
from foundation.ledger.errors import LedgerMisuse

# Ids, digests, times, numbers and words of an enumeration: nothing that a person could have typed about somebody.
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+=-]{0,199}")
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_SAFE_INTEGER = 2**53
_MOST_ITEMS = 1000


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact of the domain: subclasses set `kind` ("dataset.archived") and declare ids, digests, numbers, words.

    `said` is what a history says that the actor did ("archived the dataset"), `icon` the sign beside it; neither is
    recorded. `%(name)s` in `said` stands for a field; `labels` names the choices that say a field's value in words.
    """

    kind: ClassVar[str] = ""
    version: ClassVar[int] = 1
    said: ClassVar[str | Promise] = ""
    icon: ClassVar[str] = "circle"
    labels: ClassVar[Mapping[str, type[TextChoices]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        declared = {name for name, kind in inspect.get_annotations(cls).items() if "ClassVar" not in str(kind)}
        if taken := declared & {"kind", "version", "said", "icon", "labels", "payload"}:
            raise LedgerMisuse(f"{cls.__name__} declares {', '.join(sorted(taken))}, which every event has already.")

    def payload(self) -> dict[str, Any]:
        """The fields as JSON values; LedgerMisuse where one could carry personal data or free text."""
        if not _KIND.fullmatch(self.kind) or len(self.kind) > 80:
            raise LedgerMisuse(f"{type(self).__name__}.kind is {self.kind!r}; it must read like “dataset.archived”.")
        return {field.name: _plain(getattr(self, field.name), f"{self.kind}.{field.name}") for field in fields(self)}


def declared(base: type[Event] = Event) -> dict[str, type[Event]]:
    """Every kind of event that the running portal knows, with its class."""
    found = {base.kind: base} if base.kind else {}
    for below in base.__subclasses__():
        found |= declared(below)
    return found


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, int | float):
        return _number(value, where)
    if isinstance(value, str):
        return _word(value, where)
    return _collection(value, where)


def _number(value: float, where: str) -> float:
    if not math.isfinite(value) or abs(value) >= _SAFE_INTEGER:
        raise LedgerMisuse(
            f"{where} is {value}: the ledger takes finite numbers below 2^53, which every reader agrees on."
        )
    return value


def _word(value: str, where: str) -> str:
    # The empty word is how an enumeration says "none".
    if value and not _WORD.fullmatch(value):
        raise LedgerMisuse(
            f"{where} holds text; the ledger takes ids, digests, numbers and single words of at most 200 signs, "
            "never free text or personal data."
        )
    return str(value)


def _collection(value: Any, where: str) -> Any:
    if isinstance(value, Mapping):
        _check_length(len(value), where)
        return {_word(str(_plain(key, where)), where): _plain(item, where) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        _check_length(len(value), where)
        items = [_plain(item, where) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    raise LedgerMisuse(f"{where} is a {type(value).__name__}; the ledger takes ids, digests, numbers and words.")


def _check_length(length: int, where: str) -> None:
    if length > _MOST_ITEMS:
        raise LedgerMisuse(f"{where} has {length} items; record a digest of them instead (at most {_MOST_ITEMS}).")
