from django.urls import path

from apps.datasets.views import (
    adding,
    deriving,
    destroying,
    ingesting,
    ingestions,
    modes,
    pages,
    pulling,
    versions,
)
from apps.datasets.views.equals import EQUALS
from foundation.web import equals

app_name = "datasets"
equals.register(EQUALS)
project_patterns = [
    path("data/", pages.dataset_list, name="dataset_list"),
    path("data/new/", adding.dataset_new, name="dataset_new"),
    path("data/pull/", pulling.dataset_pull, name="dataset_pull"),
    path("data/derive/", deriving.dataset_derive, name="dataset_derive"),
    path("data/modes/", modes.dataset_modes, name="dataset_modes"),
    path("data/ingestions/", ingestions.ingestion_list, name="ingestion_list"),
    path("data/ingestions/new/", ingesting.ingestion_new, name="ingestion_new"),
    path("data/ingestions/times/", ingesting.ingestion_times, name="ingestion_times"),
    path("data/ingestions/<uuid:ingestion_id>/", ingestions.ingestion_detail, name="ingestion_detail"),
    path("data/ingestions/<uuid:ingestion_id>/edit/", ingesting.ingestion_edit, name="ingestion_edit"),
    path("data/ingestions/<uuid:ingestion_id>/run/", ingestions.ingestion_run, name="ingestion_run"),
    path("data/ingestions/<uuid:ingestion_id>/pause/", ingestions.ingestion_pause, name="ingestion_pause"),
    path("data/ingestions/<uuid:ingestion_id>/resume/", ingestions.ingestion_resume, name="ingestion_resume"),
    path("data/ingestions/<uuid:ingestion_id>/backfill/", ingesting.ingestion_backfill, name="ingestion_backfill"),
    path("data/ingestions/<uuid:ingestion_id>/delete/", ingestions.ingestion_delete, name="ingestion_delete"),
    path("data/<uuid:dataset_id>/", pages.dataset_detail, name="dataset_detail"),
    path("data/<uuid:dataset_id>/edit/", pages.dataset_edit, name="dataset_edit"),
    path("data/versions/<uuid:version_id>/", versions.version_detail, name="version_detail"),
    path("data/versions/<uuid:version_id>/commit/", versions.version_commit, name="version_commit"),
    path("data/versions/<uuid:version_id>/discard/", versions.version_discard, name="version_discard"),
    path("data/versions/<uuid:version_id>/pause/", versions.version_pause, name="version_pause"),
    path("data/versions/<uuid:version_id>/resume/", versions.version_resume, name="version_resume"),
    path("data/versions/<uuid:version_id>/destroy/", destroying.version_destroy, name="version_destroy"),
    path("data/versions/<uuid:version_id>/classify/", versions.version_classify, name="version_classify"),
    path("data/versions/<uuid:version_id>/again/", adding.version_again, name="version_again"),
    path("data/versions/<uuid:version_id>/rows.parquet", versions.version_download, name="version_download"),
    path("data/versions/<uuid:version_id>/chart.json", versions.column_chart, name="column_chart"),
]
