"""Who may create and change projects, and what the ledger says of it."""

from dataclasses import replace

import pytest

from apps.projects import selectors, services
from foundation import access, ledger
from foundation.access import Permission
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.tenancy import scope


def kinds_of(project):
    return [event.kind for event in ledger.events_of(subject=("project", project.pk))]


def test_a_scientist_creates_a_project_and_the_ledger_says_so(scientist):
    project = services.create_project(actor=scientist, slug="flights", name=" Flights ", purpose="Predict delays")

    assert (project.name, project.created_by) == ("Flights", scientist.user)
    assert selectors.get_project(actor=scientist, slug="flights") == project
    assert kinds_of(project) == ["project.created"]


def test_a_viewer_cannot_create_a_project(viewer):
    with pytest.raises(AccessDenied, match=r"project\.create"):
        services.create_project(actor=viewer, slug="flights", name="Flights", purpose="Predict delays")


def test_a_slug_is_taken_once_in_a_tenant(scientist, project):
    with pytest.raises(Conflict, match="flights"):
        services.create_project(actor=scientist, slug="flights", name="Other", purpose="Something else")


def test_two_tenants_may_use_the_same_slug(project, other_scientist):
    with scope(other_scientist.tenant_id):
        services.create_project(actor=other_scientist, slug="flights", name="Flights", purpose="Ours")

    assert [p.pk for p in selectors.visible_projects(actor=project_member(project))] == [project.pk]


def project_member(project):
    from tests.support.people import make_person

    return make_person(project.tenant, "viewer")


@pytest.mark.parametrize("slug", ["Flights", "flights/2013", "-a", "a-", "رحلات", "a" * 64])
def test_a_slug_that_is_no_part_of_an_address_is_refused_at_its_field(scientist, slug):
    with pytest.raises(Invalid) as refusal:
        services.create_project(actor=scientist, slug=slug, name="Flights", purpose="Predict delays")
    assert list(refusal.value.fields) == ["slug"]


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("purpose", ""), ("name", "n" * 121)])
def test_name_and_purpose_are_wanted(scientist, field, value):
    texts = {"name": "Flights", "purpose": "Predict delays"} | {field: value}
    with pytest.raises(Invalid) as refusal:
        services.create_project(actor=scientist, slug="flights", **texts)
    assert list(refusal.value.fields) == [field]


def test_an_edit_records_which_fields_changed_but_not_their_text(scientist, project):
    services.edit_project(
        actor=scientist, project=project, name="Late flights", purpose=project.purpose, description="Of 2013"
    )

    event = ledger.events_of(subject=("project", project.pk))[0]
    assert event.kind == "project.changed"
    assert event.payload["changed"] == ["name", "description"]
    assert "Late" not in str(event.payload)


def test_an_edit_that_changes_nothing_records_nothing(scientist, project):
    services.edit_project(actor=scientist, project=project, name=project.name, purpose=project.purpose)

    assert kinds_of(project) == ["project.created"]


def test_a_viewer_cannot_edit(viewer, project):
    with pytest.raises(AccessDenied, match=r"project\.edit"):
        services.edit_project(actor=viewer, project=project, name="Mine", purpose="Mine")


def test_another_tenants_project_is_not_found(project, other_scientist):
    with scope(other_scientist.tenant_id), pytest.raises(NotFound):
        selectors.get_project(actor=other_scientist, slug="flights")


def test_a_scientist_starts_where_they_worked_last(scientist, project):
    newer = services.create_project(actor=scientist, slug="newer", name="Newer", purpose="Else")
    assert selectors.project_of_actor(actor=scientist) == newer

    services.edit_project(actor=scientist, project=project, name="Again", purpose=project.purpose)
    assert selectors.project_of_actor(actor=scientist) == project


def test_who_is_limited_to_a_project_is_asked_of_it_as_of_what_lies_in_it(scientist, project):
    other = services.create_project(actor=scientist, slug="other", name="Other", purpose="Else")
    limited = replace(scientist, project_id=project.pk)

    assert access.can(limited, Permission.RUN_START, project)
    assert access.can(limited, Permission.RUN_START, access.Inside(project.pk))
    assert not access.can(limited, Permission.RUN_START, other)
    assert not access.can(limited, Permission.RUN_START, access.Inside(other.pk))
