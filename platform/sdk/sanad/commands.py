"""What each command of the command line does, with the client alone."""

from __future__ import annotations

import json
import webbrowser
from argparse import Namespace
from pathlib import Path
from typing import Any

from sanad import profile
from sanad.client import Client
from sanad.models import show_progress
from sanad.output import show, table, tell


def login(client: Client, said: Namespace) -> None:
    client.projects.list()
    place = profile.save(profile.Profile(client.url, client.transport.token, client.project))
    tell(f"Signed in to {client.url}; kept in {place}.")


def project_list(client: Client, said: Namespace) -> None:
    table(client.projects.list(), ("slug", "name", "purpose"), as_json=said.json)


def project_create(client: Client, said: Namespace) -> None:
    show(client.projects.create(said.slug, said.name or said.slug, purpose=said.purpose), as_json=said.json)


def dataset_push(client: Client, said: Namespace) -> None:
    version = client.datasets.push(
        said.file, name=said.name or "", review=said.review, options=said.options, told=show_progress
    )
    show(
        {name: version[name] for name in ("id", "dataset_name", "number", "state", "row_count", "digest")},
        as_json=said.json,
    )


def dataset_list(client: Client, said: Namespace) -> None:
    table(client.datasets.list(), ("id", "name", "latest_version"), as_json=said.json)


def dataset_get(client: Client, said: Namespace) -> None:
    tell(f"Written to {client.datasets.download(said.version, said.into)}")


def run_submit(client: Client, said: Namespace) -> None:
    run = client.runs.submit(
        training_set=said.training_set,
        recipe=said.recipe,
        params=dict(_pair(text) for text in said.param),
        seed=said.seed,
        split=said.split,
        resource_class=said.resource_class,
    )
    if said.wait:
        run = client.runs.wait(run["id"], timeout_s=said.timeout)
    show({name: run[name] for name in ("id", "number", "state", "metrics")}, as_json=said.json)


def run_list(client: Client, said: Namespace) -> None:
    table(client.runs.list(state=said.state), ("id", "number", "recipe", "state", "created_at"), as_json=said.json)


def run_cancel(client: Client, said: Namespace) -> None:
    show({"id": said.run, "state": client.runs.cancel(said.run)["state"]}, as_json=said.json)


def run_repeat(client: Client, said: Namespace) -> None:
    show({"id": client.runs.repeat(said.run)["id"]}, as_json=said.json)


def logs(client: Client, said: Namespace) -> None:
    for piece in client.runs.log(said.run, follow=said.follow):
        print(piece, end="")


def model_register(client: Client, said: Namespace) -> None:
    version = client.models.register(run=said.run, name=said.name)
    show(
        {name: version[name] for name in ("id", "model_name", "number", "stage", "artifact_digest")}, as_json=said.json
    )


def model_promote(client: Client, said: Namespace) -> None:
    show(client.models.promote(said.version), as_json=said.json)


def approval_list(client: Client, said: Namespace) -> None:
    table(client.approvals.list(), ("id", "title", "state"), as_json=said.json)


def approval_decide(client: Client, said: Namespace) -> None:
    show(client.approvals.decide(said.case, said.verdict, reason=said.reason), as_json=said.json)


def deploy(client: Client, said: Namespace) -> None:
    deployment = client.deployments.deploy(said.version, said.slug, timeout_s=said.timeout)
    show({name: deployment[name] for name in ("id", "slug", "url")}, as_json=said.json)


def rollback(client: Client, said: Namespace) -> None:
    show({"id": client.deployments.roll_back(said.deployment)["id"]}, as_json=said.json)


def report(client: Client, said: Namespace) -> None:
    made = client.reports.create(model_version=said.version)
    tell(f"Written to {client.reports.download(made['id'], said.into, form=Path(said.into).suffix[1:] or 'pdf')}")


def chain(client: Client, said: Namespace) -> None:
    found: list[dict[str, Any]] = client.transport.get(f"chain/{said.kind}/{said.id}/")
    table(found, ("kind", "name", "state", "digest"), as_json=said.json)


def ledger_verify(client: Client, said: Namespace) -> None:
    show(client.ledger.verify(), as_json=said.json)


def ledger_export(client: Client, said: Namespace) -> None:
    tell(f"Written to {client.ledger.export(said.into)}")


def open_portal(client: Client, said: Namespace) -> None:
    webbrowser.open(client.url)
    tell(client.url)


def doctor(client: Client, said: Namespace) -> None:
    checks = {
        "portal answers": lambda: client.transport.get("/healthz"),
        "database answers": lambda: client.transport.get("/readyz"),
        "token is accepted": client.projects.list,
    }
    for name, check in checks.items():
        check()
        tell(f"ok    {name}")


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"A parameter is NAME=VALUE, and {text!r} is not.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
