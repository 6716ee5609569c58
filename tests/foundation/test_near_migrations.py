"""Migrations that change one table at a time make few classes, and whoever looks further sees all of them anew."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import CheckConstraint, Q

from foundation.tenancy.management.commands import migrate
from foundation.tenancy.near import NearExecutor


class Unsaid:
    """An executor's connection and records, of a database that nobody has: the statements are not what is asked."""

    alias = "nowhere"
    settings_dict: dict[str, object] = {}

    class features:
        can_rollback_ddl = True

    @property
    def connection(self):
        return self

    def schema_editor(self, **_words):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_wrong):
        return False

    def __getattr__(self, name):
        return lambda *_words, **_more: None


class Silent(NearExecutor):
    def __init__(self):
        self.connection, self.progress_callback = Unsaid(), None

    def record_migration(self, migration):
        """Nobody keeps it."""


@pytest.fixture
def state():
    found = ProjectState()
    key = models.BigAutoField(primary_key=True)
    found.add_model(ModelState("shop", "House", [("id", key)]))
    for name in ("Order", "Bill"):
        house = models.ForeignKey("shop.House", models.CASCADE, related_name=f"{name.lower()}s")
        found.add_model(ModelState("shop", name, [("id", key), ("house", house)]))
    assert found.apps.get_model("shop", "House")
    return found


def applied(state, *steps, monkeypatch):
    for step in steps:
        monkeypatch.setattr(step, "allow_migrate_model", lambda *_words: False, raising=False)
    migration = Migration("0002", "shop")
    migration.operations = list(steps)
    return Silent().apply_migration(state, migration)


def of(state, name):
    return state.apps.get_model("shop", name)


def test_the_command_takes_it():
    assert migrate.migrate.MigrationExecutor is NearExecutor
    assert issubclass(NearExecutor, MigrationExecutor)


@pytest.mark.parametrize(
    "step",
    [
        operations.AddField("order", "note", models.TextField(default="")),
        operations.AddConstraint("order", CheckConstraint(condition=Q(id__gt=0), name="positive")),
        operations.AlterField("order", "house", models.ForeignKey("shop.House", models.PROTECT)),
    ],
    ids=lambda step: type(step).__name__,
)
def test_what_changes_one_table_leaves_its_neighbours_until_somebody_looks_further(state, step, monkeypatch):
    neighbours, changed = [of(state, "House"), of(state, "Bill")], of(state, "Order")
    near = not isinstance(step, operations.AlterField)
    after = applied(state, step, monkeypatch=monkeypatch)
    assert of(after, "Order") is not changed
    assert ([of(after, "House"), of(after, "Bill")] == neighbours) is near, "a reference changes what it refers to"
    after.clear_delayed_apps_cache()
    named = of(after, "Order")._meta.get_field("house").related_model
    assert named is of(after, "House")
    assert {one.related_model for one in named._meta.related_objects} == {of(after, "Order"), of(after, "Bill")}


def test_what_looks_further_finds_everything_new(state, monkeypatch):
    note = operations.AddField("house", "note", models.TextField(default=""))
    stale = applied(state, note, monkeypatch=monkeypatch)
    assert of(stale, "Order")._meta.get_field("house").related_model is not of(stale, "House")
    renamed = operations.RenameField("house", "note", "remark")
    fresh = applied(stale, renamed, monkeypatch=monkeypatch)
    assert of(fresh, "Order")._meta.get_field("house").related_model is of(fresh, "House")
