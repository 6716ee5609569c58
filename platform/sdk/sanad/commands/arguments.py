"""How commands, groups of them and their values are declared."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sanad.client import Client

Command = Callable[[Client, argparse.Namespace], None]


def everywhere(parser: argparse.ArgumentParser) -> None:
    """Options that may stand before and after the command; where one is absent it leaves what the other place said."""
    for name in ("url", "token", "project"):
        said = f"otherwise SANAD_{name.upper()}, otherwise the profile"
        parser.add_argument(f"--{name}", default=argparse.SUPPRESS, help=said)
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON, also on a terminal"
    )


def add(acts: Any, name: str, command: Command, help_text: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = acts.add_parser(name, help=help_text, description=help_text)
    everywhere(made)
    made.set_defaults(command=command)
    return made


def group(acts: Any, name: str, help_text: str) -> Any:
    return acts.add_parser(name, help=help_text).add_subparsers(required=True, metavar="ACT")


def model_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version", help="its id, the name of a model (its newest version), or name/3")


def text_of(file: str) -> str:
    """What a file holds, or standard input where it is called -, without the mark that Excel puts before its CSV."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is no UTF-8 text ({error.reason}); save it as UTF-8.") from None
    return text.removeprefix("\ufeff")


def as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"this is no JSON ({error}): {text}") from error


def pair(text: str, says: str = "A parameter is NAME=VALUE") -> tuple[str, Any]:
    """NAME=VALUE, the value read as JSON where it is JSON and as text where it is not."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{says}, and {text!r} is not.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def chosen(thing: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The parts of an answer that a person asked for, where the portal gave them."""
    return {name: thing[name] for name in names if name in thing}


def only_tried(parser: argparse.ArgumentParser, *, shows: str) -> None:
    """The option that looks first: `tried` is set, and nothing is kept."""
    parser.add_argument("--try", dest="tried", action="store_true", help=f"only show {shows}; nothing is kept")


def sql_file(parser: argparse.ArgumentParser, *, more: str = "") -> None:
    parser.add_argument("sql", metavar="SQL_FILE", help="a file with one SELECT; - reads standard input")
    parser.add_argument(
        "--input",
        action="append",
        required=True,
        metavar="NAME[=VERSION]",
        help=f"a table of the SQL: a dataset of that name (its newest version), or the version named{more}",
    )


def described(parser: argparse.ArgumentParser) -> None:
    """What is said about what is defined; `description_of` reads it."""
    parser.add_argument("--description", default="")
    parser.add_argument("--owner", default="", metavar="EMAIL", help="a member; without it, you")
    parser.add_argument("--tag", action="append", default=[], help="again for more")


def description_of(said: argparse.Namespace) -> dict[str, Any]:
    return {"description": said.description, "owner": said.owner, "tags": said.tag}


def inputs_of(client: Client, said: argparse.Namespace) -> dict[str, str]:
    """Names in the SQL to version ids."""
    return {name: client.datasets.newest(version) for name, version in inputs_named(said).items()}


def inputs_named(said: argparse.Namespace) -> dict[str, str]:
    """Names in the SQL to what they stand for, as it was said."""
    pairs = (text.partition("=") for text in said.input)
    return {name: version or name for name, _equals, version in pairs}
