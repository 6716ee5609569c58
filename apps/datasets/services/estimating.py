"""What reading in or making rows will probably take, by what was measured before; else nothing is said.

Of the same thing the middle of its earlier runs counts. A file is told by its bytes: by those of the same dataset, or
else by all files of the project, whose time for a byte is all that they have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from uuid import UUID

from apps.datasets import selectors
from apps.datasets.models import Dataset, Ingestion, Transformation
from apps.datasets.selectors import Made
from apps.tenants import selectors as tenants
from foundation import access, jobs
from foundation.access import Permission
from foundation.clock import database_now
from foundation.identity import Actor

_QUEUE = "default"


@dataclass(frozen=True)
class Expected:
    """An estimate, and what it rests on: `rests_on` earlier ones `like` it (itself, dataset or project).

    What nothing tells is None; `rests_on` 0 says that nothing does. `keeping` is None for whoever sees no usage here.
    """

    like: str
    rests_on: int
    time: timedelta | None = None
    byte_count: int | None = None
    row_count: int | None = None
    queue_ahead: int = 0
    keeping: tenants.Keeping | None = None


def expect_ingestion(*, actor: Actor, ingestion: Ingestion) -> Expected:
    """The next run of an ingestion, by its own earlier ones that brought something."""
    made = selectors.made_by_ingestion(actor=actor, ingestion=ingestion)
    return _as_before(actor, ingestion.project_id, made)


def expect_pull(*, actor: Actor, project_id: UUID, connection_id: UUID, place: str) -> Expected:
    """Reading what lies at a place behind a connection, by the times that it was read before."""
    where = {"project_id": project_id, "connection_id": connection_id}
    return _as_before(actor, project_id, selectors.made_of_place(actor=actor, place=place, **where))


def expect_transformation(*, actor: Actor, transformation: Transformation) -> Expected:
    """The next run of a transformation, by its own earlier ones that made a version."""
    made = selectors.made_by_transformation(actor=actor, transformation=transformation)
    return _as_before(actor, transformation.project_id, made)


def expect_derivation(*, actor: Actor, project_id: UUID, sql: str) -> Expected:
    """A version by SQL, by those that the same SQL made before."""
    return _as_before(actor, project_id, selectors.made_by_sql(actor=actor, project_id=project_id, sql=sql))


def expect_upload(*, actor: Actor, project_id: UUID, dataset: Dataset | None, size: int) -> Expected:
    """Reading in a file of `size` bytes, from when it has been sent; its bytes are what is kept of it."""
    own = selectors.made_of_files(actor=actor, project_id=project_id, dataset=dataset) if dataset else []
    made = [one for one in own if one.file_bytes]
    like = "dataset"
    if not made:
        like = "project"
        others = selectors.made_of_files(actor=actor, project_id=project_id)
        made = [one for one in others if one.file_bytes]
    # Of a version that grew, its rows are not those of its file.
    alike = [one for one in made if not one.grew] if like == "dataset" else []
    rows = sum(one.row_count for one in alike) / sum(one.file_bytes for one in alike) if alike else None
    return Expected(
        like=like,
        rests_on=len(made),
        time=_by_bytes(made, size),
        byte_count=size,
        row_count=None if rows is None else round(rows * size),
        queue_ahead=jobs.length_of_queue(_QUEUE),
        keeping=_keeping(actor, project_id, size),
    )


def _by_bytes(made: Sequence[Made], size: int) -> timedelta | None:
    """As long for a byte as those took together, and no shorter than the quickest: beginning takes its time, too."""
    read = sum(one.file_bytes for one in made)
    if not read:
        return None
    return timedelta(seconds=max(sum(one.seconds for one in made) * size / read, min(one.seconds for one in made)))


def _as_before(actor: Actor, project_id: UUID, made: Sequence[Made]) -> Expected:
    kept = int(median(one.byte_count for one in made)) if made else None
    return Expected(
        like="itself",
        rests_on=len(made),
        time=timedelta(seconds=median(one.seconds for one in made)) if made else None,
        byte_count=kept,
        # What grows has at least the rows that it has now.
        row_count=int(made[0].row_count if made[0].grew else median(one.row_count for one in made)) if made else None,
        queue_ahead=jobs.length_of_queue(_QUEUE),
        keeping=_keeping(actor, project_id, kept),
    )


def _keeping(actor: Actor, project_id: UUID, byte_count: int | None) -> tenants.Keeping | None:
    if not access.can(actor, Permission.USAGE_VIEW, access.Inside(project_id)):
        return None
    return tenants.keeping(actor=actor, project_id=project_id, byte_count=byte_count, now=database_now())
