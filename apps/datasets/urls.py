from django.urls import path

from apps.datasets.views import adding, contracts, deriving, destroying, expecting, pages, pulling, quarantine, versions

app_name = "datasets"
project_patterns = [
    path("data/", pages.dataset_list, name="dataset_list"),
    path("data/new/", adding.dataset_new, name="dataset_new"),
    path("data/pull/", pulling.dataset_pull, name="dataset_pull"),
    path("data/derive/", deriving.dataset_derive, name="dataset_derive"),
    path("data/<uuid:dataset_id>/", pages.dataset_detail, name="dataset_detail"),
    path("data/<uuid:dataset_id>/edit/", pages.dataset_edit, name="dataset_edit"),
    path("data/<uuid:dataset_id>/expectations/", expecting.suite_edit, name="suite_edit"),
    path("data/<uuid:dataset_id>/expectations/history/", expecting.suite_history, name="suite_history"),
    path("data/<uuid:dataset_id>/expectations/<int:number>/restore/", expecting.suite_restore, name="suite_restore"),
    path("data/<uuid:dataset_id>/contract/", contracts.contract_detail, name="contract_detail"),
    path("data/versions/<uuid:version_id>/breach/", contracts.breach_see, name="breach_see"),
    path("data/quarantine/<uuid:quarantine_id>/", quarantine.quarantine_detail, name="quarantine_detail"),
    path("data/quarantine/<uuid:quarantine_id>/<int:row>/", quarantine.quarantine_row, name="quarantine_row"),
    path(
        "data/quarantine/<uuid:quarantine_id>/rows.<str:form>", quarantine.quarantine_export, name="quarantine_export"
    ),
    path("data/versions/<uuid:version_id>/", versions.version_detail, name="version_detail"),
    path("data/versions/<uuid:version_id>/commit/", versions.version_commit, name="version_commit"),
    path("data/versions/<uuid:version_id>/discard/", versions.version_discard, name="version_discard"),
    path("data/versions/<uuid:version_id>/destroy/", destroying.version_destroy, name="version_destroy"),
    path("data/versions/<uuid:version_id>/classify/", versions.version_classify, name="version_classify"),
    path("data/versions/<uuid:version_id>/again/", adding.version_again, name="version_again"),
    path("data/versions/<uuid:version_id>/rows.parquet", versions.version_download, name="version_download"),
    path("data/versions/<uuid:version_id>/chart.json", versions.column_chart, name="column_chart"),
]
