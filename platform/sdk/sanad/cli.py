"""The command line: `sanad dataset push flights.csv`. Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 denied."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from sanad import __version__, commands, profile
from sanad.client import Client
from sanad.errors import SanadError
from sanad.output import tell

Command = Callable[[Client, argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    said = parser().parse_args(arguments)
    try:
        return _run(said)
    except SanadError as error:
        return _explain(error)
    except ValueError as error:
        tell(str(error))
        return 2
    except OSError as error:
        tell(f"{error.filename}: {error.strerror}." if error.filename else f"{error}.")
        return 2
    except KeyboardInterrupt:
        return 130


def _run(said: argparse.Namespace) -> int:
    kept = profile.load()
    url, token = said.url or kept.url, said.token or kept.token
    if not url or not token:
        raise ValueError(
            "Say where the portal is and who you are: sanad login --url URL --token snd_…, "
            "or SANAD_URL and SANAD_TOKEN."
        )
    with Client(url, token, said.project or kept.project) as client:
        said.command(client, said)
    return 0


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"this is no JSON ({error}): {text}") from error


def _explain(error: SanadError) -> int:
    tell(error.sentence)
    for name, sentences in error.fields.items():
        tell(f"  {name}: {' '.join(sentences)}")
    if error.request_id:
        tell(f"  Quote {error.request_id} when you ask for help.")
    return error.exit_code


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="sanad", description="The command line of the Sanad MLOps portal.")
    root.add_argument("--version", action="version", version=__version__)
    _everywhere(root)
    root.set_defaults(url="", token="", project="", json=False)
    acts = root.add_subparsers(required=True, metavar="COMMAND")
    _add(acts, "login", commands.login, "keep address and token in a profile that only you can read")
    _data(acts)
    _models(acts)
    _proof(acts)
    _add(acts, "open", commands.open_portal, "open the portal in a browser")
    _add(acts, "doctor", commands.doctor, "say whether portal and token are well")
    return root


def _everywhere(parser: argparse.ArgumentParser) -> None:
    """Options that may stand before and after the command; where one is absent it leaves what the other place said."""
    for name in ("url", "token", "project"):
        said = f"otherwise SANAD_{name.upper()}, otherwise the profile"
        parser.add_argument(f"--{name}", default=argparse.SUPPRESS, help=said)
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON, also on a terminal"
    )


def _add(acts: Any, name: str, command: Command, help_text: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = acts.add_parser(name, help=help_text, description=help_text)
    _everywhere(made)
    made.set_defaults(command=command)
    return made


def _group(acts: Any, name: str, help_text: str) -> Any:
    return acts.add_parser(name, help=help_text).add_subparsers(required=True, metavar="ACT")


def _data(acts: Any) -> None:
    project = _group(acts, "project", "projects")
    _add(project, "list", commands.project_list, "projects you can see")
    create = _add(project, "create", commands.project_create, "make a project")
    create.add_argument("slug")
    create.add_argument("--name", default="")
    create.add_argument("--purpose", default="")
    dataset = _group(acts, "dataset", "datasets")
    push = _add(dataset, "push", commands.dataset_push, "send a file: a new dataset, or its next version")
    push.add_argument("file")
    push.add_argument("--name", default="")
    push.add_argument("--review", action="store_true", help="wait for a person to commit it")
    push.add_argument("--options", type=_json, metavar="JSON", help='e.g. {"missing": ["NA"]}')
    _add(dataset, "list", commands.dataset_list, "datasets of the project")
    get = _add(dataset, "get", commands.dataset_get, "a version's rows as Parquet")
    get.add_argument("version")
    get.add_argument("into")


def _models(acts: Any) -> None:
    run = _group(acts, "run", "runs")
    submit = _add(run, "submit", commands.run_submit, "start a run")
    submit.add_argument("--training-set", required=True)
    submit.add_argument("--recipe", default="hist_gradient_boosting")
    submit.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    submit.add_argument("--seed", type=int, default=0)
    submit.add_argument("--split", type=_json, metavar="JSON", help='e.g. {"kind": "random", "test_fraction": 0.2}')
    submit.add_argument("--resource-class", default="small")
    submit.add_argument("--wait", action="store_true")
    submit.add_argument("--timeout", type=float, default=3600)
    listed = _add(run, "list", commands.run_list, "runs of the project")
    listed.add_argument("--state", default=None)
    for name, command in (("cancel", commands.run_cancel), ("repeat", commands.run_repeat)):
        _add(run, name, command, f"{name} a run").add_argument("run")
    log = _add(acts, "logs", commands.logs, "a run's log")
    log.add_argument("run")
    log.add_argument("-f", "--follow", action="store_true")
    model = _group(acts, "model", "models")
    register = _add(model, "register", commands.model_register, "make a signed version of a run's model")
    register.add_argument("--run", required=True)
    register.add_argument("--name", required=True)
    _add(model, "promote", commands.model_promote, "ask for promotion to production").add_argument("version")
    serve = _add(acts, "deploy", commands.deploy, "serve a production version")
    serve.add_argument("version")
    serve.add_argument("slug")
    serve.add_argument("--timeout", type=float, default=180)
    _add(acts, "rollback", commands.rollback, "back to the revision before").add_argument("deployment")


def _proof(acts: Any) -> None:
    approval = _group(acts, "approval", "approval cases")
    _add(approval, "list", commands.approval_list, "cases that wait")
    decide = _add(approval, "decide", commands.approval_decide, "grant or refuse a case")
    decide.add_argument("case")
    decide.add_argument("verdict", choices=["granted", "refused"])
    decide.add_argument("--reason", required=True)
    report = _add(acts, "report", commands.report, "a compliance report of a model version")
    report.add_argument("version")
    report.add_argument("into")
    chain = _add(acts, "chain", commands.chain, "the chain of a thing, from its data to its traffic")
    chain.add_argument("id")
    chain.add_argument("--kind", default="model_version")
    ledger = _group(acts, "ledger", "the ledger")
    _add(ledger, "verify", commands.ledger_verify, "let the portal check its own chain")
    _add(ledger, "export", commands.ledger_export, "the whole ledger, for sanad-verify").add_argument("into")


if __name__ == "__main__":
    sys.exit(main())
