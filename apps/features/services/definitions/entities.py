"""Entities as a section of a file."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.errors import DefinitionRefused
from apps.features.models import Entity
from apps.features.services.definitions.reading import Fields, Problem, Value
from apps.features.services.definitions.saying import (
    Said,
    as_change,
    given_of,
    read_said,
    said_changes,
    said_fields,
)
from apps.features.services.definitions.sections import Action, Context, Section, Step, Wanted
from apps.features.services.describing import describe_entity
from apps.features.services.entities import define_entity
from apps.features.services.meaning import tell_key_types
from apps.features.services.naming import column_list


class EntitySection(Section):
    word, rank = "entities", 10

    def read(self, name: str, value: Value, problems: list[Problem]) -> Wanted:
        fields = Fields(value, f"{self.word}.{name}", problems)
        keys = fields.value("join_keys")
        words: Said = {"join_keys": [], "key_types": {}}
        if keys is None or not keys.data:
            fields.problem(_("“%(name)s” is missing.") % {"name": "join_keys"})
        elif isinstance(keys.data, dict):
            words["key_types"] = {key: kind.written for key, kind in keys.data.items() if kind.data is not None}
            words["join_keys"] = list(keys.data)
        else:
            words["join_keys"] = fields.texts("join_keys")
        words |= read_said(fields)
        lines = {field: fields.line_of(field) for field in ("join_keys", "owner", "tags")}
        fields.end()
        return Wanted(name, value.line, words, {**lines, "key_types": lines["join_keys"]})

    def ask(self, context: Context, wanted: Wanted) -> None:
        context.coming[wanted.name] = wanted.words["join_keys"]

    def make(self, context: Context, wanted: Wanted) -> Step:
        words, actor = wanted.words, context.actor
        entity = selectors.entity_named(actor=actor, project_id=context.project.pk, name=wanted.name)
        meaning = {"join_keys": words["join_keys"], "key_types": words["key_types"]}
        if entity is None:
            define_entity(actor=actor, project=context.project, name=wanted.name, **meaning, **given_of(words))
            return Step(self.word, wanted.name, wanted.line, "new", meaning={**meaning, **given_of(words)})
        if entity.join_keys != words["join_keys"]:
            raise DefinitionRefused(
                _("its join keys are %(keys)s for good: views are known by them. Define another entity.")
                % {"keys": column_list(entity.join_keys)},
                fields={"join_keys": [_("Other join keys.")]},
            )
        changes = []
        if tell_key_types(entity, words["key_types"]):
            changes.append(as_change("join_keys", "", [f"{k}: {v}" for k, v in words["key_types"].items()]))
        said = said_changes(entity, words)
        changes += [as_change(field, getattr(entity, field), value) for field, value in said.items()]
        if said:
            describe_entity(actor=actor, entity=entity, **said)
        action: Action = "described" if changes else "unchanged"
        return Step(self.word, wanted.name, wanted.line, action, changes=tuple(changes), meaning={**meaning, **said})

    def there(self, context: Context) -> Iterable[tuple[str, Said]]:
        rows = selectors.visible_entities(actor=context.actor, project_id=context.project.pk)
        for entity in rows.select_related("owner"):
            yield entity.name, entity_fields(entity)


def entity_fields(entity: Entity) -> Said:
    """The entity as a file holds it."""
    return {"join_keys": dict(entity.key_types) or list(entity.join_keys), **said_fields(entity)}
