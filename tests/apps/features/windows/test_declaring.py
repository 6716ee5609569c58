"""What is declared wrong is refused at once, at its field and in a sentence that says how to mend it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from apps.features.errors import DefinitionRefused
from apps.features.services.windows.declaring import check_events_have, checked

TYPES = {"who": "VARCHAR", "at": "TIMESTAMP", "known": "TIMESTAMP", "x": "DOUBLE", "w": "VARCHAR", "tags": "VARCHAR[]"}
GOOD = {"name": "n", "function": "count", "column": "", "seconds": 7200}


def declared(*aggregations, **words):
    given = {"event_time": "at", "created_column": "", "known_since": "event", "slide_seconds": 300, **words}
    entity = SimpleNamespace(join_keys=["who"])
    return checked(entity=entity, types=TYPES, aggregations=aggregations or [GOOD], **given)


def test_what_is_declared_is_kept_whole():
    assert declared() == [{**GOOD, "quantile": None}]
    [middle] = declared({"name": "m", "function": "quantile", "column": "x", "seconds": 600, "quantile": 1})
    assert middle["quantile"] == 1.0


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"name": "Late"}, "aggregations", "is not a name"),
        ({"function": "median"}, "aggregations", "no function “median”"),
        ({"function": "sum"}, "aggregations", "say which column"),
        ({"function": "sum", "column": "w"}, "aggregations", "cannot be computed of “w”"),
        ({"function": "min", "column": "w"}, "aggregations", "cannot be computed of “w”"),
        ({"function": "last", "column": "tags"}, "aggregations", "cannot be computed of “tags”"),
        ({"function": "sum", "column": "y"}, "aggregations", "no column “y”"),
        ({"seconds": 0}, "aggregations", "a window of 0 seconds is no multiple of the slide of 300 seconds"),
        ({"seconds": 450}, "aggregations", "a window of 450 seconds is no multiple of the slide of 300 seconds"),
        ({"seconds": 300 * 1_200_000}, "aggregations", "at most ten years"),
        ({"seconds": 300 * 1501}, "aggregations", "1,501 slides"),
        ({"quantile": 0.5}, "aggregations", "only a quantile"),
        ({"function": "quantile", "column": "x"}, "aggregations", "which quantile"),
        ({"function": "quantile", "column": "x", "quantile": 1.5}, "aggregations", "which quantile"),
        ({"name": "who"}, "aggregations", "Two columns"),
    ],
)
def test_an_aggregation_that_cannot_be_is_refused(changes, field, said):
    with pytest.raises(DefinitionRefused, match=said) as refused:
        declared({**GOOD, **changes})
    assert field in refused.value.fields


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"event_time": ""}, "event_time"),
        ({"event_time": "w"}, "event_time"),
        ({"slide_seconds": 0}, "slide_seconds"),
        ({"known_since": "column"}, "created_column"),
        ({"created_column": "known"}, "created_column"),
        ({"known_since": "column", "created_column": "x"}, "created_column"),
        ({"known_since": "guess"}, "known_since"),
        ({"aggregations": []}, "aggregations"),
    ],
)
def test_windows_without_a_time_a_slide_or_a_way_to_know_are_refused(words, field):
    given = {"event_time": "at", "created_column": "", "known_since": "event", "slide_seconds": 300, **words}
    with pytest.raises(DefinitionRefused) as refused:
        checked(entity=SimpleNamespace(join_keys=["who"]), types=TYPES, **{"aggregations": [GOOD], **given})
    assert field in refused.value.fields


@pytest.mark.parametrize(
    ("words", "field", "said"),
    [
        ({"column": "amount"}, "aggregations", "n: the events have no column “amount”. They have: who, at, x"),
        ({"event_time": "when"}, "event_time", "no column “when”"),
        ({"created_column": "known"}, "created_column", "no column “known”"),
    ],
)
def test_of_events_as_they_are_a_column_that_lacks_is_told_without_a_query_that_nobody_wrote(words, field, said):
    entity = SimpleNamespace(join_keys=["who"])
    given = {"event_time": "at", "created_column": "", **words}
    aggregations = [{**GOOD, "column": given.pop("column", "x")}]
    with pytest.raises(DefinitionRefused, match=said) as refused:
        check_events_have(entity, aggregations=aggregations, columns=["who", "at", "x"], **given)
    assert field in refused.value.fields
