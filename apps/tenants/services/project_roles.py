"""Roles in single projects, beside the role in the tenant: given to people, groups and service accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import HolderKind
from apps.tenants.events import ProjectRoleGiven, ProjectRoleTakenBack
from apps.tenants.services.locking import lock_tokens_of
from apps.tenants.services.tokens import revoke_tokens_beyond
from foundation import access, clock, ledger, live
from foundation.access.models import Group, Membership, ProjectRole
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity import Actor
from foundation.identity.models import ServiceAccount, User


@dataclass(frozen=True)
class Holder:
    """Whose role it is."""

    kind: HolderKind
    id: UUID

    @classmethod
    def parse(cls, text: str) -> Holder:
        """As forms and addresses write it: `user:<id>`."""
        kind, _sign, pk = text.partition(":")
        try:
            return cls(HolderKind(kind), UUID(pk))
        except ValueError:
            sentence = _("“%(text)s” names no person, group or service account.") % {"text": text[:80]}
            raise Invalid(sentence, fields={"holder": [sentence]}) from None


@transaction.atomic
def give_role_in_project(*, actor: Actor, project_id: UUID, holder: Holder, role: str) -> ProjectRole:
    """The holder's one role in this project; another one that they had there is taken back."""
    policies.check_can_share_project(actor, project_id)
    access.require_own(actor)
    access.require_fresh(actor)
    checked = policies.check_role_in_project(role, holder.kind)
    _check_belongs(actor, holder)
    place = {"project_id": project_id, f"{holder.kind.value}_id": holder.id}
    before = _rows(actor).filter(**place).select_for_update(of=("self",)).first()
    if before is not None and before.role == checked:
        return before
    if before is not None:
        _take_back(actor, before)
    row = _written(ProjectRole(tenant=actor.tenant, role=checked, **place))
    given = ProjectRoleGiven(**_facts(row))
    ledger.record(given, actor=actor, project_id=project_id, subject=("project", project_id))
    _tell(actor, row, lost=before is not None)
    return row


@transaction.atomic
def take_back_role_in_project(*, actor: Actor, project_role: ProjectRole) -> None:
    """From here on the holder has there what their role in the tenant and their groups give, and no more."""
    policies.check_can_share_project(actor, project_role.project_id)
    row = _rows(actor).select_for_update(of=("self",)).filter(pk=project_role.pk).first()
    if row is None:
        raise NotFound(_("This role was taken back already."))
    _take_back(actor, row)
    _tell(actor, row, lost=True)


def take_back_roles(
    *, actor: Actor, user: User | None = None, group: Group | None = None, account: ServiceAccount | None = None
) -> None:
    """All roles in projects of one holder who goes; the caller has checked who may say so."""
    rows = _rows(actor).select_for_update(of=("self",))
    for row in rows.filter(user=user, group=group, service_account=account):
        _take_back(actor, row)


def _written(row: ProjectRole) -> ProjectRole:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("Somebody has just given them a role in this project; look at it, then change it.")) from error
    return row


def _take_back(actor: Actor, row: ProjectRole) -> None:
    taken = ProjectRoleTakenBack(**_facts(row))
    ledger.record(taken, actor=actor, project_id=row.project_id, subject=("project", row.project_id))
    ProjectRole.objects.filter(pk=row.pk).delete()


def _tell(actor: Actor, row: ProjectRole, *, lost: bool) -> None:
    """Open pages of whom it concerns are read anew; what rested on a lost role ends with it."""
    people = [row.user] if row.user else []
    if row.group is not None:
        people = [place.user for place in row.group.places.select_related("user")]
    if lost:
        lock_tokens_of(actor.tenant_id, [person.pk for person in people])
    for person in people:
        if lost:
            revoke_tokens_beyond(actor=actor, user=person, now=clock.now())
        live.disconnect(user_id=person.pk, sentence=_("Your permissions changed; reload the page."))


def _check_belongs(actor: Actor, holder: Holder) -> None:
    rows: dict[HolderKind, QuerySet[Any]] = {
        HolderKind.USER: Membership.objects.filter(user_id=holder.id),
        HolderKind.GROUP: Group.objects.filter(pk=holder.id),
        HolderKind.SERVICE_ACCOUNT: ServiceAccount.objects.filter(pk=holder.id),
    }
    if not rows[holder.kind].filter(tenant_id=actor.tenant_id).exists():
        raise NotFound(_("There is no such person, group or service account in this tenant."))


def _rows(actor: Actor) -> QuerySet[ProjectRole]:
    return ProjectRole.objects.filter(tenant_id=actor.tenant_id).select_related("user", "group", "service_account")


def _facts(row: ProjectRole) -> dict[str, Any]:
    kind = next(kind for kind in HolderKind if getattr(row, f"{kind.value}_id"))
    return {
        "project_role_id": row.pk,
        "project": row.project_id,
        "holder": kind.value,
        "holder_id": getattr(row, f"{kind.value}_id"),
        "role": row.role,
    }
