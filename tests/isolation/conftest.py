"""A tenant full of things that nobody else may find: every name and text of it holds the word MARK."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from foundation.clock import now
from foundation.words import Words
from tests.support.people import make_person, make_tenant

MARK = "zebrafish"
SLUG = "sealed-project"


@pytest.fixture
def secrets(tenant, admin, scientist):
    """Ids of things of the tenant `acme`, by kind; a new kind of thing is worth a line here."""
    from apps.approvals import services as approvals
    from apps.projects import services as projects
    from apps.tenants import services as tenants
    from foundation.access import Permission
    from foundation.access.models import Membership
    from foundation.identity import Actor

    project = projects.create_project(actor=scientist, slug=SLUG, name=MARK, purpose=MARK, description=MARK)
    case = approvals.open_case(
        actor=scientist,
        project_id=project.pk,
        kind="model.promote",
        subject=("model_version", uuid4()),
        subject_digest="a" * 64,
        title=Words(MARK),
        evidence={"note": MARK},
    )
    token, _ = tenants.create_token(
        actor=admin, name=MARK, scopes=["*"], expires_at=now() + timedelta(days=1), now=now()
    )
    invitation, _ = tenants.invite(actor=admin, email=f"{MARK}@acme.test", role="viewer", now=now())
    account = tenants.create_service_account(actor=admin, name=MARK, role="scientist")
    tenants.give_permission(
        actor=Actor.system(tenant),
        user_id=scientist.user.pk,
        permission=Permission.APPROVAL_DECIDE,
        project_id=project.pk,
        case_id=case.pk,
    )
    return {
        "project": project.pk,
        "case": case.pk,
        "token": token.pk,
        "invitation": invitation.pk,
        "service_account": account.pk,
        "membership": Membership.objects.get(user=admin.user).pk,
        "tenant": tenant.pk,
    }


@pytest.fixture
def stranger(db):
    """The most powerful person of another tenant, which has a project of its own."""
    from apps.projects import services as projects
    from foundation.identity import Actor
    from foundation.tenancy import scope

    bank = make_tenant("bank", "Bank")
    actor = make_person(bank, "admin")
    with scope(bank.pk):
        projects.create_project(actor=Actor.system(bank), slug="ours", name="Ours", purpose="Ours")
    return actor


@pytest.fixture(scope="module")
def two_houses(django_db_setup, django_db_blocker):
    """Two tenants full of everything, made once for all tests of a module, which each leave them as they were."""
    from django.db import transaction

    from tests.isolation.houses import furnish
    from tests.isolation.judging import Stage, callers

    with django_db_blocker.unblock(), transaction.atomic():
        own = furnish("bank")
        yield Stage(own, furnish("acme"), callers(own))
        transaction.set_rollback(True)
