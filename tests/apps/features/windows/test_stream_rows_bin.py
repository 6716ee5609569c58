"""A view by SQL that follows a stream, in the bin: it stands still there, but for a person who is erased."""

from __future__ import annotations

import pytest

from apps.datasets import services as dataset_services
from apps.features import services
from apps.features.choices import BuildState
from apps.tenants import services as tenants
from apps.tenants.models import BinnedThing
from foundation import jobs, lake
from tests.apps.features.test_erasing import online_keys
from tests.apps.features.windows.conftest import told
from tests.apps.features.windows.test_stream_rows import at_once, define_rows, event, online, rows_of
from tests.foundation.storage.test_shredding import everything_on_disk, holding

__all__ = ["at_once", "define_rows"]

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = "gone-CANARY-7"


def restore(view, actor):
    tenants.restore(actor=actor, binned=BinnedThing.objects.get(thing_id=view.pk))


def test_restored_it_takes_in_what_came_while_it_lay_there(events_stream, define_rows, put, drain, run_jobs, admin):
    stream = events_stream(event("a", 1))
    view = define_rows(stream)
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    run_jobs()
    put(stream, told(event("a", 2, 5.0)), told(event("b", 2)))
    drain(stream)
    run_jobs()
    view.refresh_from_db()
    assert (view.state, view.row_count, online_keys(view)) == (BuildState.BINNED, 1, [])
    restore(view, admin)
    run_jobs()
    assert [row[0] for row in rows_of(view)] == ["a", "a", "b"]
    assert online(admin, view, "a", "b") == {"a": (10.0, "x"), "b": (2.0, "x")}


def test_who_is_erased_is_gone_online_also_where_nobody_took_the_values_there_offline(
    with_keys_of_the_tenant, events_stream, define_rows, put, drain, run_jobs, admin, project
):
    stream = events_stream(event("kept", 1))
    view = define_rows(stream)
    put(stream, told(event(PERSON, 2)))
    drain(stream)
    run_jobs()
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view))
    jobs.cancel_of(actor=admin, subject=("feature_view", view.pk))
    assert len(online_keys(view)) == 2
    dataset_services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    run_jobs()
    run_jobs()
    assert online_keys(view) == []
    assert holding({"person": PERSON.encode()}, *everything_on_disk()) == set()
    assert lake.for_tenant(view.tenant_id).exists(f"fv_{view.pk.hex}")
    restore(view, admin)
    run_jobs()
    assert [row[0] for row in rows_of(view)] == ["kept"]
    assert online(admin, view, "kept", PERSON) == {"kept": (2.0, "x"), PERSON: (None, None)}
