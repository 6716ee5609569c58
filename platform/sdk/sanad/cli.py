"""The command line: `sanad dataset push flights.csv`. Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 denied."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import cache
from types import ModuleType

from sanad import __version__, profile
from sanad.client import Client
from sanad.commands import (
    bin,
    connections,
    costs,
    data,
    erasures,
    features,
    governance,
    groups,
    ingestions,
    keys,
    leaving,
    models,
    on_demand,
    portal,
    saved_filters,
    single_sign_on,
    streams,
    tenant,
    tokens,
    training_sets,
    transformations,
    validation,
    webhooks,
)
from sanad.commands.arguments import everywhere
from sanad.errors import SanadError
from sanad.output import tell

# What there is, in the order in which it is listed, with the first words that each part knows.
PARTS: dict[ModuleType, tuple[str, ...]] = {
    portal: ("login", "open", "doctor", "project", "member", "service-account"),
    tenant: ("tenant",),
    tokens: ("token",),
    groups: ("group", "role"),
    single_sign_on: ("identity-provider", "email-domain"),
    keys: ("key",),
    webhooks: ("webhook",),
    bin: ("bin",),
    leaving: ("support", "export"),
    connections: ("connection",),
    streams: ("stream",),
    ingestions: ("ingestion",),
    data: ("dataset",),
    training_sets: ("training-set",),
    features: ("features", "feature-service"),
    on_demand: ("on-demand",),
    transformations: ("transform",),
    validation: ("suite", "contract", "quarantine"),
    erasures: ("erasure",),
    models: ("run", "logs", "model", "deploy", "deployment", "predict", "rollback"),
    costs: ("usage", "quota", "budget", "price"),
    governance: ("monitor", "alert", "replay", "approval", "report", "chain", "ledger"),
    saved_filters: ("filter",),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    said = _parser_for(given).parse_args(given)
    try:
        return _run(said)
    except SanadError as error:
        return _explain(error)
    except json.JSONDecodeError as error:
        tell(f"This is no JSON: {error}.")
        return 2
    except ValueError as error:
        tell(str(error))
        return 2
    except OSError as error:
        tell(f"{error.filename}: {error.strerror}." if error.filename else f"{error}.")
        return 2
    except KeyboardInterrupt:
        return 130


def _run(said: argparse.Namespace) -> int:
    code = said.opening(said)
    kept = profile.load()
    url, token = said.url or kept.url, said.token or kept.token
    if code is not None and not (url and token):
        return int(code)
    if not url or not token:
        raise ValueError(
            "Say where the portal is and who you are: sanad login --url URL --token snd_…, "
            "or SANAD_URL and SANAD_TOKEN."
        )
    with Client(url, token, said.project or kept.project) as client:
        said.command(client, said)
    return code or 0


def _explain(error: SanadError) -> int:
    beside = error.beside()
    tell(f"{', '.join(beside)}: {error.sentence}" if beside else error.sentence)
    for name, said in error.more():
        tell(f"  {name}: {said}")
    if error.request_id:
        tell(f"  Quote {error.request_id} when you ask for help.")
    return error.exit_code


def parser() -> argparse.ArgumentParser:
    """Every command there is."""
    return _parser(tuple(PARTS))


def _parser_for(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """What reads these arguments. To declare every command takes a quarter of the time of a short one: where the first
    word says whose it is, the others are left out."""
    first = arguments[0] if arguments else ""
    owners = tuple(part for part, words in PARTS.items() if first in words)
    return _parser(owners or tuple(PARTS))


@cache
def _parser(parts: tuple[ModuleType, ...]) -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="sanad", description="The command line of the Sanad MLOps portal.")
    root.add_argument("--version", action="version", version=__version__)
    everywhere(root)
    root.set_defaults(url="", token="", project="", json=False, opening=lambda said: None)
    acts = root.add_subparsers(required=True, metavar="COMMAND")
    for part in parts:
        part.add_to(acts)
    return root


if __name__ == "__main__":
    sys.exit(main())
