"""How an erasure ends: by a worker that is killed, by a word, by a failure; and what is kept of it."""

from __future__ import annotations

import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import ErasureState, VersionState
from apps.datasets.models import Erasure
from apps.datasets.services.erasing import ending, sealing, things
from apps.datasets.services.erasing.versions import VersionReach
from foundation.errors import Conflict, Invalid
from foundation.jobs import cancel_of
from foundation.lake import shredding
from foundation.storage.errors import KeyDestroyed
from tests.apps.datasets.erasing_stage import (
    PERSON,
    WITH,
    versions_of,
    who_is_in,
    with_keys_of_the_tenant,
)

__all__ = ["with_keys_of_the_tenant"]
STEPS = {
    "successors": (VersionReach, "rebuild"),
    "nobody reads": (things, "begin"),
    "files": (VersionReach, "clear"),
    "keys": (shredding, "shred"),
    "gone": (VersionReach, "end"),
    "summed up": (ending, "end"),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_is_followed_by_one_that_ends_it(
    written, admin, project, run_jobs, monkeypatch, step, after
):
    version = written("people.csv", WITH)
    erasure = services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    where, name = STEPS[step]
    done = getattr(where, name)

    def killed(*args, **words):
        if after:
            done(*args, **words)
        raise ConnectionError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(where, name, killed)
        run_jobs()
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.ERASING
    run_jobs(also_later=True)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.version_count, erasure.row_count) == (ErasureState.ERASED, 1, 2)
    assert versions_of(version.dataset) == [(1, VersionState.DESTROYED, 22), (2, VersionState.READY, 20)]


def test_a_version_that_comes_meanwhile_is_found_too(ingested, admin, project, run_jobs, monkeypatch):
    version, shred = ingested("people.csv", WITH), shredding.shred
    services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    came = []

    def meanwhile(**words):
        if not came:
            came.append(ingested("late.csv", WITH, dataset=version.dataset))
        return shred(**words)

    monkeypatch.setattr(shredding, "shred", meanwhile)
    run_jobs()
    run_jobs()
    assert PERSON not in who_is_in(selectors.latest_ready(version.dataset))
    came[0].refresh_from_db()
    assert came[0].state == VersionState.DESTROYED


def test_cancelled_it_keeps_no_value(written, admin, project):
    written("people.csv", WITH)
    erasure = services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    cancel_of(actor=admin, subject=("erasure", erasure.pk))
    erasure.refresh_from_db()
    assert (erasure.state, bytes(erasure.sealed)) == (ErasureState.FAILED, b"")


def test_one_that_fails_says_so_and_keeps_no_value(written, admin, project, run_jobs, monkeypatch):
    written("people.csv", WITH)
    erasure = services.erase_person(actor=admin, project=project, column="who", value=PERSON)

    def broken(**_words):
        raise Conflict("The lake is broken.")

    monkeypatch.setattr(shredding, "shred", broken)
    run_jobs()
    erasure.refresh_from_db()
    assert (erasure.state, erasure.failure, bytes(erasure.sealed)) == (ErasureState.FAILED, "The lake is broken.", b"")


def test_a_failed_one_goes_on_once_the_same_value_is_typed(written, admin, project, run_jobs, monkeypatch):
    version = written("people.csv", WITH)
    erasure = services.erase_person(actor=admin, project=project, column="who", value=PERSON)

    def broken(**_words):
        raise Conflict("The lake is broken.")

    with monkeypatch.context() as patched:
        patched.setattr(shredding, "shred", broken)
        run_jobs()
    version.refresh_from_db()
    assert version.state == VersionState.DESTROYING

    with pytest.raises(Invalid, match="another value than the one"):
        services.go_on_erasing(actor=admin, erasure=erasure, value="person-1")
    services.go_on_erasing(actor=admin, erasure=erasure, value=PERSON)
    run_jobs()
    erasure.refresh_from_db()
    assert (erasure.state, erasure.failure, bytes(erasure.sealed)) == (ErasureState.ERASED, "", b"")
    assert versions_of(version.dataset) == [(1, VersionState.DESTROYED, 22), (2, VersionState.READY, 20)]
    with pytest.raises(Conflict, match="nothing to go on with"):
        services.go_on_erasing(actor=admin, erasure=erasure, value=PERSON)


@pytest.mark.django_db(transaction=True)
def test_the_sealed_value_opens_for_nobody_once_it_is_over(written, admin, project, run_jobs, tenant):
    written("people.csv", WITH)
    erasure = services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    kept = Erasure.objects.get(pk=erasure.pk)
    assert sealing.open_value(kept) == PERSON
    run_jobs()
    with pytest.raises(KeyDestroyed):
        sealing.open_value(kept)
