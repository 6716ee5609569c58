"""Which versions name others in their source: asked of the database, since a tenant has many that name none of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from uuid import UUID

from django.db.models import BooleanField, F, Func, QuerySet, Value

from apps.datasets.models import DatasetVersion

# A version of these sources is made of rows of others.
MADE_OF_VERSIONS = ("sql", "replay", "rollback", "erasure")
# Each is looked for in each source: from so many on it is cheaper to look at all of them here.
_MOST_AT_ONCE = 50


def naming(rows: QuerySet[DatasetVersion], ids: Collection[UUID]) -> QuerySet[DatasetVersion]:
    """Of these, those whose source holds one of the ids anywhere, and of very many ids all that name any; as what, the
    caller looks at."""
    rows = rows.filter(source__kind__in=MADE_OF_VERSIONS)
    if len(ids) > _MOST_AT_ONCE:
        return rows
    same = " || ".join(f"@ == {json.dumps(str(pk))}" for pk in ids)
    path = Func(Value(f"$.** ? ({same})"), template="%(expressions)s::jsonpath")
    found = Func(F("source"), path, template="(%(expressions)s)", arg_joiner=" @? ", output_field=BooleanField())
    return rows.filter(found) if ids else rows.none()
