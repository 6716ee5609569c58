from __future__ import annotations

from foundation.errors import Invalid, Unavailable


class Refused(Invalid):
    """The address is none that may be called from here; nothing was sent to it."""


class Unreachable(Unavailable):
    """Nobody answered, or not in time, or not as HTTP wants it."""


class AnswerTooLarge(Unreachable):
    """More came than was asked for; the rest was left unread."""
