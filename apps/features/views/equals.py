"""What the pages of the feature store do, as curl, Python and command line."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act

_SAY = {"description": "…", "tags": ["delays"]}
_DEPRECATE = {"reason": "…"}
_DESCRIBE_VIEW = Act(
    _("Say what it is"),
    "PATCH",
    "feature-views/{view.pk}/",
    'client.features.edit({view}, description="…", tags=["delays"])',
    "features edit {view} --description … --tag delays",
    _SAY,
)
_DESCRIBE_FEATURE = Act(
    _("Say what it means"),
    "PATCH",
    "features/{feature.pk}/",
    'client.features.describe({feature.pk}, "…")',
    "features describe {feature.pk} …",
    {"description": "…"},
)
_DRIFT = Act(
    _("See how far it moved along its event time"),
    "GET",
    "features/{feature.pk}/drift/",
    "client.features.drift({feature.pk})",
    "features drift {feature.pk}",
)
_DESCRIBE_ENTITY = Act(
    _("Say what it is"),
    "PATCH",
    "entities/{entity.pk}/",
    'client.features.edit_entity({entity.name}, description="…", tags=["delays"])',
    "features edit-entity {entity.name} --description … --tag delays",
    _SAY,
)
_DESCRIBE_ON_DEMAND = Act(
    _("Say what it is"),
    "PATCH",
    "on-demand-views/{view.pk}/",
    'client.on_demand.edit({view}, description="…", tags=["trips"])',
    "on-demand edit {view} --description … --tag trips",
    {"description": "…", "tags": ["trips"]},
)
_FILE = (
    Act(
        _("Show what a file would change"),
        "POST",
        "feature-definitions/plan/",
        'client.feature_definitions.plan("…")',
        "features plan features.yaml",
        {"project": "{project.slug}", "text": "…"},
    ),
    Act(
        _("Make it so"),
        "POST",
        "feature-definitions/apply/",
        'client.feature_definitions.apply("…")',
        "features apply features.yaml",
        {"project": "{project.slug}", "text": "…"},
    ),
)
_HISTORY = Act(
    _("Ask for features of the past"),
    "POST",
    "historical-features/",
    'client.features.historical("rows.parquet", ["view:*"], event_time="event_timestamp")',
    "features history rows.parquet --feature 'view:*' --event-time event_timestamp --into features.parquet",
    {"project": "{project.slug}", "upload": "…", "event_time": "event_timestamp", "features": ["view:*"]},
)

EQUALS = {
    "features:feature_list": (
        Act(
            _("Search features"),
            "GET",
            "features/?project={project.slug}&q=delay",
            'client.features.search("delay")',
            "features search delay",
        ),
        *_FILE,
    ),
    "features:definition_file": _FILE,
    "features:view_detail": (
        Act(
            _("Materialise again"),
            "POST",
            "feature-views/{view.pk}/materialise/",
            "client.features.materialise({view})",
            "features materialise {view}",
        ),
        Act(
            _("Say how fresh it has to be"),
            "POST",
            "feature-views/{view.pk}/freshness/",
            "client.features.freshness({view}, 3600)",
            "features freshness {view} 1h",
            {"seconds": 3600},
        ),
        Act(
            _("See what is skewed"),
            "GET",
            "feature-views/{view.pk}/skew/",
            "client.features.skew({view})",
            "features skew {view}",
        ),
        Act(
            _("Say how much is compared"),
            "POST",
            "feature-views/{view.pk}/watch-skew/",
            "client.features.watch_skew({view}, share=0.1, limit=0.01)",
            "features watch-skew {view} 0.1 0.01",
            {"share": 0.1, "limit": 0.01},
        ),
        _DESCRIBE_VIEW,
        Act(
            _("Deprecate"),
            "POST",
            "feature-views/{view.pk}/deprecate/",
            'client.features.deprecate({view}, "…")',
            "features deprecate {view} …",
            _DEPRECATE,
        ),
    ),
    "features:slice_detail": (_DRIFT,),
    "features:feature_detail": (
        Act(
            _("See all that is known of it"),
            "GET",
            "features/{feature.pk}/",
            "client.features.show({feature.pk})",
            "features show {feature.pk}",
        ),
        _DRIFT,
        _DESCRIBE_FEATURE,
        Act(
            _("See what is like it"),
            "GET",
            "features/{feature.pk}/similar/",
            "client.features.similar({feature.pk})",
            "features similar {feature.pk}",
        ),
    ),
    "features:feature_describe": (_DESCRIBE_FEATURE,),
    "features:view_edit": (_DESCRIBE_VIEW,),
    "features:entity_detail": (_DESCRIBE_ENTITY,),
    "features:entity_edit": (_DESCRIBE_ENTITY,),
    "features:on_demand_detail": (
        _DESCRIBE_ON_DEMAND,
        Act(
            _("Deprecate"),
            "POST",
            "on-demand-views/{view.pk}/deprecate/",
            'client.on_demand.deprecate({view}, "…")',
            "on-demand deprecate {view} …",
            _DEPRECATE,
        ),
        Act(
            _("Remove this version"),
            "POST",
            "on-demand-views/{view.pk}/remove/",
            "client.on_demand.remove({view}, {view})",
            "on-demand remove {view} {view}",
            {"confirmation": "{view}"},
        ),
    ),
    "features:on_demand_edit": (_DESCRIBE_ON_DEMAND,),
    "features:service_detail": (
        Act(
            _("Deprecate"),
            "POST",
            "feature-services/{service.pk}/deprecate/",
            'client.feature_services.deprecate({service}, "…")',
            "feature-service deprecate {service} …",
            _DEPRECATE,
        ),
        Act(
            _("Remove this version"),
            "DELETE",
            "feature-services/{service.pk}/",
            "client.feature_services.remove({service})",
            "feature-service remove {service}",
        ),
    ),
    "features:training_set_detail": (
        Act(
            _("See what features have to do with the label"),
            "GET",
            "training-sets/{set.pk}/report/",
            "client.training_sets.report({set})",
            "training-set report {set}",
        ),
        Act(
            _("Clear it away, where it failed or was cancelled"),
            "POST",
            "training-sets/{set.pk}/remove/",
            "client.training_sets.remove({set.pk})",
            "training-set remove {set.pk}",
        ),
    ),
    "features:history_define": (_HISTORY,),
}
