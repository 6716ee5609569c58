"""Statements weighed against the ledger: does an entry say it, does the entry hold, does the database still agree?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.compliance.choices import Proof
from apps.compliance.ports import Evidence, Statement
from foundation.ledger.proving import Entry

Subject = tuple[str, UUID]


def in_words(moment: datetime | None) -> str:
    """A time as reports write it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else "–"


@dataclass(frozen=True)
class Proofs:
    """The entries about a chain. Those up to number `whole` follow each other unbroken; those up to `signed` are
    covered by a checkpoint. `names` are those of people who acted."""

    entries: list[Entry]
    names: Mapping[UUID, str]
    whole: int
    signed: int

    def of(self, subject: Subject, *kinds: str) -> list[Entry]:
        """The entries about one thing, of these kinds, the oldest first."""
        return [e for e in self.entries if e.event.subject == subject and (not kinds or e.event.kind in kinds)]

    def evidence(self, entries: Iterable[Entry]) -> tuple[Evidence, ...]:
        return tuple(self._shown(entry) for entry in entries)

    def holds(self, entry: Entry) -> bool:
        return entry.holds and entry.event.seq <= self.whole

    def state(
        self,
        subject: Subject,
        kind: str,
        text: str,
        *,
        agrees: Mapping[str, Any] | None = None,
        where: Mapping[str, Any] | None = None,
        digest: str = "",
        lacking: str = "",
    ) -> Statement:
        """The statement by the newest entry of that kind (and with that payload, in `where`).

        `agrees` names what the payload has to say: the database's present values.
        """
        found = [e for e in self.of(subject, kind) if _matches(e, where or {})]
        if not found:
            return Statement(Proof.MISSING, text, lacking or _("No entry of the ledger says so."), digest)
        entry = found[-1]
        reason = self.fault(entry) or _differs(entry, agrees or {})
        return Statement(Proof.UNPROVEN if reason else Proof.PROVEN, text, reason, digest, self.evidence([entry]))

    def fault(self, entry: Entry) -> str:
        """Why an entry proves nothing; empty where it does."""
        if not entry.holds:
            return _("Entry %(seq)d was altered: its content no longer gives its hash.") % {"seq": entry.event.seq}
        if entry.event.seq > self.whole:
            return _("The chain is not whole up to entry %(seq)d.") % {"seq": entry.event.seq}
        return ""

    def actor_of(self, entry: Entry) -> str:
        event = entry.event
        if event.named_actor and event.named_actor in self.names:
            return self.names[event.named_actor]
        return _("the portal") if event.actor_kind == "system" else event.actor_kind

    def _shown(self, entry: Entry) -> Evidence:
        event = entry.event
        return Evidence(
            event.seq,
            entry.hash,
            event.kind,
            in_words(event.recorded_at),
            self.actor_of(entry),
            event.seq <= self.signed,
        )


def missing(text: str, reason: str = "") -> Statement:
    return Statement(Proof.MISSING, text, reason)


def _matches(entry: Entry, where: Mapping[str, Any]) -> bool:
    return all(_plain(entry.event.payload.get(key)) == _plain(value) for key, value in where.items())


def _differs(entry: Entry, agrees: Mapping[str, Any]) -> str:
    for key, present in agrees.items():
        then = _plain(entry.event.payload.get(key))
        if then != _plain(present):
            return _("Entry %(seq)d says %(key)s %(then)s; the database now says %(now)s.") % {
                "seq": entry.event.seq,
                "key": key,
                "then": then or "–",
                "now": _plain(present) or "–",
            }
    return ""


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(sorted(_plain(item) for item in value))
    return "" if value is None else str(value)
