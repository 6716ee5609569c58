"""Who may listen to a dataset's topics, how its versions stand in a chain, and which tables they keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.connections import services as connections
from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.projects import services as projects
from apps.tenants import selectors as tenant_selectors
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind, WebhookShape
from foundation import ledger, live
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.lake import keeping
from foundation.ledger import RecordedEvent
from foundation.web import chain, lineage, navigation


def register() -> None:
    _hear_of_versions()
    _be_seen()
    _be_asked()
    _keep_tables()


def _hear_of_versions() -> None:
    """What follows on the end of a version."""
    ledger.subscribe("dataset_version.committed", name="datasets.usage", handler=_usage_begins)
    for outcome in ("committed", "review_opened", "failed", "cancelled", "discarded", "destroy_requested"):
        ledger.subscribe(f"dataset_version.{outcome}", name="datasets.transformations", handler=_version_ended)
    ledger.subscribe("dataset_version.discarded", name="datasets.usage", handler=_usage_ends)
    ledger.subscribe("dataset_version.destroyed", name="datasets.usage", handler=_usage_ends)
    ledger.subscribe("dataset_version.committed", name="datasets.ingestions", handler=_start_what_waits)
    ledger.subscribe("dataset_version.committed", name="datasets.replays", handler=_replay_arrived)


def _be_seen() -> None:
    """Places, topics, and how things stand in chains and in the picture of lineage."""
    navigation.register_part_count(
        "data/", lambda actor, pk: selectors.visible_datasets(actor=actor, project_id=pk).count()
    )
    navigation.register_part_count(
        "data/ingestions/", lambda actor, pk: selectors.visible_ingestions(actor=actor, project_id=pk).count()
    )
    navigation.register_part_count(
        "data/transformations/", lambda actor, pk: selectors.visible_transformations(actor=actor, project_id=pk).count()
    )
    live.register_topic("ingestion", check=lambda actor, pk: selectors.get_ingestion(actor=actor, ingestion_id=pk))
    live.register_topic("dataset", check=lambda actor, pk: selectors.get_dataset(actor=actor, dataset_id=pk))
    live.register_topic("dataset_version", check=lambda actor, pk: selectors.get_version(actor=actor, version_id=pk))
    live.register_topic("erasure", check=lambda actor, pk: selectors.get_erasure(actor=actor, erasure_id=pk))
    chain.register("dataset_version", _version_link)
    chain.register("source", _source_link)
    chain.register_upwards("dataset_version", _made_of_version)
    lineage.register("dataset_version", selectors.version_things)
    lineage.register("source", selectors.source_things)
    lineage.register("transformation", selectors.transformation_things)
    lineage.register_above("transformation", selectors.made_of_transformations)
    lineage.register_above("dataset_version", selectors.made_of_versions)
    lineage.register_above("source", selectors.made_of_sources)
    lineage.register_whole("dataset", "dataset_version", selectors.versions_of_dataset)
    live.register_topic(
        "transformation", check=lambda actor, pk: selectors.get_transformation(actor=actor, transformation_id=pk)
    )


def _be_asked() -> None:
    """What other rooms ask of this one."""
    tenants.register_export("datasets", services.dataset_part)
    tenants.register_bin(BinKind.INGESTION, services.IngestionBin())
    tenants.register_bin(BinKind.TRANSFORMATION, services.TransformationBin())
    tenants.register_webhook_shape(WebhookShape.OPENLINEAGE, services.run_event)
    tenant_selectors.register_coming_in("datasets", selectors.bytes_coming_in)
    projects.register_farewell("datasets", services.DataFarewell())
    tenants.register_held_by_law("datasets", lambda tenant_id: selectors.held_in_project(tenant_id=tenant_id))
    services.register_reach(services.VersionReach())
    services.register_reach(services.QuarantineReach())
    services.register_reach(services.ArchiveReach())
    services.register_reach(services.MentionReach())
    connections.register_readers("dataset_version", lambda connection: services.reading_through(connection.pk))
    connections.register_readers("ingestion", lambda connection: selectors.ingestions_through(connection.pk))


def _keep_tables() -> None:
    """What stays in the lake."""
    # New rows of an input, for as long as a pass reads them.
    keeping.register("dn_", over=selectors.versions_over)
    keeping.register("qr_", named=selectors.quarantines_named, over=selectors.quarantines_over)
    keeping.register("ds_", named=selectors.tables_named, over=selectors.versions_over)
    keeping.register("dl_", over=selectors.lines_over, grows=True)
    keeping.register("dm_", over=selectors.moved_over)
    keeping.register("dt_", grows=True)


def _usage_begins(event: RecordedEvent) -> None:
    services.begin_usage(event=event)


def _version_ended(event: RecordedEvent) -> None:
    """What waits for a version goes on with it, or is left out."""
    services.hear_version(
        tenant=event.system("transformations").tenant,
        project_id=event.project_id,
        dataset_id=UUID(event.payload["dataset_id"]),
        version_id=UUID(event.payload["version_id"]),
        outcome=event.kind.partition(".")[2],
    )


def _replay_arrived(event: RecordedEvent) -> None:
    services.begin_settling(event=event)


def _usage_ends(event: RecordedEvent) -> None:
    tenants.end_usage(tenant_id=event.tenant_id, subject_id=UUID(event.payload["version_id"]), at=event.recorded_at)


def _start_what_waits(event: RecordedEvent) -> None:
    services.start_after(tenant_id=event.tenant_id, dataset_id=UUID(event.payload["dataset_id"]))


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
        digest=selectors.digest_for(actor, version),
        actor=str(version.created_by or ""),
        # What a transformation or a stream made was made by nobody's hand: its dataset's owner speaks for it.
        owner_id=version.created_by_id or version.dataset.owner_id,
        broken_reason=selectors.broken_reason(version),
    )
    if version.source.get("kind") == "sql":
        inputs = dict.fromkeys(UUID(pk) for pk in version.source["inputs"].values())
        return chain.Link(node, made_from=tuple(("dataset_version", pk) for pk in inputs))
    if version.source.get("kind") in {"erasure", "rollback"}:
        return chain.Link(node, made_from=(("dataset_version", UUID(version.source["of"])),))
    if version.source.get("kind") == "replay":
        return chain.Link(node, made_from=_replayed_from(version))
    return chain.Link(node, made_from=(("source", version.pk),))


def _replayed_from(version: Any) -> tuple[chain.Reference, ...]:
    """The newest version as it was, and the one whose rows were set aside."""
    ids = dict.fromkeys(pk for pk in (version.source["of"], version.source["rows_of"]) if pk)
    return tuple(("dataset_version", UUID(pk)) for pk in ids)


def _made_of_version(actor: Actor, version_id: UUID) -> Iterable[chain.Reference]:
    return [("dataset_version", v.pk) for v in selectors.versions_made_from(actor=actor, version_id=version_id)]


def _source_link(actor: Actor, version_id: UUID) -> chain.Link | None:
    version = selectors.get_version(actor=actor, version_id=version_id)
    node = chain.ChainNode(
        kind="source",
        name=version.source.get("filename") or version.source.get("place") or version.source.get("name", ""),
        at=version.created_at,
        digest="" if selectors.hides_digests(actor, version) else version.source.get("sha256", ""),
    )
    return chain.Link(node)
