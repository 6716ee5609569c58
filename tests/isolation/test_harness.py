"""The harness of test_other_tenants reports what leaks: shown with routes that were broken on purpose."""

from __future__ import annotations

import pytest

from tests.isolation.leaking_urls import LEAKING
from tests.isolation.names import Unnamed, field_of
from tests.isolation.routes import every_route


@pytest.fixture
def reported(two_houses, settings, db):
    """What the harness says of one of the leaking routes."""
    settings.ROOT_URLCONF = "tests.isolation.leaking_urls"
    leaking = every_route()[: len(LEAKING)]

    def of(ending):
        return two_houses.leaks(next(route for route in leaking if route.template.endswith(ending)))

    return of


def test_an_answer_with_a_text_of_the_other_tenant_is_reported(reported):
    said = reported("/shows/")
    assert any("a text of the other tenant stands in the answer" in leak for leak in said)
    assert any("it answered 200 instead of 401, 403 or 404" in leak for leak in said)
    assert {"admin with a token", "viewer with a session"} <= {who for leak in said for who in ROLES if who in leak}


ROLES = ("admin with a token", "viewer with a session")


def test_a_change_is_reported_though_the_answer_says_nothing(reported):
    assert [leak for leak in reported("/changes/") if "something of the other tenant was changed" in leak]


def test_an_answer_that_tells_anothers_id_from_nobodys_is_reported(reported):
    said = reported("api/v1/leaking/")
    assert any("it answers 403 where an id that nobody has gives 404" in leak for leak in said)


def test_an_address_whose_variable_nobody_knows_says_what_to_add(reported):
    (said,) = reported("<uuid:widget_id>/")
    assert "<widget_id>" in said
    assert "KINDS" in said
    assert "houses.py" in said


@pytest.mark.parametrize(
    ("name", "described"),
    [
        ("widget", {"type": "string", "format": "uuid"}),
        ("widgets", {"type": "array", "items": {"type": "string", "format": "uuid"}}),
        ("widget_id", {"type": "string"}),
        ("manifest_digest", {"type": "string"}),
    ],
)
def test_a_field_that_looks_like_an_id_says_what_to_add(name, described):
    with pytest.raises(Unnamed, match="FIELDS"):
        field_of(name, described, "POST /api/v1/widgets/")


def test_every_text_of_a_house_holds_its_canary(two_houses, db):
    from apps.datasets.models import Dataset
    from apps.registry.models import ModelVersion
    from foundation.tenancy import scope

    house = two_houses.theirs
    with scope(house.tenant.pk):
        assert house.canary in Dataset.objects.get().description
        assert house.canary in ModelVersion.objects.get().card
