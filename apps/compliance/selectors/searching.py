"""What somebody may mean who types words above the ledger: what was done, by whom, to what; as far as they may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.datasets import selectors as datasets
from apps.deployments import selectors as deployments
from apps.experiments import selectors as experiments
from apps.features import selectors as features
from apps.projects import selectors as projects
from apps.registry import selectors as registry
from apps.tenants import selectors as tenants
from foundation import access, ledger
from foundation.access import Permission
from foundation.identity import Actor
from foundation.web.families import EVENT_FAMILIES

_MOST_WORDS, _MOST_IDS = 6, 500
_Rows = Callable[..., QuerySet[Any]]
# By the kind of subject: who may see such things, which there are, and the fields that hold the name they go by.
_THINGS: dict[str, tuple[Permission, _Rows, tuple[str, ...]]] = {
    "dataset": (Permission.DATASET_VIEW, datasets.visible_datasets, ("name",)),
    "dataset_version": (Permission.DATASET_VIEW, datasets.visible_versions, ("dataset__name",)),
    "entity": (Permission.FEATURE_VIEW, features.visible_entities, ("name",)),
    "feature_service": (Permission.FEATURE_VIEW, features.visible_services, ("name",)),
    "feature_view": (Permission.FEATURE_VIEW, features.visible_views, ("name",)),
    "training_set": (Permission.FEATURE_VIEW, features.visible_training_sets, ("name",)),
    "run": (Permission.RUN_VIEW, experiments.visible_runs, ("experiment__name", "recipe")),
    "model": (Permission.MODEL_VIEW, registry.visible_models, ("name",)),
    "model_version": (Permission.MODEL_VIEW, registry.visible_versions, ("model__name",)),
    "deployment": (Permission.DEPLOYMENT_VIEW, deployments.visible_deployments, ("name", "slug")),
    "revision": (Permission.DEPLOYMENT_VIEW, deployments.visible_revisions, ("deployment__name", "deployment__slug")),
}


def sought(*, actor: Actor, words: str) -> list[ledger.Sought]:
    """Each word by itself, as `ledger.activity` takes it: a small query for each kind of thing that may be called so.

    What nothing is called is not asked of the ledger, and what few are is found by its indexes. Where more than
    `_MOST_IDS` bear a name, their query becomes a part of the ledger's, so that no hit is left out.
    """
    return [_meant(actor, word) for word in words.split()[:_MOST_WORDS]]


def _meant(actor: Actor, word: str) -> ledger.Sought:
    open_projects = access.can_somewhere(actor, Permission.PROJECT_VIEW)
    called = Q(name__icontains=word) | Q(slug__icontains=word)
    return ledger.Sought(
        kinds=_kinds(word),
        people=_ids(*tenants.people_called(actor=actor, word=word)),
        groups=_ids(*tenants.groups_called(actor=actor, word=word)),
        projects=_ids(projects.visible_projects(actor=actor).filter(called)) if open_projects else (),
        things={
            kind: _ids(rows(actor=actor).filter(_called(names, word)))
            for kind, (permission, rows, names) in _THINGS.items()
            if access.can_somewhere(actor, permission)
        },
        id=_id(word),
    )


def _ids(*found: QuerySet[Any]) -> list[ledger.Ids]:
    parts: list[ledger.Ids] = []
    for rows in found:
        ids = rows.order_by().values_list("pk", flat=True)
        few = set(ids[: _MOST_IDS + 1])
        parts += [few] if 0 < len(few) <= _MOST_IDS else [ids] if few else []
    return parts


def _called(names: tuple[str, ...], word: str) -> Q:
    wanted = Q()
    for name in names:
        wanted |= Q(**{f"{name}__icontains": word})
    return wanted


def _kinds(word: str) -> list[str]:
    """Kinds of events by their own words in the reader's language, their family's, or the kind itself."""
    folded = word.casefold()
    return [
        kind
        for kind, event in ledger.declared().items()
        if folded in f"{event.said} {kind} {EVENT_FAMILIES.get(kind.partition('.')[0], '')}".casefold()
    ]


def _id(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None
