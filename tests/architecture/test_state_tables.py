"""The state machine is the table: every row's step to another state goes through `foundation.states`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.apps import apps as django_apps
from django.db.models import TextChoices

ROOT = Path(__file__).resolve().parents[2]
TOPS = [ROOT / "apps", ROOT / "platform" / "foundation" / "jobs"]
SOURCES = [path for top in TOPS for path in top.rglob("*.py") if "migrations" not in path.parts]
NAMES = {"state", "stage"}
# A gate's result is replaced whole each time that the gate is asked; it goes from nothing to nothing.
NO_STEPS = {"registry.GateResult"}
# A ticket is the queue's own, and leaves with its job.
QUEUE = "JobTicket"


def assigned(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            yield node.target


def steps(tree: ast.AST) -> Iterator[int]:
    """Lines that set a state by themselves, on a row or by a query."""
    for target in assigned(tree):
        if any(isinstance(part, ast.Attribute) and part.attr in NAMES for part in ast.walk(target)):
            yield target.lineno
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            named = {given.arg for given in node.keywords} & NAMES
            if named and QUEUE not in ast.unparse(node.func):
                yield node.lineno


def tables() -> Iterator[dict[TextChoices, frozenset[TextChoices]]]:
    for path in SOURCES:
        # An app's choices are a module, or a package by noun.
        if path.stem == "choices" or (path.parent.name == "choices" and path.stem != "__init__"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removeprefix("platform.")
            for named, table in vars(import_module(name)).items():
                if named.endswith("NEXT"):
                    yield table


def test_no_row_changes_its_state_past_its_table():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        for line in steps(ast.parse(path.read_text(encoding="utf-8")))
    ]
    # The one write of a job's state stands right behind the step.
    assert [place.partition(":")[0] for place in found] == ["platform/foundation/jobs/ending.py"]


def test_every_table_names_every_state_and_no_other():
    for table in tables():
        kind = type(next(iter(table)))
        assert set(table) == set(kind)
        assert {state for following in table.values() for state in following} <= set(kind)


def test_every_model_with_a_state_has_its_table():
    known = [{state.value for state in table} for table in tables()]
    without = {
        model._meta.label
        for model in django_apps.get_models()
        if model.__module__.startswith("apps.")
        for field in model._meta.fields
        if field.name in NAMES and {value for value, _label in field.choices or ()} not in known
    }
    assert without == NO_STEPS
