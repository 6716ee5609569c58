"""A list's filters are saved by name, shared, opened with, changed, deleted."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.dashboards import policies, selectors
from apps.dashboards.events import SavedFilterChanged, SavedFilterShared, SavedFilterWithdrawn
from apps.dashboards.models import ListDefault, SavedFilter
from foundation import ledger
from foundation.identity import Actor
from foundation.web.saved_filters import kept, list_of

if TYPE_CHECKING:
    from foundation.identity.models import User


@transaction.atomic
def save_filter(
    *,
    actor: Actor,
    path: str,
    project_id: UUID | None,
    name: str,
    query: str,
    shared: bool = False,
    default: bool = False,
    replace: bool = False,
    now: datetime,
) -> SavedFilter:
    """Save a list's query under a name; with `replace`, in place of the person's own one of that name.

    NotFound for a path that is no list, Conflict where the name is taken or the list has fifty of the person's.
    """
    listed = list_of(path, in_project=project_id is not None)
    policies.check_can_save(actor, listed, project_id)
    name, query = policies.checked_name(name), policies.checked_query(kept(query))
    held = {row.name: row for row in _of(actor.user, project_id, path).select_for_update()}
    policies.check_name_free(name in held and not replace)
    if name in held:
        return _changed(actor, held[name], {"query": query, "shared": shared}, default or None)
    policies.check_room(len(held))
    words = {"path": path, "project_id": project_id, "name": name, "query": query, "shared": shared}
    saved = SavedFilter.objects.create(tenant=actor.tenant, owner=actor.user, created_at=now, **words)
    if shared:
        _record(SavedFilterShared(filter_id=saved.pk, path=path), actor, saved)
    if default:
        _open_with(actor, saved)
    return saved


@transaction.atomic
def change_filter(
    *,
    actor: Actor,
    saved: SavedFilter,
    name: str | None = None,
    query: str | None = None,
    shared: bool | None = None,
    default: bool | None = None,
) -> SavedFilter:
    """What is None stays. Who opens with a filter that is shared no more opens with the whole list again."""
    locked = SavedFilter.objects.select_for_update().get(pk=saved.pk)
    if any(said is not None for said in (name, query, shared)):
        policies.check_can_change(actor, locked)
    words: dict[str, object] = {}
    if name is not None:
        words["name"] = policies.checked_name(name)
    if query is not None:
        words["query"] = policies.checked_query(kept(query))
    if shared is not None:
        words["shared"] = shared
    changed = {field: value for field, value in words.items() if getattr(locked, field) != value}
    if "name" in changed:
        same = _of(locked.owner, locked.project_id, locked.path)
        policies.check_name_free(same.exclude(pk=locked.pk).filter(name=changed["name"]).exists())
    return _changed(actor, locked, changed, default)


@transaction.atomic
def open_with(*, actor: Actor, saved: SavedFilter, default: bool = True) -> None:
    """The list opens with it for this person from now on, or as it always does."""
    policies.check_can_save(actor, selectors.listed_of(saved), saved.project_id)
    if default:
        _open_with(actor, saved)
    else:
        ListDefault.objects.filter(user=actor.user, chosen=saved).delete()


@transaction.atomic
def delete_filter(*, actor: Actor, saved: SavedFilter) -> None:
    policies.check_can_change(actor, saved)
    if saved.shared:
        _record(SavedFilterWithdrawn(filter_id=saved.pk, path=saved.path), actor, saved)
    saved.delete()


def forget_person(*, tenant_id: UUID, user_id: UUID) -> None:
    """Whoever is no member any more keeps nothing here; what they shared stays with those who use it, without them."""
    rows = SavedFilter.objects.filter(tenant_id=tenant_id, owner_id=user_id)
    ListDefault.objects.filter(tenant_id=tenant_id, user_id=user_id).delete()
    rows.filter(shared=False).delete()
    rows.update(owner=None)


def _of(owner: User | None, project_id: UUID | None, path: str) -> QuerySet[SavedFilter]:
    """Somebody's own of one list; in the tenant's scope."""
    inside = Q(project_id=project_id) if project_id else Q(project=None)
    return SavedFilter.objects.filter(inside, owner=owner, path=path)


def _changed(actor: Actor, saved: SavedFilter, changed: dict[str, object], default: bool | None) -> SavedFilter:
    was = saved.shared
    changed = {field: value for field, value in changed.items() if getattr(saved, field) != value}
    for field, value in changed.items():
        setattr(saved, field, value)
    if changed:
        saved.save(update_fields=list(changed))
        _tell(actor, saved, was, sorted(changed))
    if was and not saved.shared:
        ListDefault.objects.filter(chosen=saved).exclude(user=saved.owner).delete()
    if default is not None:
        open_with(actor=actor, saved=saved, default=default)
    return saved


def _tell(actor: Actor, saved: SavedFilter, was: bool, changed: list[str]) -> None:
    if was and not saved.shared:
        _record(SavedFilterWithdrawn(filter_id=saved.pk, path=saved.path), actor, saved)
    elif saved.shared and not was:
        _record(SavedFilterShared(filter_id=saved.pk, path=saved.path), actor, saved)
    elif saved.shared:
        _record(SavedFilterChanged(filter_id=saved.pk, path=saved.path, changed=changed), actor, saved)


def _open_with(actor: Actor, saved: SavedFilter) -> None:
    ListDefault.objects.bulk_create(
        [
            ListDefault(
                tenant_id=saved.tenant_id,
                user=actor.user,
                project_id=saved.project_id,
                path=saved.path,
                chosen=saved,
            )
        ],
        update_conflicts=True,
        unique_fields=["tenant", "user", "project", "path"],
        update_fields=["chosen"],
    )


def _record(event: ledger.Event, actor: Actor, saved: SavedFilter) -> None:
    ledger.record(event, actor=actor, subject=("saved_filter", saved.pk), project_id=saved.project_id)
