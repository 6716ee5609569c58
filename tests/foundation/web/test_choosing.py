"""Something else than the choices is refused with the choices, however deep in a body it stands."""

from __future__ import annotations

import pytest
from rest_framework import serializers

from foundation.web.choosing import with_choices


class Part(serializers.Serializer):
    function = serializers.ChoiceField(choices=["count", "sum"])


class Body(serializers.Serializer):
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["", "sql"], allow_blank=True, required=False)
    parts = Part(many=True, required=False)
    types = serializers.DictField(child=serializers.ChoiceField(choices=["text", "date"]), required=False)
    words = serializers.ListField(child=serializers.MultipleChoiceField(choices=["a", "b"]), required=False)
    many = serializers.ChoiceField(choices=[str(n) for n in range(100)], required=False)


@pytest.mark.parametrize(
    ("body", "where", "known"),
    [
        ({"kind": "x"}, ("kind", 0), "Choose one of: sql."),
        ({"parts": [{"function": "sum"}, {"function": "average"}]}, ("parts", 1, "function", 0), "count, sum."),
        ({"types": {"key": "string"}}, ("types", "key", 0), "text, date."),
        ({"words": [["a"], ["c"]]}, ("words", 1, 0), "a, b."),
    ],
)
def test_what_could_have_been_chosen_is_told(body, where, known):
    checked = Body(data={"name": "n", **body})
    assert not checked.is_valid()
    found = with_choices(checked, checked.errors)
    for step in where:
        found = found[step]
    assert found.endswith(known) and "is not a valid choice" in found


def test_other_mistakes_and_endless_lists_stay_as_they_are():
    checked = Body(data={"many": "x", "kind": None, "parts": 7})
    assert not checked.is_valid()
    assert with_choices(checked, checked.errors) == checked.errors
