"""Two officers decide at the same moment: one word counts, the other is told."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from apps.approvals import selectors, services
from apps.projects.services import create_project
from foundation.errors import Conflict
from foundation.tenancy import scope
from foundation.words import Words
from tests.support.people import make_person, make_tenant


@pytest.fixture
def case_and_officers(transactional_db):
    tenant = make_tenant("acme", "Acme Trading")
    scientist = make_person(tenant, "scientist")
    officers = [make_person(tenant, "officer", f"officer{n}@acme.test") for n in range(4)]
    with scope(tenant.pk):
        project = create_project(actor=scientist, slug="flights", name="Flights", purpose="Delays")
        case = services.open_case(
            actor=scientist,
            project_id=project.pk,
            kind="model.promote",
            subject=("model_version", uuid4()),
            subject_digest="a" * 64,
            title=Words("Promote"),
            evidence={},
        )
    return case, officers


def test_of_simultaneous_decisions_one_counts(case_and_officers):
    case, officers = case_and_officers
    together = threading.Barrier(len(officers))

    def decide(number):
        try:
            with scope(case.tenant_id):
                known = selectors.get_case(actor=officers[number], case_id=case.pk)
                together.wait(timeout=10)
                verdict = "granted" if number % 2 else "refused"
                services.decide(actor=officers[number], case=known, verdict=verdict, reason="Seen")
            return verdict
        except Conflict as refusal:
            return refusal.sentence
        finally:
            connection.close()

    with ThreadPoolExecutor(len(officers)) as pool:
        said = list(pool.map(decide, range(len(officers))))

    counted = [word for word in said if word in {"granted", "refused"}]
    assert len(counted) == 1
    assert all("closed" in word for word in said if word not in counted)
    with scope(case.tenant_id):
        assert selectors.get_case(actor=officers[0], case_id=case.pk).state == counted[0]
