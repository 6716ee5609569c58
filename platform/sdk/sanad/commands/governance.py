"""Approvals, monitoring, reports and the ledger."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, chosen, group, model_version
from sanad.output import show, table, tell

REPLAY = ("id", "state", "per_second", "position", "total", "failure")


def add_to(acts: Any) -> None:
    _monitoring(acts)
    approval = group(acts, "approval", "approval cases")
    add(approval, "list", approval_list, "cases that wait")
    decide = add(approval, "decide", approval_decide, "grant or refuse a case")
    decide.add_argument("case")
    decide.add_argument("verdict", choices=["granted", "refused"])
    decide.add_argument("--reason", required=True)
    written = add(acts, "report", report, "a compliance report of a model version")
    model_version(written)
    written.add_argument("into", help="the file to write; its ending says whether pdf or html")
    linked = add(acts, "chain", chain, "the chain of a thing, from its data to its traffic")
    linked.add_argument("id", help="its id; of a model version also name or name/3")
    linked.add_argument("--kind", default="model_version")
    ledger = group(acts, "ledger", "the ledger")
    add(ledger, "verify", ledger_verify, "let the portal check its own chain")
    for name, what in (("export", "the whole ledger"), ("key", "the public key"), ("anchor", "the anchors")):
        file = add(ledger, name, ledger_file, f"{what}, for sanad-verify")
        file.add_argument("into")
        file.set_defaults(what=name)


def _monitoring(acts: Any) -> None:
    monitor = group(acts, "monitor", "monitors of what serves")
    add(monitor, "list", monitor_list, "monitors of the project")
    add(monitor, "drift", monitor_drift, "each feature in each month against training").add_argument("monitor")
    alert = group(acts, "alert", "alerts")
    listed = add(alert, "list", alert_list, "alerts of the project")
    listed.add_argument("--state", choices=["open", "acknowledged", "resolved", "subsided"])
    seen = add(alert, "acknowledge", alert_acknowledge, "say that somebody looks after it")
    seen.add_argument("alert")
    seen.add_argument("--note", default="")
    replay = group(acts, "replay", "the past played as live traffic")
    start = add(replay, "start", replay_start, "send a training set's rows to a deployment as if they came now")
    start.add_argument("deployment", help="its address or id")
    start.add_argument("--training-set", required=True, help="its name or id")
    start.add_argument("--per-second", type=float, default=20)
    start.add_argument("--stride", type=int, default=10, help="play every n-th row")
    change = add(replay, "set", replay_set, "change speed, pause, go on, or begin anew")
    change.add_argument("replay")
    change.add_argument("--per-second", type=float)
    change.add_argument("--state", choices=["playing", "paused"])
    change.add_argument("--restart", action="store_true")
    add(replay, "list", replay_list, "replays of the project")


def monitor_list(client: Client, said: Namespace) -> None:
    table(client.monitoring.list(), ("id", "deployment_name", "created_at"), as_json=said.json)


def monitor_drift(client: Client, said: Namespace) -> None:
    columns = ("window", "feature", "rows", "psi", "level")
    table(client.monitoring.drift(said.monitor), columns, as_json=said.json)


def alert_list(client: Client, said: Namespace) -> None:
    columns = ("id", "deployment_name", "feature", "window", "state")
    table(client.monitoring.alerts(state=said.state), columns, as_json=said.json)


def alert_acknowledge(client: Client, said: Namespace) -> None:
    show(chosen(client.monitoring.acknowledge(said.alert, said.note), ("id", "state")), as_json=said.json)


def replay_start(client: Client, said: Namespace) -> None:
    made = client.monitoring.replay(
        deployment=client.deployments.find(said.deployment)["id"],
        training_set=client.training_sets.get(said.training_set)["id"],
        per_second=said.per_second,
        stride=said.stride,
    )
    show(chosen(made, REPLAY), as_json=said.json)


def replay_set(client: Client, said: Namespace) -> None:
    asked = {"per_second": said.per_second, "state": said.state, "restart": said.restart or None}
    changes = {name: value for name, value in asked.items() if value is not None}
    show(chosen(client.monitoring.change_replay(said.replay, **changes), REPLAY), as_json=said.json)


def replay_list(client: Client, said: Namespace) -> None:
    table(client.monitoring.replays(), REPLAY, as_json=said.json)


def approval_list(client: Client, said: Namespace) -> None:
    table(client.approvals.list(), ("id", "title", "state"), as_json=said.json)


def approval_decide(client: Client, said: Namespace) -> None:
    show(client.approvals.decide(said.case, said.verdict, reason=said.reason), as_json=said.json)


def report(client: Client, said: Namespace) -> None:
    made = client.reports.create(model_version=client.models.find(said.version))
    tell(f"Written to {client.reports.download(made['id'], said.into, form=Path(said.into).suffix[1:] or 'pdf')}")


def chain(client: Client, said: Namespace) -> None:
    thing = client.models.find(said.id) if said.kind == "model_version" else said.id
    found: list[dict[str, Any]] = client.transport.get(f"chain/{said.kind}/{thing}/")
    table(found, ("kind", "name", "state", "digest"), as_json=said.json)


def ledger_verify(client: Client, said: Namespace) -> None:
    show(client.ledger.verify(), as_json=said.json)


def ledger_file(client: Client, said: Namespace) -> None:
    write = {"export": client.ledger.export, "key": client.ledger.public_key, "anchor": client.ledger.anchor}
    tell(f"Written to {write[said.what](said.into)}")
