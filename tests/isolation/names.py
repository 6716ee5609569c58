"""What each name in an address, a query or a body stands for. A new name is worth a line here, and only here."""

from __future__ import annotations

from typing import Any

from tests.isolation.routes import Route

# Variables of addresses that name a thing of a tenant, and its kind (tests/isolation/houses.py makes one of each).
KINDS = {
    "tenant": "tenant",
    "project": "project",
    "slug": "project",
    "job_id": "job",
    "session_id": "session",
    "membership_id": "membership",
    "grant_id": "grant",
    "invitation_id": "invitation",
    "token_id": "token",
    "account_id": "service_account",
    "case_id": "case",
    "connection_id": "connection",
    "stream_id": "stream",
    "quarantine_id": "quarantine",
    "dataset_id": "dataset",
    "ingestion_id": "ingestion",
    "feature_id": "feature",
    "view_id": "feature_view",
    "entity_id": "entity",
    "service_id": "feature_service",
    "on_demand_id": "on_demand_view",
    "training_set_id": "training_set",
    "retrieval_id": "retrieval",
    "transformation_id": "transformation",
    "run_id": "run",
    "mlflow_run_id": "mlflow_run",
    "model_id": "model",
    "deployment_id": "deployment",
    "revision_id": "revision",
    "monitor_id": "monitor",
    "replay_id": "replay",
    "alert_id": "alert",
    "report_id": "report",
    "erasure_id": "erasure",
    "hold_id": "legal_hold",
    "parked_id": "parked",
    "visit_id": "visit",
    "filter_id": "saved_filter",
    "object_id": "run",
    "user_id": "user",
    "group_id": "group",
    "role_id": "project_role",
    "webhook_id": "webhook",
    "delivery_id": "delivery",
    "provider_id": "provider",
    "domain_id": "domain",
    "quota_id": "quota",
    "budget_id": "budget",
    "price_id": "price",
    "export_id": "export",
    "binned_id": "binned",
    "factor_id": "factor",
    "support_id": "support",
    "tenant_id": "tenant_pk",
}
# `version_id` and `pk` say of which kind they are by what stands before them.
PLACES = {
    "data/versions": "dataset_version",
    "models/versions": "model_version",
    "jobs": "job",
    "members": "membership",
    "service-accounts": "service_account",
    "tokens": "token",
    "approvals": "case",
    "uploads": "upload",
    "data/bin": "data_binned",
    "connections": "connection",
    "streams": "stream",
    "datasets": "dataset",
    "suites": "suite",
    "contracts": "contract",
    "quarantines": "quarantine",
    "ingestions": "ingestion",
    "dataset-versions": "dataset_version",
    "entities": "entity",
    "feature-services": "feature_service",
    "features": "feature",
    "feature-views": "feature_view",
    "on-demand-views": "on_demand_view",
    "training-sets": "training_set",
    "historical-features": "retrieval",
    "runs": "run",
    "models": "model",
    "model-versions": "model_version",
    "deployments": "deployment",
    "revisions": "revision",
    "monitors": "monitor",
    "alerts": "alert",
    "replays": "replay",
    "reports": "report",
    "erasures": "erasure",
    "transformations": "transformation",
    "data/lineage/<slug:kind>": "run",
    "legal-holds": "legal_hold",
    "saved-filters": "saved_filter",
    "groups": "group",
    "project-roles": "project_role",
    "webhooks": "webhook",
    "identity-providers": "provider",
    "email-domains": "domain",
    "quotas": "quota",
    "budgets": "budget",
    "prices": "price",
    "support": "support",
    "exports": "export",
    "bin": "binned",
    "access/<slug:kind>": "run",
}
# Variables that name nothing of a tenant, each with a word that fits.
WORDS = {
    "kind": "run",
    "name": "loss",
    "path": "model.onnx",
    "form": "html",
    "address": "security",
    "part": "buttons",
    "secret": "no-such-secret",
    "ticket": "no-such-ticket",
    "by": "project",
    "number": "1",
    "row": "1",
    "period": "month-2013-01",
}
# Fields of bodies and queries that name a thing, and how the thing stands in them.
FIELDS: dict[str, tuple[str, Any]] = {
    "project": ("project", str),
    "projects": ("project", lambda thing: [thing]),
    "upload": ("upload", str),
    "version_id": ("dataset_version", str),
    "stream_id": ("stream", str),
    "connection": ("connection", str),
    "dataset": ("dataset", str),
    "output": ("dataset", str),
    "version": ("dataset_version", str),
    "after": ("dataset", str),
    "training_set": ("training_set", str),
    "base_version": ("dataset_version", str),
    "dataset_version": ("dataset_version", str),
    "model_version": ("model_version", str),
    "deployment": ("deployment", str),
    "run": ("run", str),
    "digest": ("digest", str),
    "user": ("user", str),
    "holder_id": ("user", str),
    "operator": ("user", str),
    "inputs": ("dataset_version", lambda thing: {"rows": thing}),
    "views": ("feature_view", lambda thing: [thing]),
    "service": ("feature_service", str),
    "instead": ("feature_view", str),
    "uses": ("feature_view", lambda thing: [{"view": thing}]),
    "on_demand": ("on_demand_view", lambda thing: [thing]),
    "split": ("revision", lambda thing: {thing: 100}),
}
# Fields whose names look like ids of a thing, and are none of ours.
NO_IDS = {"client_id": "what an identity provider calls this portal"}
# Queries that lists narrow by, whatever the description says of them.
QUERIES = {
    **{kind: kind for kind in ("project", "dataset", "model", "deployment", "run", "training_set", "tenant", "user")},
    "model_version": "model_version",
    "before_version": "dataset_version",
    "monitor": "monitor",
    "subject": "run",
    "actor": "user",
}
# What a request needs besides a body before anybody looks for the thing.
EXTRA_HEADERS = {
    ("api/v1/uploads/<uuid:pk>/", "put"): {"Upload-Offset": "0", "Content-Type": "application/octet-stream"},
}

# And in the query: the name, and the kind of one's own thing that stands there.
REQUIRED_QUERIES = {("api/v1/groups/<uuid:pk>/people/", "delete"): {"user": "user"}}
# Doors that stand open to whoever comes, members of other tenants too, each for a reason: no thing of the tenant is
# asked for there, and what is shown is shown to everybody.
OPEN_DOORS = {
    # Answers 200 to whatever name, since a tenant that is unknown and one without a provider look alike: see
    # test_provider_doors.py. A provider that lets people in stands there by the name that its administrator chose for
    # that page, and the tenant's own name does not.
    "accounts/sso/<slug:tenant>/": "the same page whether there is such a tenant or not",
    # Identity providers and their administrators read it without a session or a token, as SAML has it (metadata, 4.1).
    # It holds nothing but addresses made of the two ids that the asker brought; the second is a random UUID.
    "accounts/sso/<slug:tenant>/<uuid:provider_id>/metadata/": "what a provider reads of us: our own addresses",
}


class Unnamed(Exception):
    """The harness does not know what a name stands for, so it could not send another tenant's."""


def kind_of(route: Route, variable: str) -> str | None:
    """The kind of thing that the variable names, None where it is a mere word. Unnamed says what to add."""
    if variable in WORDS:
        return None
    if variable in KINDS and not (variable == "slug" and "/projects/" not in f"/{route.template}"):
        return KINDS[variable]
    before = route.template.split(f":{variable}>")[0].rpartition("<")[0].strip("/")
    for place, kind in PLACES.items():
        if before.endswith(f"/{place}"):
            return kind
    if "chain/" in before:
        return "run"
    raise Unnamed(
        f"The address {route} holds <{variable}>, and nobody said what it names. If it is a thing of a tenant, give "
        "its kind in tests/isolation/names.py (KINDS, or PLACES for a pk) and make one in tests/isolation/houses.py; "
        "if it is a mere word, add it to WORDS with one that fits."
    )


def field_of(name: str, described: dict[str, Any], where: str) -> tuple[str, Any] | None:
    """The kind that a field of a body names and how it stands there. Unnamed for a field that looks like one."""
    if name in FIELDS or name in NO_IDS:
        return FIELDS.get(name)
    types = described.get("type")
    is_id = described.get("format") == "uuid" or described.get("items", {}).get("format") == "uuid"
    if is_id or name.endswith(("_id", "_ids")) or ("string" in str(types) and name.endswith("digest")):
        raise Unnamed(
            f"The body of {where} has the field “{name}”, which looks like an id, and nobody said what it names: add "
            "it to FIELDS in tests/isolation/names.py with the kind of thing and how it stands there."
        )
    return None
