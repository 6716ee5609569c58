"""What the pages of the feature store do, as curl, Python and command line."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.features.views import equals_of_definitions as define
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
_DESCRIBE_SERVICE = Act(
    _("Say what it is"),
    "PATCH",
    "feature-services/{service.pk}/",
    'client.feature_services.edit({service}, description="…", tags=["delays"])',
    "feature-service edit {service} --description … --tag delays",
    _SAY,
)


def _deprecate(path: str, thing: str, resource: str, command: str) -> tuple[Act, Act]:
    """To mark a version, and to withdraw that."""
    return (
        Act(
            _("Deprecate"),
            "POST",
            f"{path}/{{{thing}.pk}}/deprecate/",
            f'client.{resource}.deprecate({{{thing}}}, "…")',
            f"{command} deprecate {{{thing}}} …",
            _DEPRECATE,
        ),
        Act(
            _("Withdraw the deprecation"),
            "POST",
            f"{path}/{{{thing}.pk}}/restore/",
            f"client.{resource}.restore({{{thing}}})",
            f"{command} restore {{{thing}}}",
        ),
    )


_DEPRECATE_VIEW, _RESTORE_VIEW = _deprecate("feature-views", "view", "features", "features")
_DEPRECATE_ON_DEMAND, _RESTORE_ON_DEMAND = _deprecate("on-demand-views", "view", "on_demand", "on-demand")
_DEPRECATE_SERVICE, _RESTORE_SERVICE = _deprecate("feature-services", "service", "feature_services", "feature-service")
_REMOVE_VIEW = Act(
    _("Remove this version"),
    "POST",
    "feature-views/{view.pk}/remove/",
    "client.features.remove({view}, {view})",
    "features remove {view} {view}",
    {"confirmation": "{view}"},
)
_REMOVE_ON_DEMAND = Act(
    _("Remove this version"),
    "POST",
    "on-demand-views/{view.pk}/remove/",
    "client.on_demand.remove({view}, {view})",
    "on-demand remove {view} {view}",
    {"confirmation": "{view}"},
)
_FRESHNESS = Act(
    _("Say how fresh it has to be"),
    "POST",
    "feature-views/{view.pk}/freshness/",
    "client.features.freshness({view}, 3600)",
    "features freshness {view} 1h",
    {"seconds": 3600},
)
_WATCH_SKEW = Act(
    _("Say how much is compared"),
    "POST",
    "feature-views/{view.pk}/watch-skew/",
    "client.features.watch_skew({view}, share=0.1, limit=0.01)",
    "features watch-skew {view} 0.1 0.01",
    {"share": 0.1, "limit": 0.01},
)
_OF_VIEW = (
    Act(
        _("Materialise again"),
        "POST",
        "feature-views/{view.pk}/materialise/",
        "client.features.materialise({view})",
        "features materialise {view}",
    ),
    _FRESHNESS,
    Act(
        _("See what is skewed"),
        "GET",
        "feature-views/{view.pk}/skew/",
        "client.features.skew({view})",
        "features skew {view}",
    ),
    _WATCH_SKEW,
    _DESCRIBE_VIEW,
    _DEPRECATE_VIEW,
    _RESTORE_VIEW,
    _REMOVE_VIEW,
)
_HISTORY = Act(
    _("Ask for features of the past"),
    "POST",
    "historical-features/",
    'client.features.historical("rows.parquet", ["view:*"], event_time="event_timestamp")',
    "features history rows.parquet --feature 'view:*' --event-time event_timestamp --into features.parquet",
    {"project": "{project.slug}", "upload": "…", "event_time": "event_timestamp", "features": ["view:*"]},
)
_DELETE_HISTORY = Act(
    _("Keep nothing of it"),
    "DELETE",
    "historical-features/{row.pk}/",
    "client.features.history({row.pk}).delete()",
    "features forget {row.pk}",
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
        *define.FILE,
    ),
    "features:definition_file": define.FILE,
    "features:view_define": define.VIEW,
    "features:windows_define": define.WINDOWS,
    "features:on_demand_define": define.ON_DEMAND,
    "features:service_define": define.SERVICE,
    "features:training_set_define": define.TRAINING_SET,
    "features:view_detail": _OF_VIEW,
    "features:view_edit": (_DESCRIBE_VIEW,),
    "features:view_deprecate": (_DEPRECATE_VIEW, _RESTORE_VIEW),
    "features:view_remove": (_REMOVE_VIEW,),
    # A save that is refused is answered at these with the view's page.
    "features:view_freshness": (_FRESHNESS,),
    "features:view_skew": (_WATCH_SKEW,),
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
    "features:entity_detail": (_DESCRIBE_ENTITY,),
    "features:entity_edit": (_DESCRIBE_ENTITY,),
    "features:on_demand_detail": (_DESCRIBE_ON_DEMAND, _DEPRECATE_ON_DEMAND, _RESTORE_ON_DEMAND, _REMOVE_ON_DEMAND),
    "features:on_demand_edit": (_DESCRIBE_ON_DEMAND,),
    "features:on_demand_deprecate": (_DEPRECATE_ON_DEMAND, _RESTORE_ON_DEMAND),
    "features:on_demand_remove": (_REMOVE_ON_DEMAND,),
    "features:service_detail": (
        _DESCRIBE_SERVICE,
        _DEPRECATE_SERVICE,
        _RESTORE_SERVICE,
        Act(
            _("Remove this version"),
            "DELETE",
            "feature-services/{service.pk}/",
            "client.feature_services.remove({service})",
            "feature-service remove {service}",
        ),
    ),
    "features:service_edit": (_DESCRIBE_SERVICE,),
    "features:service_deprecate": (_DEPRECATE_SERVICE, _RESTORE_SERVICE),
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
    "features:history_detail": (_HISTORY, _DELETE_HISTORY),
}
