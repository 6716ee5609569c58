"""Writes the reference of the surface out of the code: docs/rest.md, cli.md, configuration.md, problems/README.md.

python docs/build.py            writes what has changed
python docs/build.py --check    writes nothing; exit code 1 where something has
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT), str(ROOT / "platform"), str(ROOT / "platform" / "sdk")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("SANAD_SECRET_KEY", "only-for-reading-the-code")
PARTS: dict[str, Any] = yaml.safe_load((DOCS / "parts.yaml").read_text(encoding="utf-8"))
MADE_BY = "\nWritten out of the code by `docs/build.py`; change it there.\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, say what would change")
    check = parser.parse_args().check
    pages = {"rest.md": rest(), "cli.md": cli(), "configuration.md": configuration(), "problems/README.md": problems()}
    stale = [name for name, text in pages.items() if _now(name) != text]
    for name in stale:
        print(f"docs/{name} {'is not what the code says: run make fix' if check else 'written'}.")
        if not check:
            (DOCS / name).write_text(pages[name], encoding="utf-8")
    return 1 if check and stale else 0


def _now(name: str) -> str | None:
    path = DOCS / name
    return path.read_text(encoding="utf-8") if path.exists() else None


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def code(text: object) -> str:
    return f"`{text}`" if text not in ("", None) else ""


# REST


def rest() -> str:
    """Every address under /api/v1/ with the permission it asks for."""
    import django

    django.setup()
    from drf_spectacular.generators import SchemaGenerator

    generator = SchemaGenerator()
    generator.parse(None, True)
    groups: dict[str, list[tuple[str, ...]]] = {}
    for path, _pattern, method, view in generator._get_paths_and_endpoints():
        place = re.sub(r"\{\w*pk\}", "{id}", path)
        noun = place.removeprefix("/api/v1/").split("/")[0]
        groups.setdefault(noun, []).append((method, code(place), code(_permission(view)), _said(view)))
    head = ("method", "address", "permission", "remarks")
    parts = [f"## {noun}\n\n{table(head, rows)}" for noun, rows in sorted(groups.items())]
    return PARTS["intro"]["rest"] + MADE_BY + "\n" + "\n".join(parts)


def _permission(view: Any) -> str:
    found = getattr(view, "permissions", {}).get(getattr(view, "action", ""), "")
    return str(getattr(found, "value", found))


def _said(view: Any) -> str:
    """The first sentence that was written for this very act."""
    act = getattr(type(view), getattr(view, "action", "") or "", None)
    said = (
        (getattr(act, "__doc__", "") or "").strip()
        if act and act.__module__.startswith(("apps.", "foundation."))
        else ""
    )
    return " ".join(said.split("\n\n")[0].split())


# Command line


EVERYWHERE = ("url", "token", "project", "json")


def cli() -> str:
    from sanad.cli import parser

    root = parser()
    options = [(code(", ".join(act.option_strings)), act.help or "") for act in root._actions if act.option_strings]
    rows = [
        (code(f"sanad {words} {_usage(command)}".strip()), command.description or "")
        for words, command in _commands(root, "")
    ]
    parts = (
        "## Commands\n",
        table(("command", "what it does"), rows),
        "## What a connection is told\n",
        table(("kind", "`--set NAME=VALUE`; **needed**", "in `--secrets-file`"), _connections()),
        "## Options of every command\n",
        table(("option", "meaning"), options),
    )
    return PARTS["intro"]["cli"] + MADE_BY + "\n" + "\n".join(parts)


def _connections() -> list[tuple[str, ...]]:
    import django

    django.setup()
    from apps.connections.choices import SETTINGS, Setting

    def named(settings: Iterable[Setting]) -> str:
        return ", ".join(_setting(one.name, one.required and one.initial is None, one.choices) for one in settings)

    return [
        (
            code(kind.value),
            named(one for one in settings if not one.secret),
            named(one for one in settings if one.secret),
        )
        for kind, settings in SETTINGS.items()
    ]


def _setting(name: str, needed: bool, choices: Iterable[tuple[str, object]]) -> str:
    values = ", ".join(code(value) for value, _label in choices)
    return (f"**{code(name)}**" if needed else code(name)) + (f" ({values})" if values else "")


def _commands(parser: argparse.ArgumentParser, words: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for act in parser._actions:
        if isinstance(act, argparse._SubParsersAction):
            for name, below in act.choices.items():
                yield from _commands(below, f"{words} {name}".strip())
            return
    yield words, parser


def _usage(parser: argparse.ArgumentParser) -> str:
    said: list[str] = []
    for act in parser._actions:
        if act.dest in {"help", *EVERYWHERE}:
            continue
        value = act.metavar or (f"{{{','.join(act.choices)}}}" if act.choices else act.dest.upper())
        word = " ".join([*act.option_strings[-1:], *([str(value)] if act.nargs != 0 else [])])
        said.append(word if act.required else f"[{word}]")
    return " ".join(said)


# Configuration


@dataclass
class Variable:
    default: str = ""
    readers: set[str] = field(default_factory=set)


READERS = {
    "platform/portal/settings": "portal",
    "platform/portal/launcher": "launcher",
    "platform/gateway": "gateway",
    "platform/sdk/sanad": "client",
    "platform/runtime": "workload",
}
_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_READS = {
    "text",
    "word",
    "flag",
    "number",
    "words",
    "amounts",
    "proxies",
    "networks",
    "required",
    "get",
    "given",
    "_required",
}


def configuration() -> str:
    """Every variable that code reads, with what parts.yaml says of it; neither may know more than the other."""
    meanings: dict[str, dict[str, str]] = PARTS["variables"]
    read = {name: variable for name, variable in _read_variables().items() if name not in PARTS["inside"]}
    known = {name for group in meanings.values() for name in group}
    if lacking := sorted(set(read) - known):
        raise SystemExit(f"docs/parts.yaml says nothing of {', '.join(lacking)}, which code reads.")
    if idle := sorted(known - set(read)):
        raise SystemExit(f"docs/parts.yaml explains {', '.join(idle)}, which no code reads.")
    parts = []
    for title, group in meanings.items():
        rows = [
            (code(name), code(read[name].default), ", ".join(sorted(read[name].readers)), meaning)
            for name, meaning in group.items()
        ]
        parts.append(f"## {title}\n\n{table(('variable', 'default', 'read by', 'meaning'), rows)}")
    return PARTS["intro"]["configuration"] + MADE_BY + "\n" + "\n".join(parts)


def _read_variables() -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for folder, reader in READERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name, default in _reads(ast.parse(path.read_text())):
                variable = found.setdefault(name, Variable())
                variable.readers.add(reader)
                variable.default = variable.default or default
    return found


def _reads(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Calls such as env.number("SANAD_PORT", 8000) and environment["SANAD_HOME"]: name and constant default."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) in _READS:
            names = [part for part in node.args if _is_name(part)]
            if names:
                yield names[0].value, _constant(node.args[node.args.index(names[0]) + 1 :])
        if isinstance(node, ast.Subscript) and _is_name(node.slice) and "environ" in ast.dump(node.value):
            yield node.slice.value, ""


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value) is not None


def _constant(rest: list[ast.expr]) -> str:
    return str(rest[0].value) if rest and isinstance(rest[0], ast.Constant) and rest[0].value is not None else ""


# Problems


def problems() -> str:
    rows = []
    for path in sorted((DOCS / "problems").glob("*.md")):
        if path.name != "README.md":
            title, status = path.read_text().split("\n")[0:3:2]
            rows.append(
                (f"[{path.stem}]({path.name})", status.removeprefix("Status ").split(",")[0], title.removeprefix("# "))
            )
    return PARTS["intro"]["problems"] + MADE_BY + "\n" + table(("slug", "status", "what it says"), rows)


if __name__ == "__main__":
    sys.exit(main())
