"""Files that MLflow's client logs, counted where they land: they take room in the quota and cost as what is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q

from apps.experiments.models import LoggedFile, Run
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind
from foundation.identity import Actor

# Of a file whose length nobody announced, the quota is asked anew after so much of it.
_STEP = 16 * 1024**2


class Counted:
    """A file on its way to MLflow, counted as it passes; `check` is told each time that a step more has come."""

    def __init__(self, body: Iterable[bytes], announced: int, check: Callable[[int], None]) -> None:
        self._body, self._check = body, check
        self._checked = announced
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            self.count += len(piece)
            if self.count > self._checked:
                self._checked = self.count + _STEP
                self._check(self._checked)
            yield piece


def writer_of(actor: Actor, runs: list[Run]) -> UUID | None:
    """The person whose file it is: whoever sends it, or asked for the run whose container does."""
    if actor.user is not None:
        return actor.user.pk
    return runs[0].created_by_id if runs else None


def size_at(*, tenant_id: UUID, project_id: UUID, path: str) -> int:
    """Bytes of the file that a new one at this path would replace; 0 where there is none."""
    mine = LoggedFile.objects.filter(tenant_id=tenant_id, project_id=project_id, path_digest=_digest_of(path))
    return mine.values_list("byte_count", flat=True).first() or 0


@transaction.atomic
def note_logged(
    *, tenant_id: UUID, project_id: UUID, person_id: UUID | None, path: str, byte_count: int, at: datetime
) -> None:
    """A file has landed; it takes the place of the one that was at this path."""
    key = {"tenant_id": tenant_id, "project_id": project_id, "path_digest": _digest_of(path)}
    rows = LoggedFile.objects.select_for_update()
    row, made = rows.get_or_create(**key, defaults={"path": path, "person_id": person_id, "byte_count": byte_count})
    if made:
        _keep(tenant_id, project_id, {person_id: byte_count}, at)
        return
    change = {row.person_id: -row.byte_count}
    change[person_id] = change.get(person_id, 0) + byte_count
    row.person_id, row.byte_count = person_id, byte_count
    row.save(update_fields=["person_id", "byte_count"])
    _keep(tenant_id, project_id, change, at)


@transaction.atomic
def note_unlogged(*, tenant_id: UUID, project_id: UUID, path: str, at: datetime) -> None:
    """The file at this path, or all files of this folder, are gone."""
    below = Q(path_digest=_digest_of(path)) | Q(path__startswith=f"{path}/")
    mine = LoggedFile.objects.filter(below, tenant_id=tenant_id, project_id=project_id)
    change: dict[UUID | None, int] = {}
    for row in mine.select_for_update().order_by("pk"):
        change[row.person_id] = change.get(row.person_id, 0) - row.byte_count
        row.delete()
    _keep(tenant_id, project_id, change, at)


def _keep(tenant_id: UUID, project_id: UUID, change: dict[UUID | None, int], at: datetime) -> None:
    """One span for each person's files of a project; always in the same order, for whoever else is at it."""
    for person_id, more in sorted(change.items(), key=lambda pair: str(pair[0])):
        what = tenants.Metered(
            tenant_id=tenant_id,
            project_id=project_id,
            person_id=person_id,
            kind=ThingKind.FILES,
            thing_id=project_id,
            subject_id=uuid5(project_id, f"logged files of {person_id}"),
        )
        if more:
            tenants.keep_bytes(what, more=more, at=at)


def _digest_of(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()
