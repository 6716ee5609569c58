"""The launcher's command line: up, run, tenant, operator, status, stop, doctor."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from portal.launcher import doctor, environment, lock, up
from portal.launcher.commands import manage
from portal.launcher.errors import Refusal
from portal.launcher.home import locate
from portal.launcher.processes import Options

STOP_WITHIN_S = 60


def main(arguments: Sequence[str] | None = None) -> int:
    if not sys.platform.startswith("linux"):
        print("The launcher runs on Linux; elsewhere, start it in a Linux container.", file=sys.stderr)
        return 1
    wanted = _parser().parse_args(arguments)
    try:
        return int(wanted.act(wanted))
    except lock.AlreadyRunning as answer:
        print(answer)
        return 0 if wanted.act is _up else 1
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m portal.launcher", description=__doc__)
    parser.add_argument("--home", help="folder of the state; otherwise SANAD_HOME, otherwise .sanad beside the code")
    acts = parser.add_subparsers(required=True, metavar="up | run | tenant | operator | status | stop | doctor")
    serve = acts.add_parser("up", help="start everything and keep it running")
    serve.set_defaults(act=_up)
    once = acts.add_parser("run", help="start everything, run a command against it, stop everything")
    once.set_defaults(act=_run)
    once.add_argument("--quiet", action="store_true", help="say nothing unless something is wrong")
    once.add_argument(
        "--servers", action="store_true", help="start database and broker alone; the command does the work"
    )
    for each in (serve, once):
        each.add_argument("--port", type=int, help="0 for any free one; otherwise SANAD_PORT, otherwise 8000")
        each.add_argument("--no-sample", action="store_true", help="do not load the sample project")
    once.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND ARGUMENTS")
    tenant = acts.add_parser("tenant", help="make a tenant, and print the one link of its first administrator")
    tenant.set_defaults(act=_tenant)
    tenant.add_argument("slug", help="its short name in addresses")
    tenant.add_argument("name")
    tenant.add_argument("--name-ar", default="", help="its name in Arabic")
    tenant.add_argument("--admin", required=True, help="e-mail of its first administrator")
    operator = acts.add_parser("operator", help="make somebody with an account an operator of the platform")
    operator.set_defaults(act=_operator)
    operator.add_argument("email")
    operator.add_argument("--remove", action="store_true", help="take it from them")
    acts.add_parser("status", help="say whether it runs, and where").set_defaults(act=_status)
    acts.add_parser("stop", help="stop it and wait until it is gone").set_defaults(act=_stop)
    examine = acts.add_parser("doctor", help="say what is missing or sick, and how to mend it")
    examine.set_defaults(act=_doctor)
    examine.add_argument("--json", action="store_true", help="for programs")
    for each in acts.choices.values():
        # Accepted after the word as well; SUPPRESS keeps what was given before it.
        each.add_argument("--home", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _up(wanted: argparse.Namespace) -> int:
    return up.up(locate(wanted.home), port=wanted.port, options=Options(sample=not wanted.no_sample))


def _run(wanted: argparse.Namespace) -> int:
    command = wanted.command[1:] if wanted.command[:1] == ["--"] else wanted.command
    if not command:
        raise Refusal("Say what to run: python -m portal.launcher run -- COMMAND")
    home = locate(wanted.home) if wanted.home else None
    options = Options(sample=not wanted.no_sample, model=False, portal=not wanted.servers)
    return up.run(home, command, port=wanted.port, options=options, quiet=wanted.quiet)


def _tenant(wanted: argparse.Namespace) -> int:
    words = (wanted.slug, wanted.name, "--name-ar", wanted.name_ar, "--admin", wanted.admin)
    return _manage(wanted, "create_tenant", *words)


def _operator(wanted: argparse.Namespace) -> int:
    return _manage(wanted, "make_operator", wanted.email, *(["--remove"] if wanted.remove else []))


def _manage(wanted: argparse.Namespace, *words: str) -> int:
    """A command of the portal against the one that runs; its exit code."""
    home = locate(wanted.home)
    running = lock.holder(home)
    if running is None:
        raise Refusal(f"Nothing runs in {home.root}. Start it first: make up")
    told = environment.portal(environment.Servers(home, dict(os.environ), running.port))
    return subprocess.run(manage(*words), env=told, check=False).returncode


def _status(wanted: argparse.Namespace) -> int:
    home = locate(wanted.home)
    running = lock.holder(home)
    print(running.sentence if running else f"Nothing runs in {home.root}. Start it with: make up")
    return 0 if running else 1


def _stop(wanted: argparse.Namespace) -> int:
    home = locate(wanted.home)
    running = lock.holder(home)
    if running is None:
        print(f"Nothing runs in {home.root}.")
        return 0
    os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN_S
    while lock.holder(home) is not None:
        if time.monotonic() > deadline:
            raise Refusal(f"Process {running.pid} is still stopping after {STOP_WITHIN_S} s; see {home.logs}")
        time.sleep(0.1)
    print("Stopped.")
    return 0


def _doctor(wanted: argparse.Namespace) -> int:
    return doctor.examine(locate(wanted.home), as_json_text=wanted.json)
