"""Windows are defined in the browser, row by row, and their page says what they are and how far they came."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.features import services
from apps.features.models import Entity, FeatureView

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = {"who": "a", "at": 60_000_000, "known": 60_000_000, "x": 1.5, "i": 2, "w": "x"}


def test_rows_are_added_and_removed_and_a_view_is_made(events_stream, scientist, project, client_as, run_jobs):
    stream = events_stream(FIRST)
    web = client_as(scientist)
    address = reverse("features:windows_define", args=[scientist.tenant.slug, project.slug])
    typed = {
        "source": f"stream:{stream.pk}",
        "name": "clicks_of_who",
        "new_entity": "who",
        "join_keys": "who",
        "event_time": "at",
        "known_since": "column",
        "created_column": "known",
        "slide": "1",
        "slide_unit": "minutes",
        "ttl": "3700",
        "ttl_unit": "seconds",
        "owner": scientist.user.email,
        "tags": "b, a",
        **row(0, "clicks_2h", "count", ""),
    }
    more = web.post(address, {**typed, "act": "add"}).content.decode()
    assert 'name="function_1"' in more
    assert "clicks_2h" in more
    both = {**typed, **row(1, "x_2h", "sum", "x")}
    one = web.post(address, {**both, "remove": "0"}).content.decode()
    assert 'name="function_1"' not in one
    assert "x_2h" in one
    assert "clicks_2h" not in one
    shown = web.post(address, {**typed, "act": "preview"}).content.decode()
    assert "The first event" in shown
    clock = web.post(address, {**typed, "sql": "SELECT *, now() AS seen FROM events", "act": "preview"})
    assert (clock.status_code, "NOW reads the clock" in clock.content.decode()) == (422, True)

    refused = web.post(address, {**both, "column_1": "nowhere", "act": "create"})
    assert refused.status_code == 422
    assert "nowhere" in refused.content.decode()
    halfway = web.post(address, {**both, "name": "", "act": "file"})
    assert (halfway.status_code, "written" in halfway.context) == (422, False)
    before = web.post(address, {**both, "act": "file"}).context["written"]
    assert "entities:\n  who:" in before and not FeatureView.objects.exists() and not Entity.objects.exists()
    made = web.post(address, {**both, "act": "create"})
    assert made.status_code == 303
    run_jobs()
    view = FeatureView.objects.get(name="clicks_of_who")
    assert view.windows["aggregations"][1] == {
        "name": "x_2h",
        "function": "sum",
        "column": "x",
        "seconds": 7200,
        "quantile": None,
    }
    detail = reverse("features:view_detail", args=[scientist.tenant.slug, project.slug, view.pk])
    shown_page = web.get(f"{detail}?tab=definition")
    page = shown_page.content.decode()
    assert "Events taken in" in page
    assert "clicks_2h" in page
    # What is shown as a file is what an apply would leave alone.
    told = services.plan_definitions(actor=scientist, project=project, text=shown_page.context["written"])
    assert [(step.section, step.action) for step in told.steps] == [("windows", "unchanged")]
    assert before.partition("windows:")[2] == shown_page.context["written"].partition("windows:")[2]
    assert (view.ttl_seconds, view.owner, view.tags) == (3700, scientist.user, ["a", "b"])
    begun = web.get(f"{address}?from={view.pk}")
    again = begun.content.decode()
    assert f'value="stream:{stream.pk}" selected' in again
    assert "x_2h" in again
    # The next version begins with all that this one says.
    form = begun.context["form"]
    sent = {name: form[name].value() for name in form.fields}
    next_one = {name: "" if value is None else value for name, value in sent.items()}
    assert web.post(address, {**next_one, "act": "create"}).status_code == 303
    newest = FeatureView.objects.get(name="clicks_of_who", number=2)
    assert (newest.definition_digest, newest.ttl_seconds) == (view.definition_digest, 3700)
    assert (newest.owner, newest.tags, newest.description) == (view.owner, view.tags, view.description)


def row(index, name, function, column):
    parts = {"name": name, "function": function, "column": column, "window": "2", "unit": "hours", "quantile": ""}
    return {f"{part}_{index}": value for part, value in parts.items()}
