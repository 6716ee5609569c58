"""Which columns of views and training sets a reader sees masked: those of the versions that they were made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.datasets import selectors as datasets
from apps.datasets.choices import STRICTNESS
from apps.features.models import FeatureView, OnDemandView, TrainingSet
from foundation.identity import Actor


def masks_of_view(actor: Actor, view: FeatureView) -> datasets.Masks:
    if datasets.may_see_clear(actor, view):
        return {}
    versions = datasets.versions_by_id({UUID(pk) for pk in view.inputs.values()})
    return _covered(view, {str(version.pk): version for version in versions})


def masks_of_set(actor: Actor, training_set: TrainingSet) -> datasets.Masks:
    """By where each column comes from: what is called alike elsewhere decides nothing."""
    if datasets.may_see_clear(actor, training_set):
        return {}
    ids = [UUID(part["view"]) for part in training_set.views]
    rows = FeatureView.objects.filter(tenant_id=training_set.tenant_id, pk__in=ids).select_related("entity")
    views = {str(view.pk): view for view in rows}
    wanted = {UUID(pk) for view in views.values() for pk in view.inputs.values()} | {training_set.base_version_id}
    versions = {str(version.pk): version for version in datasets.versions_by_id(wanted)}
    base = datasets.covered_masks(versions[str(training_set.base_version_id)])
    of_views = {pk: _covered(view, versions) for pk, view in views.items()}
    joined = {name: of_views.get(part["view"], base) for part in training_set.views for name in part["features"]}
    found = [(column["name"], joined.get(column["name"], base)) for column in training_set.columns]
    masked = {name: masks[name] for name, masks in found if name in masks}
    masked |= _derived(training_set, base, joined)
    for index, pk in enumerate(part["view"] for part in training_set.views):
        if pk in views and {views[pk].event_time, views[pk].created_column} & set(of_views[pk]):
            masked |= dict.fromkeys((f"__event_v{index}", f"__known_v{index}"), datasets.hidden)
    return masked


def _derived(
    training_set: TrainingSet, base: Mapping[str, datasets.Mask], joined: Mapping[str, Mapping[str, datasets.Mask]]
) -> dict[str, datasets.Mask]:
    """An on-demand feature is covered where anything that it is made of is: it would tell of it."""
    ids = [UUID(part["id"]) for part in training_set.on_demand]
    rows = OnDemandView.objects.filter(tenant_id=training_set.tenant_id, pk__in=ids)
    made = {str(view.pk): {one["name"]: one["from"] for one in view.features} for view in rows}
    found: dict[str, datasets.Mask] = {}
    for part in training_set.on_demand:
        for name in part["features"]:
            sources = made.get(part["id"], {}).get(name, [])
            if any(_is_covered(source, part["request"], base, joined) for source in sources):
                found[name] = datasets.hidden
    return found


def _is_covered(
    source: str,
    request: Mapping[str, str],
    base: Mapping[str, datasets.Mask],
    joined: Mapping[str, Mapping[str, datasets.Mask]],
) -> bool:
    return request[source] in base if source in request else source in joined.get(source, base)


def covered_in_view(view: FeatureView) -> set[str]:
    """The columns that some people see masked, whoever reads."""
    versions = datasets.versions_by_id({UUID(pk) for pk in view.inputs.values()})
    return set(_covered(view, {str(version.pk): version for version in versions}))


def classes_of_view(view: FeatureView) -> dict[str, str]:
    """Of each feature the strictest class among the columns that it is computed from; where that cannot be told, among
    all that its SQL reads. Empty where it is made of none, as a count of rows is, or not computed yet."""
    versions = {str(version.pk): version for version in datasets.versions_by_id(set(map(UUID, view.inputs.values())))}
    said = {
        (alias, column["name"]): datasets.effective_class(column)
        for alias, pk in view.inputs.items()
        if pk in versions
        for column in versions[pk].schema
    }
    found = {}
    for feature in view.features:
        sources = feature.get("from", [])
        wanted = list(said) if sources is None else [(alias, column) for alias, column in sources]
        classes = [said[one] for one in wanted if said.get(one)]
        found[feature["name"]] = max(classes, key=lambda one: STRICTNESS[one], default="")
    return found


def _covered(view: FeatureView, versions: Mapping[str, Any]) -> dict[str, datasets.Mask]:
    """Each column by those that it is computed from, where that is known; of old views by its name."""
    inputs = {alias: versions[pk] for alias, pk in view.inputs.items() if pk in versions}
    named = datasets.covered_over(inputs.values(), _columns_of(view))
    covered = {alias: datasets.covered_masks(version) for alias, version in inputs.items()}
    told = {feature["name"]: feature["from"] for feature in view.features if "from" in feature}
    told |= view.named_by
    known = {name: _computed(name, sources, covered) for name, sources in told.items()}
    return {
        **{name: mask for name, mask in named.items() if name not in known},
        **{name: mask for name, mask in known.items() if mask is not None},
    }


def _computed(
    name: str, sources: list[list[str]] | None, covered: Mapping[str, Mapping[str, datasets.Mask]]
) -> datasets.Mask | None:
    """None where nothing that is covered is in it; where that cannot be told, it might be."""
    if sources is None:
        return datasets.hidden if any(covered.values()) else None
    masks = [covered[alias][column] for alias, column in sources if column in covered.get(alias, {})]
    if not masks:
        return None
    # What was made of a value need not have its shape: the mask of the shape would show signs of it.
    return masks[0] if [column for _alias, column in sources] == [name] else datasets.hidden


def digest_for(actor: Actor, thing: FeatureView | TrainingSet) -> str:
    """The digest of the rows; empty where guesses at masked values could be tried out against it."""
    masked = masks_of_view(actor, thing) if isinstance(thing, FeatureView) else masks_of_set(actor, thing)
    return "" if masked else thing.digest


def profile_of_view(actor: Actor, view: FeatureView) -> dict[str, Any]:
    """What is in the view's columns, as the actor may know it."""
    return datasets.masked_profile(view.profile, masks_of_view(actor, view))


def _columns_of(view: FeatureView) -> list[dict[str, Any]]:
    keys = [{"name": key, "type": "VARCHAR"} for key in view.entity.join_keys]
    return [*view.features, *keys]


def source_word(dataset_id: UUID, column: str) -> str:
    """A column of a dataset, whichever version, as features name what they are computed from."""
    return f"{dataset_id}:{column}"
