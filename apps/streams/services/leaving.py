"""How a project that is deleted lets go of its streams: nothing is read any more, and nothing waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from apps.connections import services as connections
from apps.projects import services as projects
from apps.streams.models import Stream
from apps.tenants import services as tenants
from foundation.identity import Actor
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant


class StreamFarewell(projects.Farewell):
    def holds(self, actor: Actor, project_id: UUID) -> Iterable[projects.Held]:
        count = Stream.everything.filter(tenant_id=actor.tenant_id, project_id=project_id).count()
        yield projects.Held(_("Streams"), count)

    def end(self, tenant: Tenant, project_id: UUID) -> None:
        """Whoever reads one holds it no more; a project in an archive has no other readers."""
        with scope(tenant.pk):
            rows = Stream.everything.filter(tenant=tenant, project_id=project_id)
            rows.update(attempt=F("attempt") + 1, lease_until=None)

    def outside(self, tenant: Tenant, project_id: UUID) -> projects.Outside:
        rows = list(Stream.everything.filter(tenant=tenant, project_id=project_id))
        return projects.Outside(
            tables=sorted({name for row in rows for name in (row.table, row.quarantine)}),
            things=[row.key for row in rows if row.is_pushed],
        )

    def forget(self, tenant: Tenant, project_id: UUID, things: list[str]) -> None:
        for key in things:
            connections.drop_pushed(tenant.pk, key)


def stream_part(actor: Actor) -> Iterator[tenants.File]:
    """streams/streams.json: what each is told, in the bin too, and how far it came; rows are the datasets'."""
    with tenants.in_scope_of(actor):
        rows = Stream.everything.filter(tenant_id=actor.tenant_id)
        found = [tenants.fields_of(row) for row in rows]
    yield "streams/streams.json", tenants.as_json(found)
