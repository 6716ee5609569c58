from django.urls import path

from apps.datasets.views import adding, deriving, destroying, holding, pages, pulling, retention, tagging, versions

app_name = "datasets"
project_patterns = [
    path("data/", pages.dataset_list, name="dataset_list"),
    path("data/new/", adding.dataset_new, name="dataset_new"),
    path("data/pull/", pulling.dataset_pull, name="dataset_pull"),
    path("data/derive/", deriving.dataset_derive, name="dataset_derive"),
    path("data/<uuid:dataset_id>/", pages.dataset_detail, name="dataset_detail"),
    path("data/<uuid:dataset_id>/retention/", retention.dataset_retention, name="dataset_retention"),
    path("data/<uuid:dataset_id>/edit/", pages.dataset_edit, name="dataset_edit"),
    path("data/versions/<uuid:version_id>/", versions.version_detail, name="version_detail"),
    path("data/versions/<uuid:version_id>/commit/", versions.version_commit, name="version_commit"),
    path("data/versions/<uuid:version_id>/discard/", versions.version_discard, name="version_discard"),
    path("data/versions/<uuid:version_id>/destroy/", destroying.version_destroy, name="version_destroy"),
    path("data/versions/<uuid:version_id>/hold/", holding.version_hold, name="version_hold"),
    path("data/holds/<uuid:hold_id>/release/", holding.hold_release, name="hold_release"),
    path("data/versions/<uuid:version_id>/tag/", tagging.version_tag, name="version_tag"),
    path("data/versions/<uuid:version_id>/roll-back/", tagging.version_roll_back, name="version_roll_back"),
    path("data/<uuid:dataset_id>/find/", tagging.version_find, name="version_find"),
    path("data/versions/<uuid:version_id>/classify/", versions.version_classify, name="version_classify"),
    path("data/versions/<uuid:version_id>/confirm/", versions.version_confirm, name="version_confirm"),
    path("data/versions/<uuid:version_id>/again/", adding.version_again, name="version_again"),
    path("data/versions/<uuid:version_id>/rows.parquet", versions.version_download, name="version_download"),
    path("data/versions/<uuid:version_id>/chart.json", versions.column_chart, name="column_chart"),
]
