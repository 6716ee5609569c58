"""The catalogue of features: a row for each feature of each version of a view, by which features are found.

It follows the ledger, so whatever defines or computes a view need not know of it, and it can be made anew at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import policies, selectors
from apps.features.choices import BuildState, FeatureKind
from apps.features.events import FeatureDescribed, OnDemandFeatureDescribed
from apps.features.models import Feature, FeatureView, OnDemandView, TrainingSet
from foundation import ledger
from foundation.clock import now
from foundation.errors import Invalid
from foundation.identity import Actor

_LONGEST = 4000
_FIGURES = ("kind", "covered", "sources", "null_share", "distinct", "mean", "deviation", "newest_at")


def note_view(*, view_id: UUID) -> None:
    """The features of a view as they are now: defined, computed, or without rows again."""
    view = FeatureView.objects.select_related("entity").filter(pk=view_id).first()
    if view is None:
        return
    if view.is_cleared:
        Feature.objects.filter(view=view).delete()
        _settle_current(view)
        return
    covered = selectors.covered_in_view(view)
    columns = {column["name"]: column for column in view.profile.get("columns", [])}
    newest = None if view.event_time in covered else _moment(columns.get(view.event_time, {}).get("max"))
    datasets_read = _datasets_of(view)
    described = _descriptions_before(view)
    rows = [
        Feature(
            pk=Feature.id_of(view.pk, feature["name"]),
            tenant_id=view.tenant_id,
            project_id=view.project_id,
            view=view,
            name=feature["name"],
            place=place,
            type=feature["type"],
            covered=feature["name"] in covered,
            sources=_sources(feature.get("from"), datasets_read),
            newest_at=newest,
            **described.get(feature["name"], {}),
            **_figures(feature, columns.get(feature["name"]), view.row_count, feature["name"] in covered),
        )
        for place, feature in enumerate(view.features)
    ]
    Feature.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["place", "type", *_FIGURES]
    )
    _settle_current(view)
    for pk in OnDemandView.objects.filter(uses__contains=[{"view": str(view.pk)}]).values_list("pk", flat=True):
        note_on_demand(on_demand_id=pk)


def note_on_demand(*, on_demand_id: UUID) -> None:
    """The features of one version of on-demand features; they are covered where something they are made of is."""
    view = OnDemandView.objects.filter(pk=on_demand_id).first()
    if view is None:
        return
    if view.removed_at is not None:
        if not view.binned:
            Feature.objects.filter(on_demand=view).delete()
        _settle_on_demand(view)
        return
    used = {str(one.pk): one for one in FeatureView.objects.select_related("entity").filter(pk__in=view.view_ids)}
    covered = {pk: selectors.covered_in_view(one) for pk, one in used.items()}
    sources = {pk: _sources_by_name(one) for pk, one in used.items()}
    home = {name: part["view"] for part in view.uses for name in part["features"] if part["view"] in used}
    described = _descriptions_before(view)
    rows = []
    for place, feature in enumerate(view.features):
        made_of = [(home[name], name) for name in feature["from"] if name in home]
        row = Feature(
            pk=Feature.id_of(view.pk, feature["name"]),
            tenant_id=view.tenant_id,
            project_id=view.project_id,
            on_demand=view,
            name=feature["name"],
            place=place,
            type=feature["type"],
            kind=selectors.kind_of(feature["type"]),
            covered=any(name in covered[pk] for pk, name in made_of),
            sources=list(dict.fromkeys(word for pk, name in made_of for word in sources[pk].get(name, []))),
            about=sorted({used[pk].entity.name for pk, _name in made_of}),
            **described.get(feature["name"], {}),
        )
        rows.append(row)
    noted = ["place", "type", "kind", "covered", "sources", "about"]
    Feature.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=noted)
    _settle_on_demand(view)


def _settle_on_demand(view: OnDemandView) -> None:
    """The features of the newest version that is there are found, unless somebody asks for all."""
    same = OnDemandView.objects.filter(project_id=view.project_id, name=view.name)
    newest = same.filter(removed_at=None).order_by("-number").first()
    others = Feature.objects.filter(on_demand__in=same, current=True)
    (others if newest is None else others.exclude(on_demand=newest)).update(current=False)
    Feature.objects.filter(on_demand=newest, on_demand__isnull=False, current=False).update(current=True)


def _sources_by_name(view: FeatureView) -> dict[str, list[str]]:
    datasets_read = _datasets_of(view)
    return {feature["name"]: _sources(feature.get("from"), datasets_read) for feature in view.features}


def note_training_set(*, training_set_id: UUID) -> None:
    """It is one of those that its features are used by."""
    row = TrainingSet.objects.filter(pk=training_set_id).first()
    if row is None:
        return
    parts = [(part["view"], part["features"]) for part in row.views]
    parts += [(part["id"], part["features"]) for part in row.on_demand]
    missing = {one["on_demand_id"]: (one["missing"], one["rows"]) for one in row.leakage_proof.get("derived", [])}
    for home, names in parts:
        ids = [Feature.id_of(UUID(home), name) for name in names]
        for feature in Feature.objects.select_for_update().filter(pk__in=ids).order_by("pk"):
            feature.used_by = list(dict.fromkeys([*feature.used_by, training_set_id]))
            feature.use_count = len(feature.used_by)
            if home in missing and missing[home][1]:
                # The only rows of an on-demand feature are those of training sets.
                feature.null_share = missing[home][0][feature.name] / missing[home][1]
            feature.save(update_fields=["used_by", "use_count", "null_share"])


def note_classes(*, tenant_id: UUID, version_id: UUID) -> None:
    """Somebody said what the columns of a version hold: what was computed from them is covered, or is no longer."""
    wanted = str(version_id)
    views = FeatureView.objects.filter(tenant_id=tenant_id).exclude(inputs={}).values_list("pk", "inputs")
    for pk in [pk for pk, inputs in views if wanted in inputs.values()]:
        note_view(view_id=pk)


@transaction.atomic
def describe_feature(*, actor: Actor, feature: Feature, description: str) -> Feature:
    """Say what it means; the next version of its view says it as well."""
    policies.check_can_define(actor, feature.project)
    text = description.strip()
    if len(text) > _LONGEST:
        sentence = _("A description has at most %(most)s signs.") % {"most": f"{_LONGEST:,}"}
        raise Invalid(sentence, fields={"description": [sentence]})
    if text == feature.description:
        return feature
    feature.description, feature.described_by, feature.described_at = text, actor.user, now()
    feature.save(update_fields=["description", "described_by", "described_at"])
    if feature.on_demand_id is not None:
        said = OnDemandFeatureDescribed(on_demand_view_id=feature.on_demand_id, feature_index=feature.place)
        subject = ("on_demand_view", feature.on_demand_id)
        ledger.record(said, actor=actor, project_id=feature.project_id, subject=subject)
    elif feature.view_id is not None:
        described = FeatureDescribed(view_id=feature.view_id, feature_index=feature.place)
        ledger.record(described, actor=actor, project_id=feature.project_id, subject=("feature_view", feature.view_id))
    return feature


def _figures(
    feature: Mapping[str, Any], column: Mapping[str, Any] | None, rows: int | None, covered: bool
) -> dict[str, Any]:
    if not column:
        return {"kind": selectors.kind_of(feature["type"])}
    told = {
        "kind": column["kind"] if column["kind"] in FeatureKind.values else FeatureKind.OTHER,
        "null_share": column["nulls"] / rows if rows else None,
        "distinct": column.get("distinct"),
    }
    if covered or column["kind"] != FeatureKind.NUMBER:
        return told
    return {**told, "mean": column.get("mean"), "deviation": column.get("std")}


def _moment(said: Any) -> datetime | None:
    """A time out of a profile, in UTC where it names no zone."""
    if not isinstance(said, str):
        return None
    found = datetime.fromisoformat(said)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _datasets_of(view: FeatureView) -> dict[str, UUID]:
    """The dataset behind each of the SQL's inputs."""
    versions = {v.pk: v.dataset_id for v in datasets.versions_by_id({UUID(pk) for pk in view.inputs.values()})}
    return {alias: versions[UUID(pk)] for alias, pk in view.inputs.items() if UUID(pk) in versions}


def _sources(told: Iterable[tuple[str, str]] | None, datasets_read: Mapping[str, UUID]) -> list[str]:
    return [selectors.source_word(datasets_read[a], column) for a, column in told or () if a in datasets_read]


def _descriptions_before(view: FeatureView | OnDemandView) -> dict[str, dict[str, Any]]:
    """What was said of the features of this view's last version, by their names."""
    word = "view" if isinstance(view, FeatureView) else "on_demand"
    wanted = {"project_id": view.project_id, f"{word}__name": view.name, f"{word}__number__lt": view.number}
    before = Feature.objects.filter(**wanted).exclude(description="").order_by(f"{word}__number")
    fields = ("description", "described_by_id", "described_at")
    return {row.name: {field: getattr(row, field) for field in fields} for row in before}


def _settle_current(view: FeatureView) -> None:
    """One version's features are found unless somebody asks for all: those of the newest that has rows.

    Of a view that is removed altogether none is found: nobody can use it.
    """
    same = FeatureView.objects.filter(project_id=view.project_id, name=view.name)
    gone = (BuildState.BINNED, BuildState.DESTROYING, BuildState.DESTROYED)
    there = same.exclude(state__in=gone).order_by("-number")
    chosen = there.filter(state=BuildState.READY).first() or there.first()
    features = Feature.objects.filter(view__in=same)
    others = features if chosen is None else features.exclude(view=chosen)
    others.filter(current=True).update(current=False)
    if chosen is not None:
        features.filter(view=chosen, current=False).update(current=True)
