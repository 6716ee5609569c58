"""Writes of the deployments app."""

from apps.deployments.services.deploying import address_from, deploy_version
from apps.deployments.services.estimating import estimate_choices, estimate_revision
from apps.deployments.services.invoking import (
    check_invocation,
    note_forgotten_views,
    note_refused_keys,
    plan_features,
)
from apps.deployments.services.leaving import DeploymentFarewell, end_replicas
from apps.deployments.services.lookups import of_version as lookups_of_version
from apps.deployments.services.metering import begin_usage
from apps.deployments.services.replicas import start_revision
from apps.deployments.services.routing import routes_changed
from apps.deployments.services.stopping import restart_revision, stop_deployment, stop_revision
from apps.deployments.services.traffic import roll_back, set_split
from apps.deployments.services.trying import TOKEN_LIVES, ask_gateway, try_token
from apps.deployments.services.watching import watch_revisions
from apps.features.services import why_not_lent

__all__ = [
    "TOKEN_LIVES",
    "DeploymentFarewell",
    "address_from",
    "ask_gateway",
    "begin_usage",
    "check_invocation",
    "deploy_version",
    "end_replicas",
    "estimate_choices",
    "estimate_revision",
    "lookups_of_version",
    "note_forgotten_views",
    "note_refused_keys",
    "plan_features",
    "restart_revision",
    "roll_back",
    "routes_changed",
    "set_split",
    "start_revision",
    "stop_deployment",
    "stop_revision",
    "try_token",
    "watch_revisions",
    "why_not_lent",
]
