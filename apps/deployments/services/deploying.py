"""A model version gets an address, or takes its place at one that exists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.deployments import policies
from apps.deployments.events import DeploymentCreated, RevisionRequested
from apps.deployments.models import Deployment, Revision
from apps.deployments.services.lookups import may_look_up
from apps.deployments.services.replicas import enqueue_start
from apps.experiments.services import check_may_begin, checked_resource_class
from apps.projects.services import hold_open
from apps.registry import selectors as registry
from foundation import ledger
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.registry.models import ModelVersion

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@transaction.atomic
def deploy_version(
    *, actor: Actor, version_id: UUID, slug: str = "", name: str = "", resource_class: str = "small"
) -> Revision:
    """A new revision of the deployment `slug`, made where it is new; it takes over the traffic once it is ready.

    Without a slug the deployment is called like its model.
    """
    version = registry.get_model_version(actor=actor, version_id=version_id)
    policies.check_can_deploy(actor, version)
    hold_open(actor=actor, project_id=version.project_id)
    size = checked_resource_class(resource_class)
    check_may_begin(actor=actor, project_id=version.project_id, resource_class=size, run=False)
    deployment = _deployment(actor, version, slug or address_from(version.model.name), name)
    number = 1 + (deployment.revisions.aggregate(n=Max("number"))["n"] or 0)
    revision = Revision.objects.create(
        tenant=actor.tenant,
        project_id=deployment.project_id,
        deployment=deployment,
        number=number,
        model_version_id=version.pk,
        artifact_digest=version.artifact_digest,
        resource_class=size,
        looks_up=may_look_up(actor, version),
        created_by=actor.user,
    )
    asked = RevisionRequested(
        deployment_id=deployment.pk, revision_id=revision.pk, model_version_id=version.pk, number=number
    )
    ledger.record(asked, actor=actor, project_id=revision.project_id, subject=("revision", revision.pk))
    enqueue_start(actor, revision)
    return revision


def address_from(model_name: str) -> str:
    """A model's name as an address: it may hold _, which an address may not, and begin with one of either."""
    return model_name.replace("_", "-").strip("-")


def _deployment(actor: Actor, version: ModelVersion, slug: str, name: str) -> Deployment:
    if not _SLUG.fullmatch(slug):
        raise Invalid(
            _("“%(slug)s” cannot be part of an address: use small letters, digits and -.") % {"slug": slug},
            fields={"slug": [_("Like “late-flights”.")]},
        )
    existing = Deployment.objects.select_for_update().filter(tenant=actor.tenant, slug=slug).first()
    if existing is not None:
        policies.check_can_change(actor, existing)
        if existing.project_id != version.project_id or existing.model_id != version.model_id:
            raise Conflict(_("The address “%(slug)s” serves another model. Take another address.") % {"slug": slug})
        return existing
    try:
        with transaction.atomic():
            made = Deployment.objects.create(
                tenant=actor.tenant,
                project_id=version.project_id,
                slug=slug,
                name=name or slug,
                model_id=version.model_id,
                created_by=actor.user,
            )
    except IntegrityError as error:
        raise Conflict(_("Somebody took the address “%(slug)s” just now.") % {"slug": slug}) from error
    created = DeploymentCreated(deployment_id=made.pk)
    ledger.record(created, actor=actor, project_id=made.project_id, subject=("deployment", made.pk))
    return made
