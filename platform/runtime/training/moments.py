"""Moments written as text in a spec, as epoch seconds."""

from __future__ import annotations

from datetime import UTC, datetime

from runtime.failures import WorkloadFailure


def moment(name: str, text: object) -> float:
    """Read ISO 8601; without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise WorkloadFailure(
            f"{name} is {text!r}; it has to be a time as ISO 8601, such as 2013-07-01T00:00:00Z."
        ) from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
