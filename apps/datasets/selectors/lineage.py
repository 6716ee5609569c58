"""How versions stand in the picture of lineage: found many at a time, with the columns they come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion
from apps.datasets.selectors.making import naming
from apps.datasets.selectors.masking import digest_for, hides_digests
from apps.datasets.selectors.reading import get_dataset, visible_versions
from foundation.identity import Actor
from foundation.web.lineage import ColumnReference, Reference, Thing, Whole

# A dataset with more versions is walked from its newest ones; the older are found from what was made of them.
_NEWEST = 50
# A version of these sources holds rows of earlier ones of its dataset; a replay of two, for rows were set aside of one.
_FOLLOWING = frozenset({"erasure", "rollback", "replay"})
_LEFT_OUT = (VersionState.DISCARDED, VersionState.CANCELLED, VersionState.FAILED)


def version_things(actor: Actor, ids: Collection[UUID]) -> Iterator[Thing]:
    """Versions among these that the actor may see."""
    for version in visible_versions(actor=actor).filter(pk__in=ids).defer("first_profile"):
        yield _thing(actor, version)


def _thing(actor: Actor, version: DatasetVersion) -> Thing:
    slugs = [actor.tenant.slug, version.project.slug]
    dataset = version.dataset
    made_from, sources = _made_from(version.source, version.pk)
    return Thing(
        kind="dataset_version",
        pk=version.pk,
        name=str(version),
        project_id=version.project_id,
        project=version.project.slug,
        url=reverse("datasets:version_detail", args=[*slugs, version.pk]),
        state=version.state,
        state_label=str(VersionState(version.state).label),
        at=version.committed_at or version.created_at,
        digest=digest_for(actor, version),
        part_of=Whole(
            "dataset", dataset.pk, dataset.name, reverse("datasets:dataset_detail", args=[*slugs, dataset.pk])
        ),
        made_from=made_from,
        columns=tuple(version.column_names),
        sources=sources,
        same_columns=version.source.get("kind") != "sql" or bool(version.source.get("transformation")),
        broken_reason=broken_reason(version),
    )


def _made_from(
    source: Mapping[str, Any], version_id: UUID
) -> tuple[tuple[Reference, ...], dict[str, tuple[ColumnReference, ...] | None]]:
    if source.get("transformation"):
        return (("transformation", version_id),), {}
    if source.get("kind") == "sql":
        inputs: dict[str, Reference] = {alias: ("dataset_version", UUID(pk)) for alias, pk in source["inputs"].items()}
        return tuple(dict.fromkeys(inputs.values())), _sources(source, inputs)
    if source.get("kind") in _FOLLOWING:
        before = dict.fromkeys(pk for pk in (source.get("of"), source.get("rows_of")) if pk)
        return tuple(("dataset_version", UUID(pk)) for pk in before), {}
    return (("source", version_id),), {}


def _sources(
    source: Mapping[str, Any], inputs: Mapping[str, Reference]
) -> dict[str, tuple[ColumnReference, ...] | None]:
    """The columns as they were told when the SQL ran; of older versions, and where it could not be told, None."""
    told = source.get("column_sources") or {}
    return {
        column: None if found is None else tuple((inputs[alias], name) for alias, name in found if alias in inputs)
        for column, found in told.items()
    }


def broken_reason(version: DatasetVersion) -> str:
    """Why the rows of a version cannot be shown to be what later things were made from; empty where they can."""
    if version.state == VersionState.DESTROYED and version.destroyed_at is not None:
        return str(_("its rows were destroyed on %(day)s") % {"day": date_format(localtime(version.destroyed_at))})
    return str(_("its rows are being destroyed")) if version.state == VersionState.DESTROYING else ""


def source_things(actor: Actor, ids: Collection[UUID]) -> Iterator[Thing]:
    """Where versions came from: a connection's place, a file; the id is the version's."""
    for version in visible_versions(actor=actor).filter(pk__in=ids).defer("first_profile"):
        source, slugs = version.source, [actor.tenant.slug, version.project.slug]
        part_of = Whole("files", version.dataset_id, _("Files of %(name)s") % {"name": version.dataset.name})
        if connection := source.get("connection"):
            url = reverse("connections:connection_detail", args=[*slugs, connection])
            part_of = Whole("connection", UUID(connection), source.get("name", ""), url)
        yield Thing(
            kind="source",
            pk=version.pk,
            name=source.get("filename") or source.get("place") or source.get("name") or _("Unnamed"),
            project_id=version.project_id,
            project=version.project.slug,
            at=version.created_at,
            digest="" if hides_digests(actor, version) else source.get("sha256", ""),
            part_of=part_of,
        )


def transformation_things(actor: Actor, ids: Collection[UUID]) -> Iterator[Thing]:
    """Transformations at work: the id is that of the version which was made, so each has its own inputs."""
    for version in visible_versions(actor=actor).filter(pk__in=ids).defer("first_profile"):
        source, slugs = version.source, [actor.tenant.slug, version.project.slug]
        inputs: dict[str, Reference] = {a: ("dataset_version", UUID(pk)) for a, pk in source["inputs"].items()}
        made_by, name = UUID(source["transformation"]), source.get("name", "")
        yield Thing(
            kind="transformation",
            pk=version.pk,
            name=name,
            project_id=version.project_id,
            project=version.project.slug,
            at=version.created_at,
            part_of=Whole(
                "transformation", made_by, name, reverse("datasets:transformation_detail", args=[*slugs, made_by])
            ),
            made_from=tuple(dict.fromkeys(inputs.values())),
            columns=tuple(version.column_names),
            sources=_sources(source, inputs),
        )


def made_of_transformations(_actor: Actor, ids: Collection[UUID]) -> Iterable[tuple[UUID, Reference]]:
    return [(pk, ("dataset_version", pk)) for pk in ids]


def made_of_versions(actor: Actor, ids: Collection[UUID]) -> Iterable[tuple[UUID, Reference]]:
    """Versions that SQL made of these, or that hold their rows again: `_FOLLOWING`; in the whole tenant."""
    wanted = {str(pk): pk for pk in ids}
    rows = naming(DatasetVersion.objects.filter(tenant_id=actor.tenant_id), ids).exclude(state__in=_LEFT_OUT)
    by_sql = rows.filter(source__kind="sql").values_list("pk", "source__inputs", "source__transformation")
    for pk, inputs, transformation in by_sql:
        kind = "transformation" if transformation else "dataset_version"
        yield from ((wanted[of], (kind, pk)) for of in set((inputs or {}).values()) if of in wanted)
    following = rows.filter(Q(source__of__in=list(wanted)) | Q(source__rows_of__in=list(wanted)))
    for pk, of, rows_of in following.values_list("pk", "source__of", "source__rows_of"):
        yield from ((wanted[before], ("dataset_version", pk)) for before in {of, rows_of} if before in wanted)


def made_of_sources(_actor: Actor, ids: Collection[UUID]) -> Iterable[tuple[UUID, Reference]]:
    return [(pk, ("dataset_version", pk)) for pk in ids]


def versions_of_dataset(actor: Actor, dataset_id: UUID) -> list[UUID]:
    """The newest versions that are of use; NotFound where the actor does not see the dataset."""
    dataset = get_dataset(actor=actor, dataset_id=dataset_id)
    rows = dataset.versions.exclude(state__in=_LEFT_OUT).order_by("-created_at")
    return list(rows.values_list("pk", flat=True)[:_NEWEST])
