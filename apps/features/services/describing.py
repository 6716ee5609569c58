"""What is said about things of the feature store: owner, tags, description. A change of it changes no meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import policies
from apps.features.errors import DefinitionRefused
from apps.features.events import EntityEdited, FeatureServiceEdited, FeatureViewEdited, OnDemandViewEdited
from apps.features.models import Entity, FeatureService, FeatureView, OnDemandView
from apps.features.services.meaning import tell_key_types
from apps.tenants import selectors as tenants
from foundation import ledger
from foundation.identity import Actor

if TYPE_CHECKING:
    from foundation.identity.models import User

Described = TypeVar("Described", Entity, FeatureView, FeatureService, OnDemandView)
MOST_TAGS, LONGEST_TAG = 20, 40


@transaction.atomic
def describe_entity(*, actor: Actor, entity: Entity, **words: Any) -> Entity:
    """`description`, `owner` (somebody's email; "" for nobody) and `tags`; what is not named stays.

    `key_types` are told once, where neither the definition nor a view of it did.
    """
    given = words.pop("key_types", None) or {}
    entity, changed = _described(actor, entity, words)
    if tell_key_types(entity, given):
        changed = sorted([*changed, "key_types"])
    if changed:
        said = EntityEdited(entity_id=entity.pk, changed=changed)
        ledger.record(said, actor=actor, project_id=entity.project_id, subject=("entity", entity.pk))
    return entity


@transaction.atomic
def describe_view(*, actor: Actor, view: FeatureView, **words: Any) -> FeatureView:
    """The same of one version of a view."""
    view, changed = _described(actor, view, words)
    if changed:
        said = FeatureViewEdited(view_id=view.pk, changed=changed)
        ledger.record(said, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))
    return view


@transaction.atomic
def describe_service(*, actor: Actor, service: FeatureService, **words: Any) -> FeatureService:
    """The same of one version of a service."""
    service, changed = _described(actor, service, words)
    if changed:
        said = FeatureServiceEdited(service_id=service.pk, changed=changed)
        ledger.record(said, actor=actor, project_id=service.project_id, subject=("feature_service", service.pk))
    return service


@transaction.atomic
def describe_on_demand(*, actor: Actor, view: OnDemandView, **words: Any) -> OnDemandView:
    """The same of one version of on-demand features."""
    view, changed = _described(actor, view, words)
    if changed:
        said = OnDemandViewEdited(on_demand_view_id=view.pk, changed=changed)
        ledger.record(said, actor=actor, project_id=view.project_id, subject=("on_demand_view", view.pk))
    return view


def _described(actor: Actor, thing: Described, words: dict[str, Any]) -> tuple[Described, list[str]]:
    policies.check_can_define(actor, thing)
    model: Any = type(thing)
    row = model.objects.select_for_update().get(pk=thing.pk)
    policies.check_out_of_bin(row)
    wanted: dict[str, Any] = {}
    if "description" in words:
        wanted["description"] = str(words["description"]).strip()
    if "tags" in words:
        wanted["tags"] = checked_tags(words["tags"])
    if "owner" in words:
        wanted["owner"] = owner_called(actor, words["owner"], otherwise=False)
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, wanted[name])
    if changed:
        row.save(update_fields=changed)
    return row, sorted(changed)


def checked_tags(tags: Sequence[str]) -> list[str]:
    """Each once, in small letters and in order."""
    found = sorted({" ".join(str(tag).split()).lower() for tag in tags} - {""})
    if len(found) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in found):
        raise DefinitionRefused(
            _("At most %(most)d tags, each of at most %(long)d letters.") % {"most": MOST_TAGS, "long": LONGEST_TAG},
            fields={"tags": [_("Fewer or shorter tags.")]},
        )
    return found


def owner_called(actor: Actor, email: str, *, otherwise: bool = True) -> User | None:
    """The member of this email address; of none whoever asks, or nobody where not `otherwise`."""
    said = (email or "").strip().lower()
    if not said:
        return actor.user if otherwise else None
    row = tenants.members(actor=actor).filter(user__email=said).first()
    if row is None:
        raise DefinitionRefused(
            _("Nobody in this organisation has the address %(email)s. Name a member as the owner.") % {"email": said},
            fields={"owner": [_("Not a member.")]},
        )
    return row.user
