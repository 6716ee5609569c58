"""What came of expectations and is not told to whoever sees masks: it would tell values, asked often enough.

Two kinds of rules do. Those whose author saw the column masked, or saw it before personal values were in it: a pattern
or a bound may have been chosen to find one. And those that hold rows against each other: rows of one's own, put to the
others, are guesses then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.datasets.choices import ExpectationKind
from apps.datasets.models import Dataset, DatasetVersion, Suite
from apps.datasets.selectors.masking import is_covered, may_see_clear
from apps.datasets.selectors.reading import latest_ready
from foundation import access
from foundation.access import Permission
from foundation.identity import Actor

# What comes of them says how many rows there are, or how many lack a value.
_TELL_NO_VALUE = frozenset({ExpectationKind.NOT_NULL, ExpectationKind.ROW_COUNT})
_SQL = frozenset({ExpectationKind.SQL_CONDITION, ExpectationKind.SQL_ROWS})
_COMPARING = _SQL | {ExpectationKind.UNIQUE, ExpectationKind.FOREIGN_KEY, ExpectationKind.DISTRIBUTION}


def untold(actor: Actor, suite: Suite, version: DatasetVersion) -> frozenset[str]:
    """The ids of the suite's expectations of which the actor learns nothing in this version, also not how it ended."""
    if may_see_clear(actor, version):
        return frozenset()
    return guarded(suite, version, compares=access.can(actor, Permission.DATASET_CREATE, version))


def sight_of(actor: Actor, thing: object) -> dict[str, Any]:
    """What a version's source remembers where whoever brought its rows sees masks; a job has no token's scopes."""
    return {} if may_see_clear(actor, thing) else {"masked": True}


def guarded(suite: Suite, version: DatasetVersion, *, compares: bool) -> frozenset[str]:
    """The ids of expectations about covered columns of the version whose author did not see these in clear.

    `compares`: those too that hold rows against others, since somebody who sees masks could have put rows there.
    """
    newest = latest_ready(version.dataset)
    schema = version.schema or (newest.schema if newest else [])
    covered = {column["name"] for column in schema if is_covered(column)}
    # Rows that came to nothing may have columns that nobody has looked at.
    known = None if version.schema else {column["name"] for column in schema}
    seen = None if suite.seen_clear is None else set(suite.seen_clear)
    found = set()
    for one in suite.expectations:
        confirmed = seen is None or one["id"] in seen
        if (not confirmed or (compares and one["kind"] in _COMPARING)) and _is_about(one, covered, known):
            found.add(one["id"])
    return frozenset(found)


def _is_about(one: Mapping[str, Any], covered: set[str], known: set[str] | None) -> bool:
    if one["kind"] in _TELL_NO_VALUE:
        return False
    if one["kind"] in _SQL:
        return bool(covered)
    unknown = bool(known) and not known.issuperset(one["columns"]) if known is not None else False
    return unknown or not covered.isdisjoint(one["columns"]) or _leads_to_covered(one)


def _leads_to_covered(one: Mapping[str, Any]) -> bool:
    """Whether a foreign key leads to covered columns: what is found there tells who is there."""
    if one["kind"] != ExpectationKind.FOREIGN_KEY:
        return False
    other = Dataset.objects.filter(pk=UUID(one["parameters"]["dataset"])).first()
    newest = latest_ready(other) if other else None
    there: Sequence[str] = one["parameters"]["columns"]
    return newest is not None and any(c["name"] in there and is_covered(c) for c in newest.schema)
