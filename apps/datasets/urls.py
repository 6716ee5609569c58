from django.urls import path

from apps.datasets.views import (
    adding,
    deriving,
    destroying,
    exporting,
    lineage,
    pages,
    pulling,
    taking,
    transformations,
    versions,
)

app_name = "datasets"
project_patterns = [
    path("data/", pages.dataset_list, name="dataset_list"),
    path("data/new/", adding.dataset_new, name="dataset_new"),
    path("data/pull/", pulling.dataset_pull, name="dataset_pull"),
    path("data/take/", taking.dataset_take, name="dataset_take"),
    path("data/derive/", deriving.dataset_derive, name="dataset_derive"),
    path("data/lineage/<slug:kind>/<uuid:object_id>/", lineage.lineage_picture, name="lineage"),
    path("data/transformations/", transformations.transformation_list, name="transformation_list"),
    path("data/transformations/new/", transformations.transformation_new, name="transformation_new"),
    path(
        "data/transformations/<uuid:transformation_id>/",
        transformations.transformation_detail,
        name="transformation_detail",
    ),
    path(
        "data/transformations/<uuid:transformation_id>/edit/",
        transformations.transformation_edit,
        name="transformation_edit",
    ),
    path(
        "data/transformations/<uuid:transformation_id>/act/",
        transformations.transformation_act,
        name="transformation_act",
    ),
    path(
        "data/transformations/<uuid:transformation_id>/delete/",
        transformations.transformation_delete,
        name="transformation_delete",
    ),
    path("data/<uuid:dataset_id>/", pages.dataset_detail, name="dataset_detail"),
    path("data/<uuid:dataset_id>/edit/", pages.dataset_edit, name="dataset_edit"),
    path("data/versions/<uuid:version_id>/", versions.version_detail, name="version_detail"),
    path("data/versions/<uuid:version_id>/commit/", versions.version_commit, name="version_commit"),
    path("data/versions/<uuid:version_id>/discard/", versions.version_discard, name="version_discard"),
    path("data/versions/<uuid:version_id>/destroy/", destroying.version_destroy, name="version_destroy"),
    path("data/versions/<uuid:version_id>/classify/", versions.version_classify, name="version_classify"),
    path("data/versions/<uuid:version_id>/again/", adding.version_again, name="version_again"),
    path("data/versions/<uuid:version_id>/rows.<slug:form>", exporting.version_download, name="version_download"),
    path("data/versions/<uuid:version_id>/chart.json", versions.column_chart, name="column_chart"),
]
