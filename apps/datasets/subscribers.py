"""Who may listen to a dataset's topics, how its versions stand in a chain, and which tables they keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.connections import services as connections
from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.projects import services as projects
from apps.tenants import selectors as tenant_selectors
from apps.tenants import services as tenants
from foundation import ledger, live
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.lake import keeping
from foundation.ledger import RecordedEvent
from foundation.web import chain


def register() -> None:
    tenants.register_export("datasets", services.dataset_part)
    tenant_selectors.register_coming_in("datasets", selectors.bytes_coming_in)
    ledger.subscribe("dataset_version.committed", name="datasets.usage", handler=_usage_begins)
    ledger.subscribe("dataset_version.discarded", name="datasets.usage", handler=_usage_ends)
    ledger.subscribe("dataset_version.destroyed", name="datasets.usage", handler=_usage_ends)
    ledger.subscribe("dataset_version.committed", name="datasets.replays", handler=_replay_arrived)
    live.register_topic("dataset", check=lambda actor, pk: selectors.get_dataset(actor=actor, dataset_id=pk))
    live.register_topic("dataset_version", check=lambda actor, pk: selectors.get_version(actor=actor, version_id=pk))
    live.register_topic("erasure", check=lambda actor, pk: selectors.get_erasure(actor=actor, erasure_id=pk))
    projects.register_farewell("datasets", services.DataFarewell())
    chain.register("dataset_version", _version_link)
    chain.register("source", _source_link)
    chain.register_upwards("dataset_version", _made_of_version)
    services.register_reach(services.VersionReach())
    services.register_reach(services.QuarantineReach())
    services.register_reach(services.ArchiveReach())
    connections.register_readers("dataset_version", lambda connection: services.reading_through(connection.pk))
    keeping.register("qr_", named=selectors.quarantines_named, over=selectors.quarantines_over)
    keeping.register("ds_", named=selectors.tables_named, over=selectors.versions_over)


def _usage_begins(event: RecordedEvent) -> None:
    services.begin_usage(event=event)


def _replay_arrived(event: RecordedEvent) -> None:
    services.begin_settling(event=event)


def _usage_ends(event: RecordedEvent) -> None:
    tenants.end_usage(tenant_id=event.tenant_id, subject_id=UUID(event.payload["version_id"]), at=event.recorded_at)


def _version_link(actor: Actor, version_id: UUID) -> chain.Link | None:
    try:
        version = selectors.get_version(actor=actor, version_id=version_id)
    except NotFound:
        return None
    node = chain.ChainNode(
        kind="dataset_version",
        name=str(version),
        state=version.state,
        state_label=str(VersionState(version.state).label),
        at=version.committed_at or version.created_at,
        url=reverse("datasets:version_detail", args=[actor.tenant.slug, selectors.project_slug(version), version.pk]),
        digest=version.digest,
        actor=str(version.created_by or ""),
        owner_id=version.created_by_id,
        broken_reason=_broken_reason(version),
    )
    if version.source.get("kind") == "sql":
        inputs = dict.fromkeys(UUID(pk) for pk in version.source["inputs"].values())
        return chain.Link(node, made_from=tuple(("dataset_version", pk) for pk in inputs))
    if version.source.get("kind") == "erasure":
        return chain.Link(node, made_from=(("dataset_version", UUID(version.source["of"])),))
    if version.source.get("kind") == "replay":
        return chain.Link(node, made_from=_replayed_from(version))
    return chain.Link(node, made_from=(("source", version.pk),))


def _replayed_from(version: Any) -> tuple[chain.Reference, ...]:
    """The newest version as it was, and the one whose rows were set aside."""
    ids = dict.fromkeys(pk for pk in (version.source["of"], version.source["rows_of"]) if pk)
    return tuple(("dataset_version", UUID(pk)) for pk in ids)


def _broken_reason(version: Any) -> str:
    if version.state == VersionState.DESTROYED and version.destroyed_at is not None:
        return str(_("its rows were destroyed on %(day)s") % {"day": date_format(localtime(version.destroyed_at))})
    return str(_("its rows are being destroyed")) if version.state == VersionState.DESTROYING else ""


def _made_of_version(actor: Actor, version_id: UUID) -> Iterable[chain.Reference]:
    return [("dataset_version", v.pk) for v in selectors.versions_made_from(actor=actor, version_id=version_id)]


def _source_link(actor: Actor, version_id: UUID) -> chain.Link | None:
    version = selectors.get_version(actor=actor, version_id=version_id)
    node = chain.ChainNode(
        kind="source",
        name=version.source.get("filename") or version.source.get("place", ""),
        at=version.created_at,
        digest=version.source.get("sha256", ""),
    )
    return chain.Link(node)
