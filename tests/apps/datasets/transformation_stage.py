"""What tests of transformations need: the ledger told to its hearers, and jobs run, until nothing is left."""

from __future__ import annotations

import pytest

from apps.datasets import selectors, services
from foundation import ledger
from foundation.clock import now
from foundation.ledger.dispatch import dispatch_once


@pytest.fixture
def own_ledger(settings, tmp_path):
    from foundation.ledger import signing

    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "secrets" / "ledger-signing.pem"
    settings.LEDGER_ANCHOR_FOLDER = tmp_path / "anchors"
    signing.signing_key.cache_clear()


@pytest.fixture
def settle(own_ledger, run_jobs):
    """Tell and run what there is, round after round; answers how many rounds did something."""

    def until_still():
        rounds = 0
        while rounds < 20:
            ledger.sequence_once()
            heard = dispatch_once(name="datasets.transformations")
            if not run_jobs() and not heard:
                return rounds
            rounds += 1
        raise AssertionError("It never came to rest.")

    return until_still


@pytest.fixture
def made_by(scientist, project):
    """A transformation that makes a new dataset of the given name by SQL over datasets named as in the SQL."""

    def make(name, sql, **more):
        output = services.create_dataset(actor=scientist, project=project, name=name)
        inputs = selectors.datasets_by_name(actor=scientist, project_id=project.pk, sql=sql, given={})
        return services.create_transformation(
            actor=scientist, project=project, name=name, output=output, sql=sql, inputs=inputs, now=now(), **more
        )

    return make


@pytest.fixture
def passes_of(scientist):
    """The passes of a transformation, oldest first: state, mode, note."""

    def found(transformation):
        rows = selectors.passes_of(actor=scientist, transformation=transformation).order_by("created_at")
        return [(row.state, row.mode, row.note) for row in rows]

    return found
