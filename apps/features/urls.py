from django.urls import path

from apps.features.views import (
    defining,
    definitions,
    drifting,
    entities,
    feature_views,
    features,
    history,
    joining,
    on_demand,
    on_demand_saying,
    online,
    pages,
    relations,
    saying,
    services,
    training_sets,
    watching,
    windows,
)
from apps.features.views.equals import EQUALS
from foundation.web import equals

app_name = "features"
equals.register(EQUALS)
project_patterns = [
    path("features/", pages.feature_list, name="feature_list"),
    path("features/catalogue/<uuid:feature_id>/", features.feature_detail, name="feature_detail"),
    path("features/catalogue/<uuid:feature_id>/describe/", features.feature_describe, name="feature_describe"),
    path("features/catalogue/<uuid:feature_id>/spread.json", features.feature_spread, name="feature_spread"),
    path("features/catalogue/<uuid:feature_id>/time.json", features.feature_time, name="feature_time"),
    path("features/catalogue/<uuid:feature_id>/drift.json", drifting.drift_chart, name="drift_chart"),
    path("features/catalogue/<uuid:feature_id>/drift/<slug:period>/", drifting.slice_detail, name="slice_detail"),
    path(
        "features/catalogue/<uuid:feature_id>/drift/<slug:period>/bins.json", drifting.slice_chart, name="slice_chart"
    ),
    path("features/views/new/", defining.view_define, name="view_define"),
    path("features/windows/new/", windows.windows_define, name="windows_define"),
    path("features/views/<uuid:view_id>/", feature_views.view_detail, name="view_detail"),
    path("features/views/<uuid:view_id>/chart.json", feature_views.feature_chart, name="feature_chart"),
    path("features/views/<uuid:view_id>/edit/", saying.view_edit, name="view_edit"),
    path("features/views/<uuid:view_id>/deprecate/", saying.view_deprecate, name="view_deprecate"),
    path("features/views/<uuid:view_id>/restore/", saying.view_restore, name="view_restore"),
    path("features/views/<uuid:view_id>/remove/", saying.view_remove, name="view_remove"),
    path("features/entities/<uuid:entity_id>/", entities.entity_detail, name="entity_detail"),
    path("features/entities/<uuid:entity_id>/edit/", entities.entity_edit, name="entity_edit"),
    path("features/services/new/", services.service_define, name="service_define"),
    path("features/services/<uuid:service_id>/", services.service_detail, name="service_detail"),
    path("features/services/<uuid:service_id>/edit/", services.service_edit, name="service_edit"),
    path("features/services/<uuid:service_id>/deprecate/", services.service_deprecate, name="service_deprecate"),
    path("features/services/<uuid:service_id>/restore/", services.service_restore, name="service_restore"),
    path("features/services/<uuid:service_id>/remove/", services.service_remove, name="service_remove"),
    path("features/file/", definitions.definition_file, name="definition_file"),
    path("features/on-demand/new/", on_demand.on_demand_define, name="on_demand_define"),
    path("features/on-demand/<uuid:on_demand_id>/", on_demand.on_demand_detail, name="on_demand_detail"),
    path("features/on-demand/<uuid:on_demand_id>/edit/", on_demand_saying.on_demand_edit, name="on_demand_edit"),
    path(
        "features/on-demand/<uuid:on_demand_id>/deprecate/",
        on_demand_saying.on_demand_deprecate,
        name="on_demand_deprecate",
    ),
    path(
        "features/on-demand/<uuid:on_demand_id>/restore/", on_demand_saying.on_demand_restore, name="on_demand_restore"
    ),
    path("features/on-demand/<uuid:on_demand_id>/remove/", on_demand_saying.on_demand_remove, name="on_demand_remove"),
    path("features/views/<uuid:view_id>/materialise/", online.view_materialise, name="view_materialise"),
    path("features/views/<uuid:view_id>/skew/", watching.view_skew, name="view_skew"),
    path("features/views/<uuid:view_id>/freshness/", watching.view_freshness, name="view_freshness"),
    path("features/history/new/", history.history_define, name="history_define"),
    path("features/history/<uuid:retrieval_id>/", history.history_detail, name="history_detail"),
    path("features/history/<uuid:retrieval_id>/delete/", history.history_delete, name="history_delete"),
    path("features/history/<uuid:retrieval_id>/rows/<slug:form>/", history.history_rows, name="history_rows"),
    path("features/training-sets/new/", joining.training_set_define, name="training_set_define"),
    path(
        "features/training-sets/<uuid:training_set_id>/", training_sets.training_set_detail, name="training_set_detail"
    ),
    path(
        "features/training-sets/<uuid:training_set_id>/remove/",
        training_sets.training_set_remove,
        name="training_set_remove",
    ),
    path(
        "features/training-sets/<uuid:training_set_id>/label.json",
        relations.label_chart,
        name="label_chart",
    ),
]
