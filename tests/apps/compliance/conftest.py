"""A model with its whole chain, as the apps would have left it: rows, ledger entries and a signed artifact."""

from __future__ import annotations

import pytest

from foundation import ledger
from foundation.ledger import signing
from tests.apps.compliance import stage


@pytest.fixture(autouse=True)
def own_record(settings, tmp_path):
    """Each test has its own key and anchors."""
    settings.SANAD_HOME = tmp_path / "home"
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "home" / "secrets" / "ledger-signing.pem"
    settings.LEDGER_ANCHOR_FOLDER = tmp_path / "home" / "anchors"
    signing.signing_key.cache_clear()


@pytest.fixture
def chain(scientist, officer, project):
    """The chain of one model version in production, on the ledger and in its order."""
    made = stage.make_chain(scientist=scientist, officer=officer, project=project)
    settle()
    return made


@pytest.fixture
def settled():
    """Give recorded events their places and sign a checkpoint."""
    return settle


def settle():
    from foundation.ledger import checkpoints, delivering

    ledger.sequence_once()
    checkpoints.checkpoint_once(even_if_not_due=True)
    delivering.deliver_once()


@pytest.fixture
def reported(chain, scientist, project, run_jobs):
    """A finished report of the chain."""
    from apps.compliance import services

    def make(actor=scientist):
        report = services.request_report(actor=actor, project=project, model_version_id=chain.version.pk)
        run_jobs()
        report.refresh_from_db()
        settle()
        return report

    return make
