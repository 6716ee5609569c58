from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.datasets.choices import NEXT, VersionState
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.tenancy import zones

if TYPE_CHECKING:
    from apps.datasets.models import Dataset, DatasetVersion


def check_can_read(actor: Actor, version: DatasetVersion) -> None:
    access.require(actor, Permission.DATASET_VIEW, version)


def check_can_add(actor: Actor, project: object) -> None:
    access.require(actor, Permission.DATASET_CREATE, project)
    zones.require_zone(actor.tenant)


def check_can_edit(actor: Actor, dataset: Dataset) -> None:
    access.require(actor, Permission.DATASET_CREATE, dataset)


def check_can_commit(actor: Actor, version: DatasetVersion) -> None:
    access.require(actor, Permission.DATASET_CREATE, version)
    if VersionState.READY not in NEXT[VersionState(version.state)]:
        raise Conflict(
            _("This version is %(state)s; only one that waits for review can be committed.") % _state(version)
        )


def check_can_discard(actor: Actor, version: DatasetVersion) -> None:
    access.require(actor, Permission.DATASET_CREATE, version)
    if version.state != VersionState.REVIEW:
        raise Conflict(
            _("This version is %(state)s; only one that waits for review can be discarded.") % _state(version)
        )


def check_can_classify(actor: Actor, version: DatasetVersion) -> None:
    access.require(actor, Permission.DATASET_CREATE, version)


def _state(version: DatasetVersion) -> dict[str, str]:
    return {"state": str(VersionState(version.state).label)}
