"""What the lake and the sandbox refuse, in words."""

from __future__ import annotations

from foundation.errors import Conflict, Invalid, NotFound, PortalError, Unavailable


class TableMissing(NotFound):
    """There is no such table, or not at that snapshot."""


class TableExists(Conflict):
    """A table of this name is there already."""


class LakeUnavailable(Unavailable):
    """The lake did not answer, or a write could not be finished; nothing of it is kept."""


class MarkMoved(Conflict):
    """Somebody else wrote in this writer's name meanwhile; nothing was written now."""


class LakeFailed(PortalError):
    """A query of the portal's own failed: a fault of ours, not of the reader."""

    slug = "lake-failed"


class LakeTooSmall(LakeFailed):
    """A query took more memory than the lake's engine has."""


class LakeSlow(Unavailable):
    """A query was not answered within the time that whoever asked could wait."""

    again_s = 60


class FileRefused(Invalid):
    """A file that cannot be read as a table; `details` names kind, line and column where they are known."""

    slug = "file-refused"


class ReadAgain(Exception):
    """A file that was read in one pass has a row that asks for two; nothing of it counts. No person hears of it.

    `quoted`: all that was not foreseen is a quote; it may be read in one pass that looks for them.
    """

    def __init__(self, *, quoted: bool = False) -> None:
        super().__init__()
        self.quoted = quoted


class SqlRefused(Invalid):
    """SQL that is not run at all: not one query, or it reaches for something that is not among its inputs."""

    slug = "sql-refused"


class SqlFailed(Invalid):
    """SQL that was run and failed; `details` may name line and column."""

    slug = "sql-failed"


class SqlTimeout(SqlFailed):
    """SQL that did not end within its time."""

    slug = "sql-timeout"
