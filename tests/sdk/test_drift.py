"""How far a feature moved along its event time, by client and on the command line."""

from __future__ import annotations

import json
from math import log

import pytest

from foundation.access.actors import actor_for_user
from foundation.identity.models import User
from foundation.tenancy import find_tenant, scope
from sanad.errors import NotFound
from tests.support.classes import said_of
from tests.support.jobs import run_queued

JANUARY, SEPTEMBER = "month-2013-01", "month-2013-09"
# From 0 to 9 in January, and from 4 to 13 in September.
WAITS = "desk,moment,wait\n" + "".join(
    f"{'AB'[n % 2]},2013-{month:02d}-{1 + n // 10:02d} 09:00:00,{n % 10 + more}\n"
    for month, more in ((1, 0), (9, 4))
    for n in range(200)
)
# Each tenth of January holds one value. Of them four are empty in September, as if they had half a row.
IN_TENTHS = [0, 0, 0, 0, 20, 20, 20, 20, 20, 100]
INDEX = 4 * (0.1 - 0.5 / 200) * log(0.1 / (0.5 / 200)) + (0.5 - 0.1) * log(0.5 / 0.1)


@pytest.fixture(scope="module")
def view(tokens):
    """A view of waits by desk, computed and in the catalogue; gone after these tests."""
    from apps.datasets.models import DatasetVersion
    from apps.features import services
    from apps.features.models import Materialisation
    from apps.projects import selectors as projects
    from tests.sdk.test_erasures import _add

    tenant = find_tenant("acme")
    with scope(tenant.pk):
        actor = actor_for_user(user=User.objects.get(email="scientist@acme.test"), tenant=tenant)
        project = projects.get_project(actor=actor, slug="flights")
        _add(actor, project, WAITS.encode(), name="waits")
    run_queued()
    with scope(tenant.pk):
        version = said_of(DatasetVersion.objects.get(dataset__name="waits"), actor)
        entity = services.define_entity(actor=actor, project=project, name="desk", join_keys=["desk"])
        words = {"sql": "SELECT desk, moment, wait FROM w", "inputs": {"w": version.pk}, "event_time": "moment"}
        made = services.define_view(actor=actor, project=project, entity=entity, name="waits", **words)
    run_queued()
    with scope(tenant.pk):
        services.note_view(view_id=made.pk)
    yield
    with scope(tenant.pk):
        Materialisation.objects.filter(view=made).delete()
        made.delete()
        entity.delete()


def test_the_client_tells_how_far_each_period_is_from_the_first(client, view):
    found = client.features.drift("waits:wait")
    assert (found["unit"], found["masked"]) == ("month", False)
    periods = {one["period"]: one for one in found["periods"]}
    assert (len(periods), periods["month-2013-05"]["rows"]) == (9, 0)
    far = periods[SEPTEMBER]
    assert (far["rows"], far["missing"], far["mean"]) == (200, 0, 8.5)
    assert (far["against"], far["psi"], far["level"]) == (JANUARY, pytest.approx(INDEX), "drifted")
    before = client.features.drift("waits:wait", against="before")["periods"]
    assert [one["against"] for one in before[:2]] == [None, JANUARY], "nothing stands before the first"


def test_the_client_shows_both_sides_of_one_period(client, view):
    found = client.features.drift_in("waits:wait", SEPTEMBER)
    assert (found["then"]["period"], found["then"]["rows"], found["then"]["mean"]) == (JANUARY, 200, 4.5)
    assert [one["now"] for one in found["bins"]] == IN_TENTHS
    assert [one["then"] for one in found["bins"]] == [20] * 10
    assert found["psi"] == pytest.approx(INDEX)
    turned = client.features.drift_in("waits:wait", JANUARY, against=SEPTEMBER)
    assert (turned["against"], turned["then"]["mean"], turned["mean"]) == (SEPTEMBER, 8.5, 4.5)
    with pytest.raises(NotFound, match="no such period"):
        client.features.drift_in("waits:wait", "month-2013-13")


def test_the_command_line_lists_the_periods(sanad, view):
    code, out, said = sanad("features", "drift", "waits:wait", "--json")
    assert code == 0, said
    far = [json.loads(line) for line in out.splitlines()][-1]
    assert (far["period"], far["mean"], far["psi"]) == (SEPTEMBER, 8.5, pytest.approx(INDEX))
    code, out, said = sanad("features", "drift", "waits:wait", "--against", "before")
    assert (code, SEPTEMBER in out, "drifted" in out) == (0, True, True), said


def test_the_command_line_holds_against_a_period_that_is_named(sanad, view):
    code, out, said = sanad("features", "drift", "waits:wait", "--against", SEPTEMBER)
    assert code == 0, said
    first = json.loads(out.splitlines()[0])
    assert (first["period"], first["against"], first["level"]) == (JANUARY, SEPTEMBER, "drifted")
    code, out, said = sanad("features", "drift", "waits:wait", JANUARY, "--against", SEPTEMBER)
    one = json.loads(out)
    assert (code, one["then"]["mean"], one["mean"], len(one["bins"])) == (0, 8.5, 4.5, 10), said
    code, out, said = sanad("features", "drift", "waits:wait", "--against", "month-2013-05")
    assert code == 1 and "Nothing is held against May 2013" in said


def test_on_a_terminal_one_period_is_told_with_its_bins(sanad, view, monkeypatch):
    monkeypatch.setattr("sanad.output.sys.stdout.isatty", lambda: True, raising=False)
    code, out, said = sanad("features", "drift", "waits:wait", SEPTEMBER)
    lines = [line.split() for line in out.splitlines()]
    assert code == 0, said
    assert ["mean", "8.5"] in lines and ["NAME", "THEN", "NOW", "ADDS"] in lines
    assert lines[-1][:4] == [">", "8.000", "20", "100"]
