"""What a view's columns may be: keys of their entity's type, times that are times, features that every store carries.

One rule for times: what has no time zone is UTC, and a date is its first moment in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from apps.features.choices import KeyType
from apps.features.errors import DefinitionRefused
from apps.features.models import Entity, FeatureView
from apps.features.services.naming import column_list
from foundation import lake
from foundation.lake.ports import Column, Unsteady
from foundation.words import kept as _

_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
# A UUID is none: a request gives it as text, and a join would hold it for something else than the same text of a label.
_KEY_TYPES = {"VARCHAR": KeyType.TEXT, "BOOLEAN": KeyType.TRUTH, "DATE": KeyType.DATE}
# What is counted from 1970 on is no cast away from a time.
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "U", "DECIMAL", "FLOAT", "DOUBLE")
# Numbers, texts, truths, times: what a training set, the online store and a request can all hold.
_CARRIED = re.compile(r"(BOOLEAN|FLOAT|DOUBLE|DECIMAL\(.*\)|VARCHAR|UUID|ENUM\(.*\)|DATE|TIME|TIMESTAMP.*)")


def check_steady(sql: str, columns: Iterable[str]) -> None:
    """Refuse SQL that would give other rows tomorrow over the same versions: a feature is computed again and again."""
    found = lake.sandbox.unsteady(sql, sorted(set(columns)))
    if found:
        sentence = _unsteady_in_words(found[0])
        raise DefinitionRefused(sentence, fields={"sql": [_unsteady_in_words(one) for one in found]})


def _unsteady_in_words(found: Unsteady) -> str:
    sentences = {
        "clock": _(
            "Line %(line)d: %(name)s reads the clock, so that a feature would depend on when it is computed. Compare "
            "with the event time instead."
        ),
        "chance": _(
            "Line %(line)d: %(name)s answers something else each time, so that nobody could compute the feature again. "
            "Leave it out."
        ),
        "order": _(
            "Line %(line)d: %(name)s takes rows in the order in which they happen to come. Add an ORDER BY that "
            "decides it."
        ),
        "sample": _("Line %(line)d: %(name)s takes rows by chance. Choose them by a condition instead."),
    }
    return sentences[found.reason] % {"line": found.line, "name": found.name.upper()}


def key_type_of(sql_type: str) -> KeyType | None:
    """Which kind of key a column of this type is; None where it is none that can be looked up."""
    kind = sql_type.upper()
    if _WHOLE.fullmatch(kind):
        return KeyType.WHOLE
    if kind.startswith("TIMESTAMP"):
        return KeyType.MOMENT
    return KeyType.TEXT if kind.startswith("ENUM(") else _KEY_TYPES.get(kind)


def kind_of_key(sql_type: str) -> str:
    """What may be held against each other as a key: number, text, truth, day or moment; the type where it is none."""
    kind = sql_type.upper()
    if _WHOLE.fullmatch(kind) or kind.startswith(("DECIMAL", "FLOAT", "DOUBLE")):
        return "number"
    if kind.startswith("TIMESTAMP"):
        return "moment"
    return {"VARCHAR": "text", "BOOLEAN": "truth", "DATE": "day"}.get(
        kind, "text" if kind.startswith("ENUM(") else sql_type
    )


def no_time(name: str, kind: str) -> str:
    """Why a column of this type is no time, and how SQL makes one of it; nothing where it is one."""
    if kind.upper().startswith(("TIMESTAMP", "DATE")):
        return ""
    words = {"name": name, "type": kind}
    if kind.upper().startswith(_NUMBERS):
        sentence = _(
            "“%(name)s” is of type %(type)s; a time is wanted. Where it counts seconds since 1970, write "
            "to_timestamp(%(name)s) AS %(name)s in the SQL; where milliseconds, epoch_ms(%(name)s) AS %(name)s."
        )
        return sentence % words
    return _("“%(name)s” is of type %(type)s; a time is wanted. Cast it in the SQL: %(name)s::TIMESTAMP.") % words


def check_meet(view: FeatureView, keys: Mapping[str, str], rows: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Refuse rows whose column is of another kind than the key: it would match nothing, or what nobody meant.

    `keys` maps join keys to columns of the rows, `rows` and `wanted` those and the view's keys to their SQL types.
    """
    for key, column in keys.items():
        kinds = {kind_of_key(rows[column]), kind_of_key(wanted[key])} if key in wanted else set()
        if len(kinds) > 1:
            sentence = _(
                "“%(column)s” is %(given)s, and %(view)s is joined by “%(key)s”, which is %(wanted)s: the two would "
                "never meet. Send the column in that type."
            )
            if kinds == {"day", "moment"}:
                sentence = _(
                    "“%(column)s” is %(given)s, and %(view)s is joined by “%(key)s”, which is %(wanted)s: a day meets "
                    "a moment at midnight alone. Cast one to the other: %(column)s::%(wanted)s where the rows are "
                    "made, or %(key)s::%(given)s in the SQL of the next version."
                )
            words = {"column": column, "given": rows[column], "view": view, "key": key, "wanted": wanted[key]}
            raise DefinitionRefused(sentence % words, fields={"keys": [sentence % words]})


def checked_key_types(join_keys: Collection[str], given: Mapping[str, str]) -> dict[str, str]:
    """The types as they are kept; none at all is allowed: the first view of the entity tells them."""
    if not given:
        return {}
    if lacking := sorted(set(join_keys) ^ set(given)):
        raise DefinitionRefused(
            _("Give each join key a type, and nothing else one: %(names)s.") % {"names": column_list(lacking)},
            fields={"key_types": [_("Not the same as the join keys.")]},
        )
    if unknown := sorted(set(given.values()) - set(KeyType.values)):
        raise DefinitionRefused(
            _("There is no key type %(names)s. Choose of %(known)s.")
            % {"names": column_list(unknown), "known": column_list(KeyType.values)},
            fields={"key_types": [_("Unknown type.")]},
        )
    return {key: KeyType(given[key]).value for key in join_keys}


def tell_key_types(entity: Entity, given: Mapping[str, str]) -> bool:
    """Give an entity without types its own; whether that changed it. Others than it has already are refused."""
    types = checked_key_types(entity.join_keys, given)
    if not types or types == entity.key_types:
        return False
    if entity.key_types:
        known = ", ".join(f"{key}: {kind}" for key, kind in entity.key_types.items())
        raise DefinitionRefused(
            _("The keys of %(entity)s are of these types for good: %(types)s. Define another entity for others.")
            % {"entity": entity.name, "types": known},
            fields={"key_types": [_("Other types.")]},
        )
    entity.key_types = types
    entity.save(update_fields=["key_types"])
    return True


def fit_keys(entity: Entity, types: Mapping[str, str]) -> None:
    """The columns of the keys are of the entity's types; one without types takes those of this first view of it."""
    found: dict[str, str] = {}
    for key in entity.join_keys:
        kind = key_type_of(types[key])
        if kind is None:
            raise DefinitionRefused(
                _(
                    "“%(key)s” is of type %(type)s, and nothing is looked up by that. Cast it to text or a whole "
                    "number in the SQL: %(key)s::VARCHAR."
                )
                % {"key": key, "type": types[key]},
                fields={"join_keys": [_("No type for a key.")]},
            )
        found[key] = kind.value
    entity = Entity.objects.select_for_update().get(pk=entity.pk)
    if not entity.key_types:
        entity.key_types = found
        entity.save(update_fields=["key_types"])
        return
    for key, told in found.items():
        if entity.key_types.get(key, told) != told:
            words = {
                "key": key,
                "type": types[key],
                "entity": entity.name,
                "wanted": KeyType(entity.key_types[key]).label,
            }
            raise DefinitionRefused(
                _(
                    "“%(key)s” is of type %(type)s here, and a %(wanted)s in the entity %(entity)s: the two would "
                    "never meet. Cast it in the SQL."
                )
                % words,
                fields={"join_keys": [_("Another type than the entity's.")]},
            )


def check_carried(columns: Iterable[Column]) -> None:
    """Refuse features of a type that not every store can hold."""
    for column in columns:
        kind = column.type.upper()
        if not (_WHOLE.fullmatch(kind) or _CARRIED.fullmatch(kind)):
            raise DefinitionRefused(
                _(
                    "“%(name)s” is of type %(type)s, and features are numbers, texts, truths and times. Give each part "
                    "of it a column of its own, or cast it in the SQL."
                )
                % {"name": column.name, "type": column.type},
                fields={"sql": [_("A type that no feature has.")]},
            )
