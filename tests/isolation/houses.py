"""Two houses of the same furniture: a tenant with one thing of every kind that an address can name, and its people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from foundation.access import Permission, Role
from foundation.clock import now
from foundation.identity import Actor
from foundation.lake.keys import PURPOSE
from foundation.storage import keyring
from foundation.tenancy import scope
from foundation.words import Words
from tests.isolation.canaries import write_canaries
from tests.isolation.elsewhere import things_of
from tests.support.people import make_person, make_tenant


@dataclass
class House:
    """`things` are ids by kind, as they stand in an address; `canary` stands in every text of the house."""

    tenant: Any
    canary: str
    people: dict[str, Actor] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)

    @property
    def admin(self) -> Actor:
        return self.people["admin"]

    @property
    def project(self) -> Any:
        from apps.projects import selectors

        return selectors.get_project(actor=self.admin, slug=self.things["project"])


def furnish(slug: str) -> House:
    """A tenant with people of every role and one thing of every kind; runs inside the caller's transaction."""
    canary = f"canary{uuid4().hex}"
    house = House(make_tenant(slug, canary), canary)
    house.people = {role.value: make_person(house.tenant, role.value) for role in Role}
    house.things["tenant"] = slug
    with scope(house.tenant.pk, user_id=house.admin.user.pk):
        for maker in MAKERS:
            house.things |= {kind: str(thing) for kind, thing in maker(house).items()}
        write_canaries(house)
        # Made now: a first key that a test makes is undone with the test, and stays open in this process.
        for purpose in ("", PURPOSE):
            keyring.tenant_key(house.tenant.pk, 1, purpose=purpose)
    return house


def _project(house: House) -> dict[str, Any]:
    from apps.projects import services

    words = dict.fromkeys(("name", "purpose", "description"), house.canary)
    project = services.create_project(actor=house.people["scientist"], slug=f"{house.tenant.slug}-project", **words)
    return {"project": project.slug}


def _in_project(house: House) -> dict[str, Any]:
    return things_of(house.people["scientist"], house.project)


def _tracked(house: House) -> dict[str, Any]:
    """What MLflow knows of a run and an experiment by its own ids, and a file on its way in."""
    from apps.datasets import services as datasets
    from apps.experiments.models import Run

    run = Run.objects.get(pk=house.things["run"])
    run.mlflow_run_id = uuid4().hex
    run.save(update_fields=["mlflow_run_id"])
    upload = datasets.start_upload(
        actor=house.people["scientist"], project=house.project, filename=f"{house.canary}.csv", size=9
    )
    return {"mlflow_run": run.mlflow_run_id, "experiment": run.experiment_id, "upload": upload.pk}


def _approval(house: House) -> dict[str, Any]:
    from apps.approvals import services

    case = services.open_case(
        actor=house.people["scientist"],
        project_id=house.project.pk,
        kind="model.promote",
        subject=("model_version", house.things["model_version"]),
        subject_digest=uuid4().hex * 2,
        title=Words(house.canary),
        evidence={"note": house.canary},
    )
    services.comment(actor=house.admin, case=case, text=house.canary)
    return {"case": case.pk, "digest": case.subject_digest}


def _access(house: House) -> dict[str, Any]:
    from apps.tenants import services
    from foundation.access.models import Membership, UserGrant

    ends = now() + timedelta(days=1)
    token, _ = services.create_token(actor=house.admin, name=house.canary, scopes=["*"], expires_at=ends, now=now())
    invitation, _ = services.invite(actor=house.admin, email=f"{house.canary}@acme.test", role="viewer", now=now())
    account = services.create_service_account(actor=house.admin, name=house.canary, role="scientist")
    scientist = house.people["scientist"]
    services.give_permission(
        actor=Actor.system(house.tenant),
        user_id=scientist.user.pk,
        permission=Permission.APPROVAL_DECIDE,
        project_id=house.project.pk,
        case_id=house.things["case"],
    )
    return {
        "token": token.pk,
        "invitation": invitation.pk,
        "service_account": account.pk,
        "membership": Membership.objects.get(user=scientist.user).pk,
        "grant": UserGrant.objects.get(user=scientist.user).pk,
        "user": scientist.user.pk,
    }


def _seen(house: House) -> dict[str, Any]:
    """A session, a visit, a job, a report, an event and one that a subscriber could not take."""
    from apps.compliance.models import Report
    from apps.dashboards.models import SavedFilter, Visit
    from apps.tenants.models import SignIn
    from foundation.ledger.models import LedgerEvent, ParkedEvent

    inside, admin = {"tenant": house.tenant}, house.admin
    event = LedgerEvent.objects.latest("recorded_at")
    version = house.things["model_version"]
    made = {
        "session": SignIn.objects.create(user=admin.user, session_key=uuid4().hex, at=now(), agent=house.canary),
        "visit": Visit.objects.create(**inside, user=admin.user, kind="run", object_id=uuid4(), visited_at=now()),
        "saved_filter": SavedFilter.objects.create(
            **inside,
            owner=admin.user,
            project=house.project,
            path="data/",
            name=house.canary,
            query=f"q={house.canary}",
            created_at=now(),
        ),
        "job": _job(house),
        "report": Report.objects.create(
            **inside, project=house.project, model_version_id=version, state="ready", created_by=admin.user
        ),
        "erasure": _erasure(house),
        "transformation": _transformation(house),
        "legal_hold": _legal_hold(house),
        "event": event,
        "parked": ParkedEvent.objects.create(
            **inside, subscriber="probe", event=event, attempts=8, last_error=house.canary
        ),
    }
    return {kind: thing.pk for kind, thing in made.items()}


def _erasure(house: House) -> Any:
    """One that failed, so that all of its doors stand where they can be knocked at."""
    from apps.datasets.models import ErasedThing, Erasure

    inside = {"tenant": house.tenant}
    row = Erasure.objects.create(
        **inside, project=house.project, column=house.canary, sealed=b"", subject_digest=uuid4().hex * 2, state="failed"
    )
    ErasedThing.objects.create(**inside, erasure=row, kind="run", thing_id=house.things["run"], name=house.canary)
    return row


def _transformation(house: House) -> Any:
    """The one that stands there, as one that could not be made, with its definition."""
    from apps.datasets.models import Transformation, TransformationPass

    row = Transformation.objects.get(pk=house.things["transformation"])
    row.name = house.canary
    row.save(update_fields=["name"])
    row.definitions.update(sql=f"SELECT 1 AS {house.canary}")
    inside = {"tenant": house.tenant, "project": house.project}
    TransformationPass.objects.create(
        **inside, transformation=row, definition=row.definitions.get(), state="failed", note=house.canary
    )
    return row


def _legal_hold(house: House) -> Any:
    """One whose last day is over: it stands in nobody's way."""
    from apps.datasets.models import Dataset, LegalHold

    words = {"reason": house.canary, "until": now().date() - timedelta(days=2), "created_at": now()}
    dataset = Dataset.objects.filter(project=house.project).first()
    return LegalHold.objects.create(tenant=house.tenant, project=house.project, dataset=dataset, **words)


def _job(house: House) -> Any:
    from foundation import jobs

    return jobs.enqueue(
        "registry.finish_registration",
        actor=house.admin,
        title=house.canary,
        project_id=house.project.pk,
        subject=("model_version", house.things["model_version"]),
        version_id=house.things["model_version"],
    )


def _administered(house: House) -> dict[str, Any]:
    """What administrators set up: groups, roles in projects, webhooks, ways in, quotas, budgets, an export; as rows."""
    from allauth.mfa.models import Authenticator

    from apps.connections import services as connections
    from apps.connections.models import Connection
    from apps.tenants import models as tenants
    from apps.tenants import services
    from foundation.access.models import Group, GroupMember, ProjectRole, SupportGrant
    from foundation.identity.models import EmailDomain
    from tests.apps.tenants.test_single_sign_on_pages import METADATA

    inside, project, user = {"tenant": house.tenant}, {"project_id": house.project.pk}, house.admin.user
    group = Group.objects.create(**inside, name=house.canary)
    GroupMember.objects.create(**inside, group=group, user=user)
    webhook = tenants.Webhook.objects.create(
        **inside, url="https://receiver.example/", sealed_secret=b"sealed", created_at=now()
    )
    event = {"event_id": uuid4(), "subject_id": uuid4(), "kind": "run.succeeded", "subject_kind": "run", "seq": 1}
    due = {"next_attempt_at": now(), "created_at": now()}
    made = {
        "group": group,
        "project_role": ProjectRole.objects.create(**inside, **project, group=group, role="viewer"),
        "webhook": webhook,
        "delivery": tenants.WebhookDelivery.objects.create(
            **inside, **event, **due, webhook=webhook, payload=f'{{"text": "{house.canary}"}}'
        ),
        "provider": services.single_sign_on.add_saml_provider(
            actor=house.admin, name=house.canary, metadata=METADATA, metadata_url="", now=now()
        ),
        "domain": EmailDomain.objects.create(
            **inside, name=f"{house.tenant.slug}.test", challenge=uuid4().hex, claimed_at=now()
        ),
        "quota": tenants.Quota.objects.create(**inside, **project, concurrent_runs=1),
        "budget": tenants.Budget.objects.create(**inside, **project, hard_limit=9),
        "price": tenants.Price.objects.create(**inside, item="small", amount=1, valid_from=now() + timedelta(days=1)),
        "export": tenants.TenantExport.objects.create(**inside, asked_by=user, asked_at=now()),
        "binned": services.delete_group(
            actor=house.admin, group=Group.objects.create(**inside, name=f"{house.canary} of before")
        ),
        "data_binned": connections.delete_connection(
            actor=house.admin,
            connection=Connection.objects.create(
                **inside, **project, name=f"{house.canary} of before", kind="postgresql", created_at=now()
            ),
        ),
        "support": SupportGrant.objects.create(
            **inside, user=user, level="viewer", reason=house.canary, hours=1, asked_at=now()
        ),
        "factor": Authenticator.objects.create(user=user, type="totp", data={"secret": house.canary}),
    }
    return {kind: thing.pk for kind, thing in made.items()} | {"tenant_pk": house.tenant.pk}


# In this order: each may name what those before it made. A new kind of thing is a line in one of them, or a new one.
MAKERS: list[Callable[[House], dict[str, Any]]] = [
    _project,
    _in_project,
    _tracked,
    _approval,
    _access,
    _administered,
    _seen,
]


__all__ = ["House", "furnish"]
