"""Features one by one, of all views: what is searched for, and what uses them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from apps.features.choices import BuildState, FeatureKind, FeatureUse, Within
from apps.features.models import Feature, FeatureService, FeatureView, OnDemandView
from apps.features.selectors.registry import visible_services
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.web import lineage

# What is used further up, of the training sets that an app above says it uses: a queryset of their ids.
TrainingSets = Callable[[Actor], QuerySet[Any, Any]]
_users: dict[FeatureUse, TrainingSets] = {}
_SPANS = {Within.HOUR: 1 / 24, Within.DAY: 1, Within.WEEK: 7, Within.MONTH: 30}
_USERS = ("training_set", "run", "model_version", "revision")
_FARTHEST = 6
_MOST_WORDS, _MOST_SERVICES = 8, 100


def register_users(use: FeatureUse, training_sets: TrainingSets) -> None:
    """An upper app says of which training sets it uses something, as far as the actor may know."""
    _users[use] = training_sets


def visible_features(
    *, actor: Actor, project_id: UUID | None = None, every_version: bool = False, with_binned: bool = False
) -> QuerySet[Feature]:
    """Features of the current versions of views, or of all of them but what lies in the bin.

    `with_binned`: also of those, which an archive takes along.
    """
    there = Feature.objects.all() if with_binned else features_out_of_bin()
    rows: QuerySet[Feature] = access.visible(there, actor, Permission.FEATURE_VIEW, project_id=project_id)
    people = ("view__owner", "view__created_by", "on_demand__owner", "on_demand__created_by")
    rows = rows.select_related("view__entity", *people, "project")
    return rows if every_version else rows.filter(current=True)


def features_out_of_bin() -> QuerySet[Feature]:
    """What lies there has no page, and nobody is told of its values."""
    return Feature.objects.exclude(view__state=BuildState.BINNED).exclude(on_demand__binned=True)


def get_feature(*, actor: Actor, feature_id: UUID) -> Feature:
    found = visible_features(actor=actor, every_version=True).filter(pk=feature_id).first()
    if found is None:
        raise NotFound(_("There is no such feature here."))
    return found


def matching(rows: QuerySet[Feature], words: str, *, actor: Actor) -> QuerySet[Feature]:
    """Those in whose name, description, view, entity, tags or owner each of the words stands, or in those of a service
    that has them."""
    rows = rows.annotate(tag_words=Cast(Coalesce("view__tags", "on_demand__tags"), TextField()))
    rows = rows.annotate(about_words=Cast("about", TextField()))
    for word in words.split()[:_MOST_WORDS]:
        found = Q(name__icontains=word) | Q(description__icontains=word) | Q(type__iexact=word)
        found |= Q(tag_words__icontains=word) | Q(about_words__icontains=word) | Q(view__entity__name__icontains=word)
        for home in ("view", "on_demand"):
            found |= Q(**{f"{home}__name__icontains": word}) | Q(**{f"{home}__description__icontains": word})
            found |= Q(**{f"{home}__owner__name__icontains": word})
            # Where nobody is named, whoever defined it speaks for it.
            found |= Q(
                **{f"{home}__isnull": False, f"{home}__owner": None, f"{home}__created_by__name__icontains": word}
            )
        rows = rows.filter(found | Q(pk__in=_of_services(actor, word)))
    return rows


def services_matching(*, actor: Actor, project_id: UUID | None, words: str) -> QuerySet[FeatureService]:
    """The newest versions of services in whose name, description, tags or owner each of the words stands."""
    rows = visible_services(actor=actor, project_id=project_id, newest_only=True)
    rows = rows.annotate(tag_words=Cast("tags", TextField()))
    for word in words.split()[:_MOST_WORDS]:
        found = Q(name__icontains=word) | Q(description__icontains=word) | Q(tag_words__icontains=word)
        rows = rows.filter(found | Q(owner__name__icontains=word))
    return rows.order_by("name")


def _of_services(actor: Actor, word: str) -> list[UUID]:
    services = services_matching(actor=actor, project_id=None, words=word)[:_MOST_SERVICES]
    return [pk for service in services for pk in features_of_service(service)]


def features_of_service(service: FeatureService) -> list[UUID]:
    """The ids of all features of a service, by which the catalogue has them."""
    parts = [(part["view"], part["features"]) for part in service.views]
    parts += [(part["id"], part["features"]) for part in service.on_demand]
    return [Feature.id_of(UUID(home), name) for home, names in parts for name in names]


def about(feature: Feature) -> str:
    """The entity of a feature; of one that is computed when asked, the entities of what it is made of."""
    return feature.view.entity.name if feature.view is not None else ", ".join(feature.about)


def used_by(rows: QuerySet[Feature], actor: Actor, use: str) -> QuerySet[Feature]:
    """Those that something of this kind uses, or nothing at all."""
    if use == FeatureUse.NOTHING:
        return rows.filter(use_count=0)
    if use == FeatureUse.TRAINING_SET:
        return rows.filter(use_count__gt=0)
    sets = training_sets_used(actor, FeatureUse(use))
    return rows.none() if sets is None else rows.filter(used_by__overlap=sets)


def training_sets_used(actor: Actor, use: FeatureUse) -> QuerySet[Any, Any] | None:
    """The ids of training sets that things of this kind come of; None where no app knows of such things."""
    sets = _users.get(use)
    return sets(actor) if sets else None


def young(rows: QuerySet[Feature], within: str) -> QuerySet[Feature]:
    """Those whose newest value is no older."""
    return rows.filter(newest_at__gte=now() - timedelta(days=_SPANS[Within(within)]))


def served_otherwise(rows: QuerySet[Feature], *, skewed: bool) -> QuerySet[Feature]:
    """Those of views of which more is served otherwise than a model learned it than may be, or all but these."""
    return rows.filter(view__skewed_since__isnull=False) if skewed else rows.filter(view__skewed_since=None)


def kind_of(type_: str) -> FeatureKind:
    """Of a type before anything was computed: the profile says it afterwards."""
    word = type_.upper()
    if word.startswith(("VARCHAR", "UUID", "ENUM")):
        return FeatureKind.TEXT
    if word.startswith("BOOLEAN"):
        return FeatureKind.BOOLEAN
    if word.startswith(("TIMESTAMP", "DATE", "TIME")):
        return FeatureKind.TIME
    numbers = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
    return FeatureKind.NUMBER if word.startswith((*numbers, "DOUBLE", "FLOAT", "DECIMAL")) else FeatureKind.OTHER


def feature_ids(view: FeatureView | OnDemandView) -> dict[str, UUID]:
    """The ids of a view's features by their names, also before they are noted."""
    return {name: Feature.id_of(view.pk, name) for name in view.feature_names}


def owner_of(view: FeatureView | OnDemandView) -> Any:
    """Who speaks for a view: whoever is named, else whoever defined it."""
    return view.owner or view.created_by


def users_of_feature(*, actor: Actor, feature: Feature) -> list[lineage.Thing]:
    """Training sets that were joined with it, and the runs, models and revisions that come of those.

    Of what the actor may see, by kind and then the newest first; as many statements for one as for many.
    """
    home = ("on_demand_view", feature.on_demand_id) if feature.on_demand_id else ("feature_view", feature.view_id)
    walked = lineage.walk(actor, home, depth=_FARTHEST, below=False)  # type: ignore[arg-type]
    reached = {("training_set", pk) for pk in feature.used_by}
    for _step in range(_FARTHEST):
        reached |= {high for low, high in walked.links if low in reached}
    things = [thing for reference, thing in walked.things.items() if reference in reached and thing.kind in _USERS]
    return sorted(things, key=lambda one: (_USERS.index(one.kind), -(one.at.timestamp() if one.at else 0)))


def owned_by(rows: QuerySet[Feature], name: str) -> QuerySet[Feature]:
    """Those for whose views somebody of this name speaks (`owner_of`)."""
    found = Q(view__owner__name=name) | Q(view__isnull=False, view__owner=None, view__created_by__name=name)
    found |= Q(on_demand__owner__name=name)
    return rows.filter(found | Q(on_demand__isnull=False, on_demand__owner=None, on_demand__created_by__name=name))


def about_entity(rows: QuerySet[Feature], name: str) -> QuerySet[Feature]:
    """Those of views about the entity of this name, and those that are made of such."""
    return rows.filter(Q(view__entity__name=name) | Q(about__contains=[name]))


def tagged(rows: QuerySet[Feature], tag: str) -> QuerySet[Feature]:
    return rows.filter(Q(view__tags__contains=[tag]) | Q(on_demand__tags__contains=[tag]))


def deprecated(rows: QuerySet[Feature], *, marked: bool = True) -> QuerySet[Feature]:
    """Those whose views should not be chosen any more, or the others."""
    neither = Q(view__deprecated_at=None, on_demand__deprecated_at=None)
    return rows.exclude(neither) if marked else rows.filter(neither)


def words_to_find_by(*, actor: Actor, project_id: UUID, most: int) -> dict[str, list[str]]:
    """Entities, owners and tags of the project's current features; two statements."""
    views = FeatureView.objects.filter(tenant_id=actor.tenant_id, project_id=project_id, catalogued__current=True)
    told = views.order_by().values_list("entity__name", "owner__name", "created_by__name", "tags").distinct()
    entities, owners, tags = set(), set(), set()
    for entity, owner, maker, words in told:
        entities.add(entity)
        owners.add(owner or maker or "")
        tags.update(words)
    computed = OnDemandView.objects.filter(tenant_id=actor.tenant_id, project_id=project_id, catalogued__current=True)
    for owner, maker, words in computed.order_by().values_list("owner__name", "created_by__name", "tags").distinct():
        owners.add(owner or maker or "")
        tags.update(words)
    found = {"entity": entities, "owner": owners - {""}, "tag": tags}
    return {name: sorted(words)[:most] for name, words in found.items()}
