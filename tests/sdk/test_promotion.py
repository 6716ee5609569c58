"""What the client says where a gate stands between a version and production."""

from __future__ import annotations

from uuid import UUID

import pytest

from sanad.errors import Refused


@pytest.fixture
def unsigned(tokens, tmp_path) -> UUID:
    """A candidate whose artifact nobody has signed."""
    from apps.registry.models import Model, ModelVersion
    from apps.registry.services.artifacts import pack_artifact
    from foundation.access.actors import actor_for_user
    from foundation.identity.models import User
    from foundation.tenancy import find_tenant, scope
    from tests.apps.registry.stage import make_run

    tenant = find_tenant("acme")
    actor = actor_for_user(user=User.objects.get(email="scientist@acme.test"), tenant=tenant)
    (tmp_path / "sanad").mkdir()
    for name in ("metrics", "manifest"):
        (tmp_path / "sanad" / f"{name}.json").write_text("{}")
    with scope(tenant.pk):
        from apps.projects import selectors as projects

        project = projects.get_project(actor=actor, slug="flights")
        run = make_run(actor, project, tmp_path)
        shared = {"tenant": tenant, "project": project}
        model = Model.objects.create(**shared, name="flowers")
        version = ModelVersion.objects.create(**shared, model=model, number=1, run=run, stage="candidate")
        pack_artifact(version, tmp_path)
    return version.pk


def test_a_refused_promotion_is_said_in_the_gates_own_words(client, sanad, unsigned):
    with pytest.raises(Refused, match="“Signature” has not passed: flowers v1 was never signed") as refusal:
        client.models.promote(str(unsigned))
    assert {gate["gate"] for gate in refusal.value.details["failed_gates"]} >= {"signature", "manifest"}
    # The gates' word stays although nothing was opened.
    assert len(client.models.version(str(unsigned))["gates"]) == 6

    code, answered, said = sanad("model", "promote", str(unsigned))
    assert (code, answered) == (1, "")
    assert "was never signed" in said
