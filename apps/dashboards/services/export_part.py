"""What these pages give to an archive of the tenant: the filters that are shared; what one keeps for oneself stays."""

from __future__ import annotations

from collections.abc import Iterator

from apps.dashboards.selectors import visible_filters
from apps.tenants import services as tenants
from foundation.identity import Actor


def filter_part(actor: Actor) -> Iterator[tenants.File]:
    """saved-filters/saved-filters.json."""
    with tenants.in_scope_of(actor):
        rows = [tenants.fields_of(row) for row in visible_filters(actor=actor).filter(shared=True)]
    yield "saved-filters/saved-filters.json", tenants.as_json(rows)
