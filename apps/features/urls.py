from django.urls import path

from apps.features.views import defining, feature_views, features, joining, pages, training_sets

app_name = "features"
project_patterns = [
    path("features/", pages.feature_list, name="feature_list"),
    path("features/catalogue/<uuid:feature_id>/", features.feature_detail, name="feature_detail"),
    path("features/catalogue/<uuid:feature_id>/describe/", features.feature_describe, name="feature_describe"),
    path("features/catalogue/<uuid:feature_id>/spread.json", features.feature_spread, name="feature_spread"),
    path("features/catalogue/<uuid:feature_id>/time.json", features.feature_time, name="feature_time"),
    path("features/views/new/", defining.view_define, name="view_define"),
    path("features/views/<uuid:view_id>/", feature_views.view_detail, name="view_detail"),
    path("features/views/<uuid:view_id>/chart.json", feature_views.feature_chart, name="feature_chart"),
    path("features/training-sets/new/", joining.training_set_define, name="training_set_define"),
    path(
        "features/training-sets/<uuid:training_set_id>/", training_sets.training_set_detail, name="training_set_detail"
    ),
]
