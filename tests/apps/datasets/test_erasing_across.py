"""One person in several projects: looked for at once, and erased from each by an erasure of its own."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import ErasedKind, ErasureState, InProjectState, VersionState
from apps.datasets.models import Dataset, Erasure
from apps.datasets.services.erasing import across, asking
from apps.datasets.services.erasing.reaching import Reached
from apps.projects import services as projects
from apps.tenants import services as tenants
from foundation import ledger
from foundation.access import StepUpRequired
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.jobs.models import Job
from foundation.tenancy import scope
from tests.apps.datasets.erasing_stage import OTHER, PERSON, WITH, WITHOUT, versions_of, with_keys_of_the_tenant
from tests.support.crossing import at_once
from tests.support.people import make_person, make_tenant

__all__ = ["with_keys_of_the_tenant"]
WHO = {"column": "who", "value": PERSON}


@pytest.fixture
def hotels(scientist):
    return projects.create_project(actor=scientist, slug="hotels", name="Hotels", purpose="Predict stays")


@pytest.fixture
def ships(scientist):
    return projects.create_project(actor=scientist, slug="ships", name="Ships", purpose="Predict landings")


@pytest.fixture
def written_in(written, scientist):
    """A version in a project of one's choice."""

    def write(project, name, data):
        dataset = services.create_dataset(actor=scientist, project=project, name=name)
        version = written(name, data, dataset=dataset)
        # The fixture writes into the project of most tests.
        version.project = project
        version.save(update_fields=["project"])
        return version

    return write


@pytest.fixture
def everywhere(project, hotels, ships, written_in):
    """The person in two of three projects."""
    return {
        "flights": written_in(project, "people.csv", WITH),
        "hotels": written_in(hotels, "guests.csv", OTHER),
        "ships": written_in(ships, "crew.csv", WITHOUT),
    }


def said(answers):
    return {one.project.slug: (one.state, sum(each.rows or 0 for each in one.found)) for one in answers}


def by_slug(answers):
    return {one.project.slug: one for one in answers}


def states():
    return {row.project.slug: row.state for row in Erasure.objects.select_related("project")}


def test_one_look_counts_the_person_in_every_project_and_keeps_nothing(everywhere, admin):
    answers = services.find_in_projects(actor=admin, **WHO)
    assert said(answers) == {
        "flights": (InProjectState.FOUND, 2),
        "hotels": (InProjectState.FOUND, 1),
        "ships": (InProjectState.NOWHERE, 0),
    }
    assert not Erasure.objects.exists()


def test_each_project_has_an_erasure_of_its_own_and_all_end(everywhere, admin, run_jobs, tenant):
    answers = services.erase_in_projects(actor=admin, **WHO)
    assert [one.project.slug for one in answers if one.erasure] == ["flights", "hotels"]
    assert len({one.erasure.subject_digest for one in answers if one.erasure}) == 1, "one person"
    run_jobs()
    run_jobs()
    ledger.sequence_once()
    assert states() == {"flights": ErasureState.ERASED, "hotels": ErasureState.ERASED}
    destroyed, ready = VersionState.DESTROYED, VersionState.READY
    assert versions_of(everywhere["hotels"].dataset) == [(1, destroyed, 2), (2, ready, 1)]
    assert versions_of(everywhere["ships"].dataset) == [(1, ready, 2)]
    for erasure in Erasure.objects.all():
        entries = ledger.entries_about(tenant_id=tenant.pk, subjects=[("erasure", erasure.pk)])
        assert [entry.event.kind for entry in entries] == ["dataset.erasure_requested", "dataset.person_erased"]
        assert {entry.event.project_id for entry in entries} == {erasure.project_id}


def test_the_value_stands_in_no_job_no_log_and_no_entry_of_the_ledger(everywhere, admin, run_jobs, caplog):
    caplog.set_level(logging.DEBUG)
    answers = services.erase_in_projects(actor=admin, **WHO)
    assert PERSON not in repr(answers)
    run_jobs()
    ledger.sequence_once()
    jobs = [str((job.title, job.arguments, job.step, job.failure)) for job in Job.objects.all()]
    entries = [str(event.payload) for event in ledger.activity(admin, limit=100).events]
    assert len(jobs) >= 2 and len(entries) >= 2
    assert [word for word in (*jobs, *entries, caplog.text) if PERSON in word] == []


def test_what_one_project_refuses_is_said_and_the_others_begin(everywhere, admin, hotels, written_in, scientist):
    sql, inputs = "SELECT who FROM a", {"a": everywhere["hotels"].pk}
    derived = services.create_dataset(actor=scientist, project=hotels, name="names")
    services.derive_version(actor=scientist, dataset=derived, sql=sql, inputs=inputs)
    looked = by_slug(services.find_in_projects(actor=admin, **WHO))
    assert "Just now this is being made" in looked["hotels"].sentence
    assert looked["flights"].sentence == ""

    answers = by_slug(services.erase_in_projects(actor=admin, **WHO))
    assert answers["hotels"].state is InProjectState.REFUSED
    assert "names" in answers["hotels"].sentence
    assert states() == {"flights": ErasureState.ERASING}


def test_where_the_value_is_written_otherwise_that_project_says_so(everywhere, admin, ships, written_in):
    written_in(ships, "landed.csv", f"who\n{PERSON.upper()}\n".encode())
    answers = by_slug(services.erase_in_projects(actor=admin, **WHO))
    assert answers["ships"].state is InProjectState.REFUSED
    assert "differs from it only in capitals" in answers["ships"].sentence
    assert set(states()) == {"flights", "hotels"}


def test_an_archived_project_is_erased_from_too(everywhere, admin, hotels, run_jobs):
    projects.archive_project(actor=admin, project=hotels)
    services.erase_in_projects(actor=admin, **WHO)
    run_jobs()
    assert states() == {"flights": ErasureState.ERASED, "hotels": ErasureState.ERASED}


def test_an_archive_of_the_organisation_in_the_making_holds_up_each(everywhere, admin):
    tenants.ask_for_export(actor=admin)
    with pytest.raises(Conflict, match=r"Nothing was begun\. Flights: .*an archive.* Hotels: .*an archive"):
        services.erase_in_projects(actor=admin, **WHO)
    assert not Erasure.objects.exists()


def test_only_the_projects_that_are_named(everywhere, admin, hotels):
    assert said(services.erase_in_projects(actor=admin, **WHO, projects=[hotels])) == {
        "hotels": (InProjectState.BEGUN, 1)
    }
    assert set(states()) == {"hotels"}


def test_asked_twice_it_is_done_once(everywhere, admin, project):
    services.erase_person(actor=admin, project=project, **WHO)
    answers = by_slug(services.erase_in_projects(actor=admin, **WHO))
    assert answers["flights"].state is InProjectState.REFUSED
    assert "is being erased from “Flights” already" in answers["flights"].sentence
    assert answers["hotels"].state is InProjectState.BEGUN
    assert Erasure.objects.count() == 2


def test_who_administers_one_project_erases_from_that_one(everywhere, admin, scientist, project, hotels):
    with pytest.raises(AccessDenied):
        services.find_in_projects(actor=scientist, **WHO)
    ours = replace(scientist, grants={hotels.pk: frozenset({"dataset.destroy", "dataset.view", "project.view"})})
    assert [one.slug for one in selectors.erasable_projects(actor=ours)] == ["hotels"]
    with pytest.raises(AccessDenied, match="Only an administrator"):
        services.erase_in_projects(actor=ours, **WHO, projects=[project, hotels])
    assert said(services.erase_in_projects(actor=ours, **WHO)) == {"hotels": (InProjectState.BEGUN, 1)}


def test_nobody_is_erased_by_a_stale_session_or_words_that_say_nothing(everywhere, admin):
    for act in (services.find_in_projects, services.erase_in_projects):
        with pytest.raises(StepUpRequired):
            act(actor=replace(admin, stale=True), **WHO)
        with pytest.raises(Invalid, match="which value names this person"):
            act(actor=admin, column="who", value=" ")
        with pytest.raises(Invalid, match=r"No dataset here has a column whoo\. Did you mean who\?"):
            act(actor=admin, column="whoo", value=PERSON)
    with pytest.raises(Invalid, match="No row of these projects has this value"):
        services.erase_in_projects(actor=admin, column="who", value="nobody")
    assert services.nowhere_at_all(services.find_in_projects(actor=admin, column="who", value="nobody"))


def test_a_column_of_some_projects_alone_is_no_mistake(everywhere, admin):
    answers = by_slug(services.find_in_projects(actor=admin, column="city", value="Al Ain"))
    assert answers["hotels"].state is InProjectState.FOUND
    assert answers["flights"].state is InProjectState.NOWHERE
    assert "No dataset here has a column city" in answers["flights"].sentence
    assert Dataset.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_who_name_the_same_projects_in_another_order_wait_and_end_both(monkeypatch):
    """Each holds a project until its transaction ends; held in the asked order, one of the two would be shot."""
    tenant = make_tenant("acme", "Acme")
    people = make_person(tenant, "admin"), make_person(tenant, "admin", "second@acme.test")
    with scope(tenant.pk):
        one, two = (
            projects.create_project(actor=people[0], slug=name, name=name, purpose="Orders") for name in ("one", "two")
        )
    # Where the person is found is of no matter here: who waits for whom is.
    reached = Reached(kind=ErasedKind.INFERENCE_LOG, id=uuid4(), name="log", rows=1)
    monkeypatch.setattr(across, "look", lambda search: [reached])
    monkeypatch.setattr(asking, "check_nothing_rests_on", lambda *_given, **_words: None)
    meeting, begin = threading.Barrier(2), across.begin

    def begun_together(*given, **words):
        made = begin(*given, **words)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(2)
        return made

    monkeypatch.setattr(across, "begin", begun_together)

    def erase(actor, named):
        try:
            with scope(tenant.pk):
                return [answer.state for answer in services.erase_in_projects(actor=actor, **WHO, projects=named)]
        except Conflict:
            return "refused"

    ended = at_once(lambda: erase(people[0], [one, two]), lambda: erase(people[1], [two, one]))
    assert sorted(ended, key=str) == [[InProjectState.BEGUN, InProjectState.BEGUN], "refused"]
