"""Every page of the portal by name, filled with the ids of what a project holds."""

from __future__ import annotations

from sanad.client import Client


def ids_of(client: Client) -> dict[str, str]:
    """One thing of each kind in the client's project; a kind that has none is left out."""
    versions = [version for model in client.models.list() for version in client.models.versions(model["id"])]
    found = {
        "training_set": _first(client.training_sets.list()),
        "run": _first(client.runs.list()),
        "model": _first(client.models.list()),
        "model_version": _first(versions),
        "deployment": _first(client.deployments.list()),
        "monitor": _first(client.monitoring.list()),
        "alert": _first(client.monitoring.alerts()),
        "case": _first(client.approvals.list(state=None)),
        "report": _first(list(client.transport.pages("reports/"))),
        "feature": _first(client.features.search()),
        "view": _first(client.features.list()),
        "entity": _first(client.features.entities()),
        "service": _first(client.feature_services.list()),
        "on_demand": _first(client.on_demand.list()),
        "derived": _first(client.features.search(made="asked")),
        "history": _first(client.features.histories()),
        "connection": _first(client.connections.list()),
        "stream": _first(client.streams.list()),
        "ingestion": _first(client.ingestions.list()),
    }
    dataset = client.datasets.find("flights_at_departure") or next(iter(client.datasets.list()), None)
    if dataset and dataset["latest_version"]:
        found |= {"dataset": dataset["id"], "dataset_version": dataset["latest_version"]["id"]}
    return {kind: pk for kind, pk in found.items() if pk}


def _first(rows: list[dict[str, object]]) -> str:
    return str(rows[0]["id"]) if rows else ""


TENANT_PAGES = {
    "home": "",
    "notifications": "notifications/",
    "search": "search/?q=flights",
    "projects": "projects/",
    "project_new": "projects/new/",
    "approvals": "approvals/",
    "case": "approvals/{case}/",
    "compliance": "compliance/",
    "report": "compliance/reports/{report}/",
    "erasures": "compliance/erasures/",
    "erasures_across": "compliance/erasures/in-projects/",
    "activity": "activity/",
    "record": "activity/record/",
    "past_day": "activity/day/",
    "deliveries": "activity/deliveries/",
    "who": "who/model_version/{model_version}/",
    "saved_filters": "filters/",
    "members": "settings/members/",
    "tokens": "settings/tokens/",
    "service_accounts": "settings/service-accounts/",
    "service_account": "settings/service-accounts/{service_account}/",
    "groups": "settings/groups/",
    "usage": "settings/usage/",
    "chargeback": "settings/usage/chargeback/",
    "quotas": "settings/quotas/",
    "budgets": "settings/budgets/",
    "prices": "settings/prices/",
    "second_factor": "settings/sign-in/",
    "single_sign_on": "settings/single-sign-on/",
    "encryption": "settings/encryption/",
    "webhooks": "settings/webhooks/",
    "organisation": "settings/organisation/",
    "support": "settings/support/",
    "bin": "settings/bin/",
    "leaving": "settings/leave/",
}
PROJECT_PAGES = {
    "overview": "",
    "project_settings": "settings/",
    "project_people": "settings/people/",
    "project_archive": "settings/archive/",
    "data": "data/",
    "data_new": "data/new/",
    "data_derive": "data/derive/",
    "data_take": "data/take/",
    "transformations": "data/transformations/",
    "transformation_new": "data/transformations/new/",
    "lineage": "data/lineage/dataset/{dataset}/",
    "data_bin": "data/bin/",
    "connections": "data/connections/",
    "connection_kinds": "data/connections/new/",
    "connection_new": "data/connections/new/?kind=postgresql",
    "connection": "data/connections/{connection}/",
    "connection_edit": "data/connections/{connection}/edit/",
    "streams": "data/streams/",
    "stream_new": "data/streams/new/",
    "stream": "data/streams/{stream}/",
    "stream_quarantine": "data/streams/{stream}/?tab=quarantine",
    "stream_settings": "data/streams/{stream}/?tab=settings",
    "stream_edit": "data/streams/{stream}/edit/",
    "ingestions": "data/ingestions/",
    "ingestion_new": "data/ingestions/new/",
    "ingestion": "data/ingestions/{ingestion}/",
    "ingestion_edit": "data/ingestions/{ingestion}/edit/",
    "ingestion_backfill": "data/ingestions/{ingestion}/backfill/",
    "dataset": "data/{dataset}/",
    "dataset_coming_in": "data/{dataset}/?tab=ingestions",
    "dataset_checks": "data/{dataset}/?tab=checks",
    "expectations": "data/{dataset}/expectations/",
    "expectations_history": "data/{dataset}/expectations/history/",
    "contract": "data/{dataset}/contract/",
    "dataset_versions": "data/{dataset}/?tab=versions",
    "dataset_retention": "data/{dataset}/retention/",
    "version_hold": "data/versions/{dataset_version}/hold/",
    "dataset_version": "data/versions/{dataset_version}/",
    "version_checks": "data/versions/{dataset_version}/?tab=checks",
    "dataset_profile": "data/versions/{dataset_version}/?tab=profile",
    "dataset_lineage": "data/versions/{dataset_version}/?tab=lineage",
    "features": "features/",
    "feature": "features/catalogue/{feature}/",
    "feature_versions": "features/catalogue/{feature}/?tab=versions",
    "feature_slice": "features/catalogue/{feature}/drift/month-2013-03/",
    "feature_use": "features/catalogue/{feature}/?tab=use",
    "feature_similar": "features/catalogue/{feature}/?tab=similar",
    "feature_describe": "features/catalogue/{feature}/describe/",
    "view": "features/views/{view}/",
    "view_online": "features/views/{view}/?tab=online",
    "view_skew": "features/views/{view}/?tab=skew",
    "view_lineage": "features/views/{view}/?tab=lineage",
    "view_new": "features/views/new/",
    "view_edit": "features/views/{view}/edit/",
    "view_deprecate": "features/views/{view}/deprecate/",
    "entities": "features/?show=entities",
    "entity": "features/entities/{entity}/",
    "entity_edit": "features/entities/{entity}/edit/",
    "services": "features/?show=services",
    "service_new": "features/services/new/",
    "service": "features/services/{service}/",
    "service_edit": "features/services/{service}/edit/",
    "service_deprecate": "features/services/{service}/deprecate/",
    "feature_file": "features/file/",
    "windows_new": "features/windows/new/",
    "on_demand_list": "features/?show=on_demand",
    "on_demand": "features/on-demand/{on_demand}/",
    "on_demand_try": "features/on-demand/{on_demand}/?tab=try",
    "on_demand_new": "features/on-demand/new/",
    "on_demand_edit": "features/on-demand/{on_demand}/edit/",
    "on_demand_deprecate": "features/on-demand/{on_demand}/deprecate/",
    "on_demand_remove": "features/on-demand/{on_demand}/remove/",
    "derived_feature": "features/catalogue/{derived}/",
    "histories": "features/?show=history",
    "history_new": "features/history/new/",
    "history_wanted": "features/history/new/?base={dataset_version}",
    "history": "features/history/{history}/",
    "training_set": "features/training-sets/{training_set}/",
    "training_set_label": "features/training-sets/{training_set}/?tab=label",
    "training_set_missing": "features/training-sets/{training_set}/?tab=missing",
    "training_set_new": "features/training-sets/new/?base={dataset_version}",
    "experiments": "experiments/",
    "run_new": "experiments/new/",
    "run": "experiments/{run}/",
    "run_evidence": "experiments/{run}/?tab=evidence",
    "run_reproduce": "experiments/{run}/?tab=reproduce",
    "models": "models/",
    "model_new": "models/new/?run={run}",
    "model": "models/{model}/",
    "model_version": "models/versions/{model_version}/",
    "model_card": "models/versions/{model_version}/?tab=card",
    "model_proof": "models/versions/{model_version}/?tab=proof",
    "deployments": "deployments/",
    "deployment_new": "deployments/new/",
    "deployment": "deployments/{deployment}/",
    "deployment_try": "deployments/{deployment}/try/",
    "deployment_use": "deployments/{deployment}/?tab=use",
    "monitoring": "monitoring/",
    "monitor": "monitoring/{monitor}/",
    "monitor_settings": "monitoring/{monitor}/?tab=settings",
    "alert": "monitoring/alerts/{alert}/",
}


def addresses(ids: dict[str, str], *, tenant: str = "demo", project: str = "flights") -> dict[str, str]:
    """Path by name of every page whose things exist."""
    trees = ((f"/t/{tenant}/", TENANT_PAGES), (f"/t/{tenant}/p/{project}/", PROJECT_PAGES))
    found = {name: prefix + path for prefix, pages in trees for name, path in pages.items()}
    found["profile"] = "/accounts/"
    return {name: path.format_map(ids) for name, path in found.items() if _known(path, ids)}


def _known(path: str, ids: dict[str, str]) -> bool:
    return all(part.partition("}")[0] in ids for part in path.split("{")[1:])
