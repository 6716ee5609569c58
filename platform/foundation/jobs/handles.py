from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from foundation.identity import Actor
from foundation.tenancy import scope
from foundation.words import cleaned


class Keeping(Protocol):
    """Who keeps an attempt alive while it works; a thread in workers, the caller itself in tests."""

    def progress(self, step: str, percent: float | None) -> None: ...

    def unwritten(self) -> tuple[str, float | None] | None: ...

    def check(self) -> None: ...


class JobHandle:
    """What a job's function has of its job: who asked, which attempt, and a way to say how far it is."""

    def __init__(
        self, *, job_id: UUID, attempt: int, actor: Actor, keeper: Keeping, project_id: UUID | None = None
    ) -> None:
        self.id, self.attempt, self.actor, self.project_id = job_id, attempt, actor, project_id
        self._keeper = keeper

    @property
    def tenant_id(self) -> UUID:
        return self.actor.tenant_id

    def scope(self) -> AbstractContextManager[None]:
        """A transaction in the tenant's scope: as short as the writing it is for."""
        return scope(self.tenant_id, user_id=self.actor.user.pk if self.actor.user else None)

    def progress(self, step: object, percent: float | None = None) -> None:
        """Say what is being done and how much is done (0 to 100, or None); as often as you like."""
        self._keeper.progress(cleaned(str(step)), None if percent is None else min(100.0, max(0.0, float(percent))))

    def raise_if_cancelled(self) -> None:
        """Raise JobCancelled once somebody asked for the end, JobTaken once another attempt may be running.

        Costs nothing: call it wherever the work can stop.
        """
        self._keeper.check()
