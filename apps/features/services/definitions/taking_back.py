"""Making something to see what would be made: all of it is taken back again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

Told = TypeVar("Told")


class _TakeBack(Exception):
    """Ends the transaction of what is only looked at."""


def taken_back(make: Callable[[], Told]) -> Told:
    """What `make` tells of what it made in the database; nothing of that is kept."""
    told: list[Told] = []
    try:
        with transaction.atomic():
            told.append(make())
            raise _TakeBack
    except _TakeBack:
        return told[0]
