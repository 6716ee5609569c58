from __future__ import annotations

import pytest

from apps.approvals import services as approvals
from apps.experiments import selectors as experiments
from apps.registry import selectors, services
from foundation.ledger import dispatch_once, sequence_once
from foundation.words import Words
from tests.apps.registry.stage import download_from, make_run
from tests.runtime import tables
from tests.runtime.conftest import Trained


def deliver():
    """What was recorded reaches whoever listens."""
    sequence_once()
    dispatch_once()


@pytest.fixture(scope="session")
def iris_artifact(tmp_path_factory):
    """A directory as a run leaves it: three kinds of flowers from four measures."""
    document = tables.spec_document(tables.iris(), params={"max_iter": 8})
    return Trained(tmp_path_factory.mktemp("iris") / "model", document, tables.iris()).directory


@pytest.fixture
def finished_run(scientist, project, iris_artifact, monkeypatch):
    """A run that succeeded; `finished_run(metrics=…)` for another one."""
    monkeypatch.setattr(experiments, "download_model", download_from(iris_artifact))

    def finish(**changes):
        return make_run(scientist, project, iris_artifact, **changes)

    return finish


@pytest.fixture
def registered(scientist, finished_run, run_jobs):
    """A version of the model `flowers`, signed, sealed and looked at by the gates."""

    def register(*, name="flowers", actor=scientist, **changes):
        run = finished_run(**changes)
        version = services.register_version(actor=actor, run_id=run.pk, name=name)
        run_jobs()
        return selectors.get_model_version(actor=actor, version_id=version.pk)

    return register


@pytest.fixture
def asked(scientist):
    """An open case about a version, whatever its gates say; `asked(version, kind=…)` for another one."""

    def ask(version, **changes):
        given = {
            "kind": "model.promote",
            "subject": ("model_version", version.pk),
            "subject_digest": version.artifact_digest,
        }
        words = {"project_id": version.project_id, "title": Words("Into production"), "evidence": {}}
        return approvals.open_case(actor=scientist, **words, **{**given, **changes})

    return ask


@pytest.fixture
def promoted(scientist, officer, registered, asked):
    """A version in production, as an officer's word leaves it."""

    def promote(version=None, **changes):
        version = version or registered(**changes)
        approvals.decide(actor=officer, case=asked(version), verdict="granted", reason="Good figures.")
        deliver()
        return selectors.get_model_version(actor=scientist, version_id=version.pk)

    return promote
