"""Squashed migrations stand for the single ones exactly: a fresh database becomes what an older one has become."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.apps import apps
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Field

OURS = {config.label for config in apps.get_app_configs() if config.name.startswith(("foundation.", "apps."))}


def _is_squashed(key, migration) -> bool:
    return key[0] in OURS and bool(migration.replaces)


class SingleSteps(MigrationLoader):
    """Our migrations as a database of before knows them: none is squashed."""

    def load_disk(self) -> None:
        super().load_disk()
        ends = {key: each.replaces[-1] for key, each in self.disk_migrations.items() if _is_squashed(key, each)}
        self.disk_migrations = {key: each for key, each in self.disk_migrations.items() if key not in ends}
        for each in self.disk_migrations.values():
            each.dependencies = [ends.get(tuple(key), key) for key in each.dependencies]


@pytest.fixture(scope="module")
def on_disk():
    return MigrationLoader(None).disk_migrations


@pytest.fixture(scope="module")
def squashed(on_disk):
    return {key: each for key, each in on_disk.items() if _is_squashed(key, each)}


def test_most_apps_are_squashed(squashed):
    assert len(squashed) >= 15


def test_a_squashed_migration_replaces_all_that_precede_it(on_disk, squashed):
    chains = defaultdict(list)
    for app, name in sorted(on_disk.keys() - squashed.keys()):
        chains[app].append((app, name))
    for (app, name), each in squashed.items():
        assert each.replaces == chains[app][: len(each.replaces)], name
        assert name == f"0001_squashed_{each.replaces[-1][1]}"


def test_both_ways_lead_to_the_same_tables():
    one_by_one, at_once = SingleSteps(None).project_state(), MigrationLoader(None).project_state()
    assert _described(at_once) == _described(one_by_one)


def test_statements_of_our_own_are_kept(on_disk, squashed):
    for key, each in squashed.items():
        single = [operation for replaced in each.replaces for operation in on_disk[replaced].operations]
        assert _statements(each.operations) == _statements(o for o in single if not o.elidable), key


def _statements(operations) -> list[object]:
    """What Django cannot tell from the models: functions, triggers, constraints by hand, data."""
    return [_statement(each) for each in operations if isinstance(each, RunSQL | RunPython)]


def _statement(operation: Operation) -> object:
    return (operation.sql, operation.reverse_sql) if isinstance(operation, RunSQL) else operation.code


def _described(state: ProjectState) -> dict[tuple[str, str], object]:
    return {key: _model(model) for key, model in state.models.items() if key[0] in OURS}


def _model(model: ModelState) -> tuple[object, ...]:
    options = {name: value for name, value in model.options.items() if value}
    unordered = {name: options.pop(name, []) for name in ("indexes", "constraints")}
    laid = {name: sorted((each.deconstruct() for each in found), key=repr) for name, found in unordered.items()}
    return {name: _field(field) for name, field in model.fields.items()}, options, laid, model.bases


def _field(field: Field) -> tuple[object, ...]:
    path, args, words = field.deconstruct()[1:]
    # What a list holds is a field as well, and no two fields are equal.
    return path, args, {name: _field(value) if isinstance(value, Field) else value for name, value in words.items()}
