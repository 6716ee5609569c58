"""The launcher's only kind of error: a sentence that says what, where and how to mend it."""

from __future__ import annotations


class Refusal(Exception):
    """The launcher will not go on; the message is what the person reads."""
