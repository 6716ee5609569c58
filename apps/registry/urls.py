"""Addresses of the registry's pages."""

from django.urls import path

from apps.registry.views import models, versions

app_name = "registry"
project_patterns = [
    path("models/", models.model_list, name="model_list"),
    path("models/new/", models.version_create, name="version_create"),
    path("models/<uuid:model_id>/", models.model_detail, name="model_detail"),
    path("models/versions/<uuid:version_id>/", versions.version_detail, name="version_detail"),
    path("models/versions/<uuid:version_id>/card/", versions.card_edit, name="card_edit"),
    path("models/versions/<uuid:version_id>/card/restore/", versions.card_restore, name="card_restore"),
    path("models/versions/<uuid:version_id>/card.md", versions.card_file, name="card_file"),
    path("models/versions/<uuid:version_id>/promote/", versions.version_promote, name="version_promote"),
    path("models/versions/<uuid:version_id>/retire/", versions.version_retire, name="version_retire"),
    path("models/versions/<uuid:version_id>/charts/<slug:name>/", versions.version_chart, name="version_chart"),
]
