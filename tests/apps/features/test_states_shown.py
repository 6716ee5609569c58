"""What pages say of what is seldom seen: in use and not to be removed, masked, with several mistakes at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import translation

from apps.features import charts, forms, services
from apps.features.errors import DefinitionRefused
from apps.features.selectors import Piece
from foundation.clock import now
from tests.apps.features.stage import DELAYS, SQL
from tests.apps.features.test_registry import by, service

__all__ = ["by", "service"]
FEATURES = "/t/acme/p/flights/features/"
COLUMNS = [{"name": "moment", "type": "TIMESTAMP"}, {"name": "late", "type": "BIGINT"}]


def test_a_removal_that_would_be_refused_is_not_asked_for(view, service, client_as, admin, scientist):
    here = f"{FEATURES}views/{view.pk}/remove/"
    held = client_as(admin).get(here).content.decode()
    assert "part of feature services: late_flights v1" in held and "cannot be removed as long as it is in use" in held
    assert 'name="confirmation"' not in held
    services.remove_service(actor=scientist, service=service)
    assert 'name="confirmation"' in client_as(admin).get(here).content.decode()


def test_what_is_deprecated_leads_to_what_is_taken_instead(view, client_as, define, carrier, ingested, scientist):
    rows = ingested("d.csv", DELAYS)
    other = define.view(carrier, "other", SQL, event_time="moment", delays=rows)
    services.deprecate_view(actor=scientist, view=view, reason="Old", instead=other, now=now())
    shown = client_as(scientist).get(f"{FEATURES}views/{view.pk}/").content.decode()
    assert f'Take other v1 instead. <a href="{FEATURES}views/{other.pk}/">What to use instead</a>' in shown


def test_along_time_nothing_is_drawn_where_nothing_is_told():
    day = datetime(2026, 1, 1, tzinfo=UTC)
    masked = [Piece(day.replace(day=n), 20, None, None, None, None) for n in (1, 2)]
    shown = charts.over_time(masked)
    assert shown["data"] == [] and "You see its values masked" in shown["said"]
    told = charts.over_time([*masked, Piece(day.replace(day=3), 60, 0.5, None, None, None)])
    assert told["data"][0]["y"] == [None, None, 30]


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        (
            forms.TrainingSetForm(
                {"name": "Bad name!", "window_start": "2026-06-01", "window_end": "2026-01-01"},
                columns=COLUMNS,
                views=[],
            ),
            {"name", "label", "window_end"},
        ),
        (forms.ServiceForm({"name": "Bad name!", "description": "x" * 4001}, views=[]), {"name", "description"}),
        (
            forms.OnDemandForm({"name": "Bad name!", "request": "seats", "features": "x ="}, views=[]),
            {"name", "request", "features"},
        ),
    ],
    ids=["training set", "service", "on demand"],
)
def test_several_mistakes_are_told_at_once(form, wrong):
    assert set(form.errors) == wrong
    assert "is not a name for SQL" in form.errors["name"][0]


def test_among_words_from_right_to_left_a_list_of_names_and_a_path_keep_their_order(project, scientist):
    text = "views:\n  v: {colour: blue}\n"
    with translation.override("ar"), pytest.raises(DefinitionRefused) as refused:
        services.plan_definitions(actor=scientist, project=project, text=text)
    said = str(refused.value.fields)
    assert "\\u2066views.v\\u2069: " in said and "\\u2066“created_column”, " in said
    with pytest.raises(DefinitionRefused) as refused:
        services.plan_definitions(actor=scientist, project=project, text=text)
    assert "u2066" not in str(refused.value.fields)
