"""Reads, each limited to what the actor may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from apps.projects.choices import Archived
from apps.projects.models import Project, ProjectDeletion
from foundation import access, jobs, ledger
from foundation.access import Permission
from foundation.errors import Invalid, NotFound
from foundation.identity import Actor
from foundation.jobs.choices import FINAL

_LAST_ACTS = 20


@dataclass(frozen=True)
class AtWork:
    """Something in a project that serves, runs or waits, by kind and id; `says` is how it stands, in words."""

    kind: str
    id: UUID
    name: str
    says: str


FindsWork = Callable[[Actor, UUID], Iterable[AtWork]]
_find_work: dict[str, FindsWork] = {}


def register_work(kind: str, finds: FindsWork) -> None:
    """What of an app above this one serves, runs or waits in a project: it is ended before the project is archived.

    Jobs about a thing of this `kind` are not named beside what is found.
    """
    _find_work[kind] = finds


def at_work(*, project: Project) -> list[AtWork]:
    """What keeps the project from being archived, whoever asks; jobs among it."""
    system = Actor.system(project.tenant)
    found = [one for _kind, finds in sorted(_find_work.items()) for one in finds(system, project.pk)]
    rows = jobs.visible_jobs(actor=system).filter(project_id=project.pk).exclude(state__in=FINAL)
    for row in rows.exclude(subject_kind__in=_find_work):
        if not jobs.goes_on_in_archive(row.name):
            kind, pk = row.subject or ("job", row.pk)
            found.append(AtWork(kind, pk, row.title, str(row.get_state_display())))
    return found


def visible_projects(*, actor: Actor) -> QuerySet[Project]:
    """The projects of the tenant that are open to the actor: by their role in it, or by one in the project.

    One whose deletion has begun is not there.
    """
    # Both: that of deleted ones is what the index of short names leaves out.
    there = Project.objects.filter(deletion_begun_at=None, deleted_at=None)
    rows = there.select_related("tenant", "created_by", "archived_by")
    return access.visible(rows, actor, Permission.PROJECT_VIEW, field="pk")


def open_projects(*, actor: Actor) -> QuerySet[Project]:
    """Those of them that are not archived: what lists, the palette and the switcher offer unasked."""
    return listed_projects(actor=actor, archived=Archived.NO)


def listed_projects(*, actor: Actor, archived: str) -> QuerySet[Project]:
    """Those in use, the archived ones, or both: a word of Archived; Invalid for any other."""
    rows = visible_projects(actor=actor)
    if archived not in Archived.values:
        sentence = _("“archived” is no, only or all.")
        raise Invalid(sentence, fields={"archived": [sentence]})
    return rows if archived == Archived.ALL else rows.filter(archived_at__isnull=archived == Archived.NO)


def counts(*, actor: Actor) -> tuple[int, int]:
    """How many projects the actor sees, and how many of them are archived; in one pass over them."""
    found = visible_projects(actor=actor).order_by().aggregate(count=Count("pk"), archived=Count("archived_at"))
    return found["count"], found["archived"]


def all_projects() -> QuerySet[Project]:
    """Of every tenant in scope, for whoever refuses to write in some of them; no actor is known yet."""
    return Project.objects.all()


def get_project(*, actor: Actor, slug: str) -> Project:
    return _one(actor, slug=slug)


def get_project_by_id(*, actor: Actor, project_id: UUID) -> Project:
    return _one(actor, pk=project_id)


def deleted_projects(*, actor: Actor) -> QuerySet[Project]:
    """What is left of those that were deleted, or are just now: their short names, for bills and the ledger."""
    rows = Project.objects.filter(deletion_begun_at__isnull=False)
    return access.visible(rows, replace(actor, going=frozenset()), Permission.PROJECT_VIEW, field="pk")


def name_of_deleted(project: Project) -> str:
    """Of a name nothing is left, and its short name may be another project's by now."""
    return _("deleted project %(slug)s") % {"slug": project.slug}


def ids_of_tenant(*, tenant_id: UUID) -> list[UUID]:
    """Every project that the tenant ever had, deleted ones too: for whoever lets go of all of them."""
    return list(Project.objects.filter(tenant_id=tenant_id).order_by().values_list("pk", flat=True))


def deletion_of(*, project: Project) -> ProjectDeletion | None:
    """Who asked for its deletion, and when; None where nobody did."""
    return ProjectDeletion.objects.select_related("asked_by").filter(project=project).first()


def project_of_actor(*, actor: Actor) -> Project | None:
    """Where the actor worked last, by the ledger; else the newest project. An archived one is none."""
    projects = {project.pk: project for project in open_projects(actor=actor).order_by("-created_at")}
    if access.can(actor, Permission.LEDGER_VIEW) and actor.id is not None:
        for event in ledger.activity(actor, actor_id=actor.id, limit=_LAST_ACTS).events:
            if event.project_id in projects:
                return projects[event.project_id]
    return next(iter(projects.values()), None)


def _one(actor: Actor, **named: str | UUID) -> Project:
    """Asked at nearly every request: the tenant is known, and of people the few pages that name them ask themselves."""
    project = visible_projects(actor=actor).select_related(None).filter(**named).first()
    if project is None:
        raise NotFound(_("There is no such project here, or it is not yours to see."))
    project.tenant = actor.tenant
    return project
