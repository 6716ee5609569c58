"""Whoever may start runs, by role or by a grant, starts them: what the run's container needs is the run's own."""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from apps.experiments.services.executing import _record_attempt
from apps.tenants import services as tenants
from foundation.access import Permission
from foundation.access.actors import actor_for_token, actor_for_user
from foundation.clock import now
from foundation.errors import AccessDenied
from foundation.identity import Actor, tokens
from tests.apps.experiments.rows import make_run


def attempt_of(actor, run):
    """The token of the run's next attempt, which this actor started."""
    job = SimpleNamespace(actor=actor_for_user(user=actor.user, tenant=actor.tenant))
    return tokens.find_token(_record_attempt(SimpleNamespace(name="process"), job, run, "1", "m1"), now=now())


@pytest.fixture
def run(scientist, project):
    return make_run(scientist, project, state="queued")


def test_a_grant_to_start_runs_is_enough_for_the_run_to_write_its_figures(run, viewer, project, tenant):
    tenants.give_permission(
        actor=Actor.system(tenant),
        user_id=viewer.user.pk,
        permission=Permission.RUN_START,
        project_id=project.pk,
        case_id=uuid4(),
    )
    container = actor_for_token(row=attempt_of(viewer, run), address=None)

    assert (container.kind, container.project_id) == ("workload", project.pk)
    assert "run.track" in container.scopes


def test_whoever_lost_the_right_to_start_runs_meanwhile_starts_none(run, viewer):
    with pytest.raises(AccessDenied, match=r"run\.start"):
        attempt_of(viewer, run)
