from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from foundation.access import archives
from foundation.access.permissions import (
    AFTER_DELETION,
    IN_ARCHIVE,
    NOT_FOR_GUESTS,
    ROLE_PERMISSIONS,
    TENANT_WIDE,
    Permission,
    Role,
)
from foundation.errors import AccessDenied, NotFound, PortalError
from foundation.identity import Actor

if TYPE_CHECKING:
    from foundation.identity.models import User

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Lacking:
    """A permission that a person could ask for: in one project, or (None) in the tenant, where a role brings it."""

    permission: Permission
    project_id: UUID | None = None


@dataclass(frozen=True)
class Verdict:
    """What a page needs of a policy: whether the button is live, the sentence of its tooltip, and what to ask for."""

    allowed: bool
    reason: str = ""
    lacking: Lacking | None = None

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class Inside:
    """Anything in a project, to ask whether a permission holds there; None is the tenant outside its projects."""

    project_id: UUID | None


def can(actor: Actor, permission: Permission, thing: Any = None) -> bool:
    """Whether the actor holds the permission, for `thing` where one is given; costs no query."""
    if actor.kind == "system":
        return True
    if not _in_scopes(actor, permission) or _not_for_guests(actor, permission):
        return False
    project_id = getattr(thing, "project_id", None)
    if _beyond_project(actor, permission, thing) or not _inside(actor, thing, project_id):
        return False
    if project_id in actor.archived and permission not in IN_ARCHIVE:
        return False
    if _goes(actor, permission, project_id):
        return False
    if actor.kind == "workload":
        return permission.value in actor.scopes
    role = _role(actor)
    if role is not None and permission in ROLE_PERMISSIONS[role]:
        return True
    return project_id is not None and project_id in granted_in(actor, permission)


def granted_in(actor: Actor, permission: Permission) -> list[UUID]:
    """The projects in which a grant gives the actor the permission beside their role."""
    if permission in TENANT_WIDE or not _in_scopes(actor, permission):
        return []
    found = [project_id for project_id, names in actor.grants.items() if permission.value in names]
    return [project_id for project_id in found if actor.project_id in {None, project_id}]


def visible(
    rows: QuerySet[Row],
    actor: Actor,
    permission: Permission,
    *,
    project_id: UUID | None = None,
    field: str = "project_id",
    own: Q | None = None,
) -> QuerySet[Row]:
    """Those of the rows that lie in the actor's tenant and in projects where they hold the permission.

    `project_id` narrows to one project, `field` is the rows' way to theirs. `own` says which rows are the actor's own:
    a person sees those without the permission. Of a project whose deletion has begun there is nothing. AccessDenied for
    whoever else holds it in no project at all.
    """
    require_somewhere_or_own(actor, permission, own=own is not None)
    rows = rows.filter(tenant_id=actor.tenant_id)
    for limit in filter(None, (project_id, actor.project_id)):
        rows = rows.filter(**{field: limit})
    if not can(actor, permission):
        granted = Q(**{f"{field}__in": granted_in(actor, permission)})
        rows = rows.filter(granted | own if own is not None and reads_own(actor, permission) else granted)
    if actor.going and permission not in AFTER_DELETION:
        rows = rows.exclude(**{f"{field}__in": actor.going})
    return rows


def can_somewhere(actor: Actor, permission: Permission) -> bool:
    """Held in the tenant, or in one project at least."""
    return can(actor, permission) or bool(granted_in(actor, permission))


def require_somewhere(actor: Actor, permission: Permission) -> None:
    """For doors that do not know the thing yet: held in the tenant, or by a grant in one project at least.

    Whoever finds the thing asks again, for the thing.
    """
    if not granted_in(actor, permission):
        require(actor, permission)


def reads_own(actor: Actor, permission: Permission) -> bool:
    """Whether the actor is a person, and their token, if they use one, was made for the permission.

    Such a person sees what they asked for themselves without holding the permission.
    """
    return actor.user is not None and _in_scopes(actor, permission)


def require_somewhere_or_own(actor: Actor, permission: Permission, *, own: bool) -> None:
    """`require_somewhere`; with `own`, a door behind which a person finds at least what is their own."""
    if not (own and reads_own(actor, permission)):
        require_somewhere(actor, permission)


def require(actor: Actor, permission: Permission, thing: Any = None, *, else_say: str | None = None) -> None:
    """Raise AccessDenied with the sentence unless the actor holds the permission.

    ProjectArchived says that they do, and that nothing is written where the thing lies; NotFound that it is deleted.
    """
    if can(actor, permission, thing):
        return
    if _goes(actor, permission, getattr(thing, "project_id", None)):
        raise archives.not_there()
    if actor.archived and can(replace(actor, archived={}), permission, thing):
        raise archives.refusal(actor, thing.project_id)
    raise AccessDenied(else_say or _refusal(actor, permission, thing), details=_details(permission, thing))


def require_not_archived(actor: Actor, project_id: UUID | None) -> None:
    """ProjectArchived for what is written in a project and asks for no permission there, since it is somebody's own.

    NotFound where the project's deletion has begun.
    """
    if project_id in actor.going:
        raise archives.not_there()
    if project_id in actor.archived:
        raise archives.refusal(actor, project_id)


def require_operator(user: User) -> None:
    """NotFound for whoever is no operator of the platform: nobody else learns that there is such a thing."""
    if not (user.is_operator and user.is_active):
        raise NotFound(_("There is nothing at this address, or it is not yours to see."))


def require_own(actor: Actor) -> None:
    """AccessDenied for a platform operator who is here for support: this is the organisation's own to decide."""
    if actor.guest_until is not None:
        raise AccessDenied(_for_own_people())


def lacking(actor: Actor | None, refusal: PortalError) -> Lacking | None:
    """What the person who reads this refusal could ask for; a program asks for nothing by itself, nor does a guest."""
    name = refusal.details.get("permission")
    if actor is None or actor.user is None or actor.token_id is not None or name not in Permission.values:
        return None
    if actor.guest_until is not None:
        return None
    project_id = refusal.details.get("project_id")
    return Lacking(Permission(name), UUID(project_id) if project_id else None)


def missing(permission: Permission) -> str:
    """The sentence that names the missing permission and who can give it."""
    return _("You may not %(act)s here. A tenant administrator can give you the permission “%(name)s”.") % {
        "act": permission.label,
        "name": permission.value,
    }


def _refusal(actor: Actor, permission: Permission, thing: Any) -> str:
    if _beyond_project(actor, permission, thing):
        return _for_the_tenant(permission)
    if _not_for_guests(actor, permission):
        return _for_own_people()
    if actor.token_id is not None and not _in_scopes(actor, permission):
        return _beyond_scopes(actor, permission)
    if actor.kind == "service":
        return _beyond_program(permission)
    return missing(permission)


def _beyond_program(permission: Permission) -> str:
    return _(
        "This service account may not %(act)s here (“%(name)s”). An administrator gives it a role in the project, "
        "under Project settings, People, or another role under Settings, Service accounts."
    ) % {"act": permission.label, "name": permission.value}


def _beyond_scopes(actor: Actor, permission: Permission) -> str:
    """What the owner of the token may do is not asked: the token is what has to be another one."""
    if actor.kind == "service":
        return _(
            "This token was not made to %(act)s. An administrator makes one with the permission “%(name)s” on the page "
            "of this service account, under Settings, Service accounts."
        ) % {"act": permission.label, "name": permission.value}
    return _(
        "This token was not made to %(act)s. Make one with the permission “%(name)s” on the page Settings, Tokens."
    ) % {"act": permission.label, "name": permission.value}


def _for_the_tenant(permission: Permission) -> str:
    return _("This token is limited to one project. To %(act)s takes one for the whole tenant.") % {
        "act": permission.label
    }


def ask(policy: Callable[..., None], actor: Actor, *args: Any, **kwargs: Any) -> Verdict:
    """A policy's answer as a value instead of an exception."""
    try:
        policy(actor, *args, **kwargs)
    except PortalError as refusal:
        return Verdict(allowed=False, reason=refusal.sentence, lacking=lacking(actor, refusal))
    return Verdict(allowed=True)


def _for_own_people() -> str:
    return _("You are here for platform support; only the organisation's own people do this.")


def _not_for_guests(actor: Actor, permission: Permission) -> bool:
    return actor.guest_until is not None and permission in NOT_FOR_GUESTS


def _goes(actor: Actor, permission: Permission, project_id: UUID | None) -> bool:
    return project_id in actor.going and permission not in AFTER_DELETION


def _role(actor: Actor) -> Role | None:
    return Role(actor.role) if actor.role else None


def _in_scopes(actor: Actor, permission: Permission) -> bool:
    return "*" in actor.scopes or permission.value in actor.scopes


def _details(permission: Permission, thing: Any) -> dict[str, str]:
    """The permission, and the project where a grant would do."""
    project_id = None if permission in TENANT_WIDE else getattr(thing, "project_id", None)
    return {"permission": permission.value} | ({"project_id": str(project_id)} if project_id else {})


def _beyond_project(actor: Actor, permission: Permission, thing: Any) -> bool:
    """What is held in the whole tenant, or asked of the tenant itself, is closed to whoever is limited to a project."""
    if actor.project_id is None:
        return False
    return permission in TENANT_WIDE or (thing is not None and getattr(thing, "pk", None) == actor.tenant_id)


def _inside(actor: Actor, thing: Any, project_id: UUID | None) -> bool:
    tenant_id = getattr(thing, "tenant_id", None)
    if tenant_id is not None and tenant_id != actor.tenant_id:
        return False
    # A token made for one project opens nothing of another.
    return actor.project_id is None or project_id is None or project_id == actor.project_id
