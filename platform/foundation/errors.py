"""Errors of the portal: each carries the sentence that the person reads."""

from __future__ import annotations

from typing import Any

from foundation.words import cleaned


class PortalError(Exception):
    """A refusal in words; `status` is its HTTP status and `slug` its place in the problem documentation."""

    status = 500
    slug = "error"
    # Whether it is recorded as a refusal whatever its status is: it reads like faulty input and is no slip.
    noted = False
    # Asked again after so many seconds it may be answered; 0 where waiting makes it no better.
    again_s = 0
    # Whose the token was that a door refused, where that was found (foundation.access.actors.admit).
    asker: Any = None

    def __init__(self, sentence: object, *, details: dict[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self._sentence = sentence
        self.details = details or {}

    @property
    def sentence(self) -> str:
        """The sentence in the reader's language: a lazy translation is rendered when it is read.

        One that knows its words (`foundation.words.Kept`) keeps them; what fills it was cleaned before.
        """
        return cleaned(self._sentence if isinstance(self._sentence, str) else str(self._sentence))

    def __str__(self) -> str:
        return self.sentence


class AccessDenied(PortalError):
    status, slug = 403, "access-denied"


class NotFound(PortalError):
    status, slug = 404, "not-found"


class Invalid(PortalError):
    """Input that cannot be accepted; `fields` names the faulty fields and what is wrong with each."""

    status, slug = 422, "invalid"

    def __init__(
        self,
        sentence: object,
        *,
        fields: dict[str, list[str]] | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence, details=details)
        self.fields = fields or {}


class Conflict(PortalError):
    status, slug = 409, "conflict"


class Unavailable(PortalError):
    status, slug = 503, "unavailable"
    again_s = 5


class OverQuota(PortalError):
    status, slug = 429, "over-quota"
