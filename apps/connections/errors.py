"""What a source is refused for, or cannot be read for, in words; none of them carries a secret."""

from __future__ import annotations

from foundation.errors import Conflict, Invalid, NotFound, Unavailable


class SourceUnreachable(Unavailable):
    """It does not answer, or not in time, or the line broke: it may answer later."""

    slug = "source-unreachable"


class SourceRefused(Invalid):
    """It refused the credentials or the right to read, or may not be called from here."""

    slug = "source-refused"


class SourceChanged(Conflict):
    """What is read is no more what was fixed: a file, a column, a table is another or gone."""

    slug = "source-changed"


class SourceBroken(Invalid):
    """What it sent cannot be read; the sentence says where."""

    slug = "source-broken"


class PlaceMissing(NotFound):
    """There is no such table, column, folder or file in it."""

    slug = "place-missing"


class ScratchFull(Unavailable):
    """This machine has no room left for what is read."""

    slug = "scratch-full"
    again_s = 60
