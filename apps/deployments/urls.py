"""Addresses of the deployments app."""

from django.urls import path

from apps.deployments.views import changes, internal, pages, trying

app_name = "deployments"

open_patterns = [
    path("internal/gateway/state", internal.state, name="gateway_state"),
    path("internal/gateway/token", internal.token, name="gateway_token"),
    path("internal/gateway/refused", internal.refused, name="gateway_refused"),
    path("internal/gateway/features", internal.features_plan, name="gateway_features"),
    path("internal/gateway/forgotten", internal.features_forgotten, name="gateway_forgotten"),
]
_ONE = "deployments/<uuid:deployment_id>/"
_REVISION = "deployments/revisions/<uuid:revision_id>/"
project_patterns = [
    path("deployments/", pages.deployment_list, name="deployment_list"),
    path("deployments/new/", changes.deployment_new, name="deployment_new"),
    path(_ONE, pages.deployment_detail, name="deployment_detail"),
    path(f"{_ONE}live/", pages.deployment_live, name="deployment_live"),
    path(f"{_ONE}split/", changes.split_change, name="split_change"),
    path(f"{_ONE}rollback/", changes.rollback, name="rollback"),
    path(f"{_ONE}stop/", changes.deployment_stop, name="deployment_stop"),
    path(f"{_ONE}try/", trying.deployment_try, name="deployment_try"),
    path(f"{_REVISION}stop/", changes.revision_stop, name="revision_stop"),
    path(f"{_REVISION}restart/", changes.revision_restart, name="revision_restart"),
]
