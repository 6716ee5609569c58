"""Runs, models and deployments."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, as_json, chosen, group, model_version, pair, text_of
from sanad.output import show, table
from sanad.rows import table_rows


def add_to(acts: Any) -> None:
    _runs(acts, group(acts, "run", "runs"))
    _models(group(acts, "model", "models"))
    _deployments(acts)


def _runs(acts: Any, run: Any) -> None:
    submit = add(run, "submit", run_submit, "start a run")
    submit.add_argument("--training-set", required=True, help="its name or id")
    submit.add_argument("--recipe", default="hist_gradient_boosting")
    submit.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    submit.add_argument("--seed", type=int, default=0)
    submit.add_argument("--split", type=as_json, metavar="JSON", help='e.g. {"kind": "random", "test_fraction": 0.2}')
    submit.add_argument("--resource-class", default="small")
    submit.add_argument("--estimate", action="store_true", help="say what it would take and cost, and start nothing")
    submit.add_argument("--wait", action="store_true")
    submit.add_argument("--timeout", type=float, default=3600)
    listed = add(run, "list", run_list, "runs of the project")
    listed.add_argument("--state", default=None)
    for name, command in (("cancel", run_cancel), ("repeat", run_repeat)):
        add(run, name, command, f"{name} a run").add_argument("run")
    log = add(acts, "logs", logs, "a run's log")
    log.add_argument("run")
    log.add_argument("-f", "--follow", action="store_true")


def _models(model: Any) -> None:
    register = add(model, "register", model_register, "make a signed version of a run's model")
    register.add_argument("--run", required=True)
    register.add_argument("--name", required=True)
    add(model, "list", model_list, "models of the project and their versions")
    model_version(add(model, "promote", model_promote, "ask for promotion to production"))


def _deployments(acts: Any) -> None:
    serve = add(acts, "deploy", deploy, "serve a production version")
    model_version(serve)
    serve.add_argument("slug", help="the address that it answers at")
    serve.add_argument("--resource-class", default="small")
    serve.add_argument("--estimate", action="store_true", help="say what it would cost, and start nothing")
    serve.add_argument("--timeout", type=float, default=180)
    deployment = group(acts, "deployment", "what serves")
    add(deployment, "list", deployment_list, "deployments of the project")
    split = add(deployment, "split", deployment_split, "share the traffic among revisions")
    split.add_argument("deployment", help="its address or id")
    split.add_argument("share", nargs="+", metavar="REVISION=PER_CENT")
    stop = add(deployment, "stop", deployment_stop, "take it out of service: its replicas end")
    stop.add_argument("deployment", help="its address or id")
    ask = add(acts, "predict", predict, "ask a deployment for predictions")
    ask.add_argument("deployment", help="its address or id")
    ask.add_argument("rows", metavar="FILE", help="one row or many, as JSON or CSV; - reads standard input")
    ask.add_argument(
        "--format", choices=["json", "csv"], help="otherwise csv for a FILE named .csv, json for any other"
    )
    add(acts, "rollback", rollback, "back to the revision before").add_argument("deployment")


def run_submit(client: Client, said: Namespace) -> None:
    params = dict(pair(text) for text in said.param)
    if said.estimate:
        training_set = client.training_sets.get(said.training_set)["id"]
        words = {"recipe": said.recipe, "resource_class": said.resource_class}
        show(client.runs.estimate(training_set=training_set, **words), as_json=said.json)
        return
    run = client.runs.submit(
        training_set=client.training_sets.get(said.training_set)["id"],
        recipe=said.recipe,
        params=params,
        seed=said.seed,
        split=said.split,
        resource_class=said.resource_class,
    )
    if said.wait:
        run = client.runs.wait(run["id"], timeout_s=said.timeout)
    show(chosen(run, ("id", "number", "state", "metrics")), as_json=said.json)


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
    show(chosen(version, ("id", "model_name", "number", "stage", "artifact_digest")), as_json=said.json)


def model_list(client: Client, said: Namespace) -> None:
    versions = [version for model in client.models.list() for version in client.models.versions(model["id"])]
    table(versions, ("id", "model_name", "number", "stage", "artifact_digest"), as_json=said.json)


def model_promote(client: Client, said: Namespace) -> None:
    show(client.models.promote(client.models.find(said.version)), as_json=said.json)


def deploy(client: Client, said: Namespace) -> None:
    version = client.models.find(said.version)
    if said.estimate:
        show(client.deployments.estimate(version, resource_class=said.resource_class), as_json=said.json)
        return
    words = {"resource_class": said.resource_class, "timeout_s": said.timeout}
    deployment = client.deployments.deploy(version, said.slug, **words)
    show(chosen(deployment, ("id", "slug", "url")), as_json=said.json)


def deployment_list(client: Client, said: Namespace) -> None:
    table(client.deployments.list(), ("id", "slug", "model_name", "url"), as_json=said.json)


def deployment_split(client: Client, said: Namespace) -> None:
    found = client.deployments.find(said.deployment)
    known = {str(revision["number"]): revision["id"] for revision in found["revisions"]}
    shares = {known.get(name, name): share for name, share in (pair(text) for text in said.share)}
    show(chosen(client.deployments.split(found["id"], shares), ("id", "slug", "url")), as_json=said.json)


def deployment_stop(client: Client, said: Namespace) -> None:
    found = client.deployments.find(said.deployment)
    show(chosen(client.deployments.stop(found["id"]), ("id", "slug", "url")), as_json=said.json)


def predict(client: Client, said: Namespace) -> None:
    deployment, text = client.deployments.find(said.deployment), text_of(said.rows)
    if (said.format or ("csv" if said.rows.lower().endswith(".csv") else "json")) == "csv":
        lookups = client.deployments.get(deployment["id"]).get("lookups") or {}
        rows = table_rows(text, client.deployments.schema(deployment), lookups)
    else:
        given = json.loads(text)
        rows = given if isinstance(given, list) else [given]
    show(client.deployments.predict(deployment, rows), as_json=True)


def rollback(client: Client, said: Namespace) -> None:
    found = client.deployments.find(said.deployment)
    show({"id": client.deployments.roll_back(found["id"])["id"]}, as_json=said.json)
