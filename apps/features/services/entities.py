"""Entities are defined once, and called by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.errors import DefinitionRefused
from apps.features.events import EntityDefined
from apps.features.models import Entity
from apps.features.services.describing import checked_tags, owner_called
from apps.features.services.meaning import checked_key_types
from apps.features.services.naming import check_name, meant
from foundation import ledger
from foundation.errors import Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project


def entity_called(*, actor: Actor, project: Project, name: str) -> Entity:
    """The project's entity of this name; DefinitionRefused says which there are."""
    entity = selectors.entity_named(actor=actor, project_id=project.pk, name=name)
    if entity is None:
        names = selectors.visible_entities(actor=actor, project_id=project.pk).values_list("name", flat=True)
        sentence = _("There is no entity “%(name)s” in this project. %(meant)s") % {
            "name": name,
            "meant": meant(name, names),
        }
        raise DefinitionRefused(sentence, fields={"entity": [_("Define it first.")]})
    return entity


@transaction.atomic
def define_entity(
    *,
    actor: Actor,
    project: Project,
    name: str,
    join_keys: list[str],
    key_types: Mapping[str, str] | None = None,
    description: str = "",
    owner: str = "",
    tags: Sequence[str] = (),
) -> Entity:
    """What features are about, and the columns that name one of it; `owner` is somebody's email, else whoever asks.

    `key_types` gives each join key a `KeyType`; without them the first view of the entity does.
    """
    policies.check_can_define(actor, project)
    check_name(name)
    if not join_keys or len(set(join_keys)) != len(join_keys):
        raise DefinitionRefused(
            _("An entity needs at least one join key, and each only once."),
            fields={"join_keys": [_("Name the key columns.")]},
        )
    try:
        with transaction.atomic():
            entity = Entity.objects.create(
                tenant=actor.tenant,
                project_id=project.pk,
                name=name,
                join_keys=join_keys,
                key_types=checked_key_types(join_keys, key_types or {}),
                description=description,
                owner=owner_called(actor, owner),
                tags=checked_tags(tags),
            )
    except IntegrityError as error:
        raise Conflict(_("This project has an entity “%(name)s” already.") % {"name": name}) from error
    ledger.record(
        EntityDefined(entity_id=entity.pk), actor=actor, project_id=entity.project_id, subject=("entity", entity.pk)
    )
    return entity
