"""Which versions can be taken over."""

from __future__ import annotations

from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion
from apps.datasets.selectors.reading import visible_versions
from foundation.identity import Actor

# As many as a list of choices bears.
MOST = 500


def versions_to_take(*, actor: Actor) -> list[DatasetVersion]:
    """The committed versions of all projects that are open to the actor, by project and name, newest first."""
    rows = visible_versions(actor=actor).filter(state=VersionState.READY).select_related("dataset", "project")
    return list(rows.order_by("project__name", "dataset__name", "-number")[:MOST])
