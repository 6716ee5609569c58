"""What a report says, and who sets it in type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from apps.compliance.choices import Proof


@dataclass(frozen=True)
class Evidence:
    """One ledger entry that speaks for a statement; `signed` where a checkpoint covers it."""

    seq: int
    hash: str
    kind: str
    at: str
    actor: str
    signed: bool


@dataclass(frozen=True)
class Statement:
    """A sentence, how it stands (`Proof`), why it does not stand, the digest it is about, and its evidence."""

    state: str
    text: str
    reason: str = ""
    digest: str = ""
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        if self.state == Proof.PROVEN and not self.evidence:
            raise ValueError(f"No entry of the ledger was named for: {self.text}")


@dataclass(frozen=True)
class Section:
    """One link of the chain; `title` in English, `title_ar` in Arabic."""

    key: str
    title: str
    title_ar: str
    statements: tuple[Statement, ...]


class Typesetter(Protocol):
    """Sets a document as PDF/A; the same document gives the same bytes."""

    def pdf(self, document: dict[str, Any], *, made_at: datetime) -> bytes:
        """`document` is JSON; `made_at` becomes the file's creation date."""
