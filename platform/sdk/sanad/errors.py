"""What the portal refuses, in its own words."""

from __future__ import annotations

from typing import Any


class SanadError(Exception):
    """A refusal of the portal: `sentence` says what and how to mend it, `request_id` is the number to quote."""

    exit_code = 1

    def __init__(
        self,
        sentence: str,
        *,
        status: int = 0,
        fields: dict[str, list[str]] | None = None,
        details: dict[str, Any] | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.fields = fields or {}
        self.details = details or {}
        self.request_id = request_id

    def __str__(self) -> str:
        """The sentence, and of each field what the sentence does not say already."""
        return " ".join([self.sentence, *(f"{name}: {said}" for name, said in self.more())])

    def more(self) -> list[tuple[str, str]]:
        """What is wrong of which field, where that is more than the sentence."""
        return [(name, said) for name, said in self._told() if said not in self.sentence]

    def beside(self) -> list[str]:
        """The fields of which the sentence itself says what is wrong."""
        return list(dict.fromkeys(name for name, said in self._told() if said in self.sentence))

    def _told(self) -> list[tuple[str, str]]:
        return [(name, said) for name, found in self.fields.items() for said in found]


class Refused(SanadError):
    """The request cannot be accepted as it is; `fields` names what is wrong."""


class Denied(SanadError):
    """The token is missing, void, or lacks a permission."""

    exit_code = 4


class NotFound(SanadError):
    exit_code = 3


class Unreachable(SanadError):
    """The portal does not answer."""


class Failed(SanadError):
    """Work that was accepted has failed; the sentence is the portal's."""


def from_response(status: int, body: Any, request_id: str) -> SanadError:
    """The error that stands for an answer of the portal."""
    said = body if isinstance(body, dict) else {}
    sentence = str(said.get("detail") or said.get("error") or said.get("message") or f"The portal answered {status}.")
    kind = {401: Denied, 403: Denied, 404: NotFound}.get(status, Refused if status < 500 else Unreachable)
    return kind(
        sentence,
        status=status,
        fields=said.get("errors"),
        details=said.get("details"),
        request_id=str(said.get("request_id") or request_id),
    )
