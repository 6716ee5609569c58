"""Windows over a stream have one version that goes on, and drift all the same: along the time of its events."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import selectors, services
from apps.features.models import Feature
from apps.features.selectors import counting
from apps.features.services import drifting, windows
from apps.features.services.windows import advancing
from apps.streams import services as streams
from foundation import lake, storage

pytestmark = pytest.mark.django_db(transaction=True)
CLICKS = [{"name": "clicks", "function": "count", "column": None, "seconds": 60, "quantile": None}]
MINUTE_US = 60_000_000


def hour(number, per_minute):
    """Events of five people in each minute of an hour, so many of each."""
    times = [(number * 60 + minute) * MINUTE_US + 1_000_000 * n for minute in range(60) for n in range(per_minute)]
    return [{"who": f"p{n}", "at": at, "known": at, "x": 1.0, "i": 1, "w": "w"} for at in times for n in range(5)]


def test_a_view_that_follows_a_stream_has_drift_and_what_lies_behind_it(
    events_stream, define_windows, put, drain, run_jobs, scientist, project, client_as, monkeypatch
):
    from tests.apps.features.windows.conftest import told

    monkeypatch.setattr(advancing, "_PAUSE", advancing.timedelta())
    stream = events_stream(*hour(0, 1), *hour(1, 1))
    view = define_windows(CLICKS, stream_id=stream.pk)
    services.note_view(view_id=view.pk)
    feature = Feature.objects.select_related("view__entity").get(view=view, name="clicks")

    def levels():
        feature.refresh_from_db()
        found = services.drift_over_time(actor=scientist, feature=feature)
        return {str(one.period): one.level.value for one in found.periods if one.index is not None}

    assert levels() == {"hour-2024-01-01-01": "steady"}
    put(stream, *map(told, hour(2, 3)))
    drain(stream)
    run_jobs()
    assert levels() == {"hour-2024-01-01-01": "steady", "hour-2024-01-01-02": "drifted"}

    here = f"/t/{scientist.tenant.slug}/p/{project.slug}/features/catalogue/{feature.pk}/"
    web = client_as(scientist)
    tab = web.get(here, {"tab": "versions"}).content.decode()
    behind = f"{here}drift/hour-2024-01-01-02/?against=hour-2024-01-01-00"
    assert f'href="{behind}"' in tab
    text = web.get(behind).content.decode()
    assert "1 January 2024, 02:00 UTC" in text and "far from those of 1 January 2024, 00:00 UTC" in text
    assert f"/streams/{stream.pk}/" in text and "the earliest first" in text


def test_behind_a_point_and_on_the_view_stands_the_stream_and_no_version_of_it(
    events_stream, define_windows, scientist, project, client_as
):
    """The version that says what its columns hold has other rows; in the bin a stream has no page to lead to."""
    stream = events_stream(*hour(0, 1))
    view = define_windows(CLICKS, stream_id=stream.pk)
    services.note_view(view_id=view.pk)
    feature = Feature.objects.get(view=view, name="clicks")
    home, web = f"/t/{scientist.tenant.slug}/p/{project.slug}/features", client_as(scientist)
    behind = f"{home}/catalogue/{feature.pk}/drift/hour-2024-01-01-00/"
    address = reverse("streams:stream_detail", args=[scientist.tenant.slug, project.slug, stream.pk])

    def shown():
        versions = web.get(behind).context["versions"]
        page = web.get(f"{home}/views/{view.pk}/", {"tab": "definition"})
        links = address in page.content.decode()
        return (
            [(one["kind"], one["url"]) for one in versions[1:]],
            [one["url"] for one in page.context["inputs"]],
            links,
        )

    assert shown() == ([("stream", address)], [address], True)
    paused = streams.pause_stream(actor=scientist, stream=stream)
    streams.delete_stream(actor=scientist, stream=paused)
    assert shown() == ([("stream", "")], [""], False)


def test_an_erasure_from_the_stream_leaves_nothing_of_what_was_counted(
    with_keys_of_the_tenant, events_stream, define_windows, scientist, admin, project, run_jobs
):
    """The view stays, with what its rows are now: what they were is counted nowhere any more."""
    view = define_windows(CLICKS, stream_id=events_stream(*hour(0, 1)).pk)
    services.note_view(view_id=view.pk)

    def look():
        feature = Feature.objects.select_related("view__entity").get(view=view, name="clicks")
        (one,) = services.drift_over_time(actor=scientist, feature=feature).periods[:1]
        where = counting.along(scientist, feature)
        return one.counted.rows, (where, drifting._kept_of(where))

    rows, late = look()
    assert late[1].units
    words = {"column": "who", "value": "p0", "break_chain": True}
    dataset_services.erase_person(actor=admin, project=project, **words)
    run_jobs()
    run_jobs()
    assert storage.list(view.tenant_id, view.drift_home) == []
    drifting._keep(*late)
    assert storage.list(view.tenant_id, view.drift_home) == []
    assert look()[0] == rows * 4 // 5


def test_what_was_counted_is_forgotten_though_the_step_ended_before_it_came_to_that(
    events_stream, define_windows, handle, scientist, monkeypatch
):
    """A process may end in between: the next attempt finds the row changed already."""
    stream = events_stream(*hour(0, 1))
    view = define_windows(CLICKS, stream_id=stream.pk)
    services.note_view(view_id=view.pk)
    feature = Feature.objects.select_related("view__entity").get(view=view, name="clicks")
    services.drift_over_time(actor=scientist, feature=feature)
    assert len(storage.list(view.tenant_id, view.drift_home)) == 1
    tables, source = lake.for_tenant(view.tenant_id), windows.source_table(view)
    tables.write(source, tables.read(tables.current(source)).read_all().slice(5), mode="replace")

    def end(_view):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(advancing, "forget_drift", end)
        with pytest.raises(SystemExit):
            services.advance_view(job=handle, view_id=view.pk)
    assert len(storage.list(view.tenant_id, view.drift_home)) == 1
    services.advance_view(job=handle, view_id=view.pk)
    assert storage.list(view.tenant_id, view.drift_home) == []


def test_of_what_follows_a_stream_a_reader_of_masks_is_told_of_no_piece_how_much_is_missing(
    events_stream, define_windows, scientist, viewer
):
    """The profile tells the whole as it was before more came, so that the pieces would tell of the few between."""
    last = [{"name": "word", "function": "last", "column": "w", "seconds": 60, "quantile": None}]
    view = define_windows(last, stream_id=events_stream(*hour(0, 1), *hour(1, 1)).pk)
    version = datasets.get_version(actor=scientist, version_id=view.inputs["events"])
    classes = {one["name"]: "public" for one in version.schema}
    dataset_services.classify_columns(actor=scientist, version=version, classes={**classes, "w": "personal"})
    services.note_view(view_id=view.pk)
    feature = Feature.objects.select_related("view__entity").get(view=view, name="word")

    def told(actor):
        drift = services.drift_over_time(actor=actor, feature=feature).periods
        pieces = selectors.over_time(view, "word", actor=actor)
        return [one.counted.missing for one in drift], [one.missing for one in pieces]

    assert [set(one) for one in told(viewer)] == [{None}, {None}]
    assert not any(None in one for one in told(scientist))
