"""Delete a project: everything it kept. Each step may be done twice, so a killed worker's is done again.

First what runs ends, then all rows go in one transaction that writes down what lies outside the database, and only then
is that deleted: until the rows are gone nothing is lost, and from then on nobody finds the rest.

What stays, and why:
- the ledger: append-only has no exception. It holds ids, digests, numbers and words, never what a person typed;
- usage by the hour, since it was billed: ids, amounts and prices;
- the project's row, under its short name alone, by which bills and the ledger say what was deleted. Another project may
  take the short name: tokens, the ledger, MLflow's workspaces and all things go by the project's id;
- the row of this job, which says when it was done;
- for its days what the organisation's webhooks were told of it, in ids and digests; for a day what the portal answered
  to a request that may be repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.projects import policies
from apps.projects.events import ProjectDeleted
from apps.projects.models import Project, ProjectDeletion
from apps.projects.services import rows
from apps.projects.services.farewells import every_dependant, farewells
from apps.projects.services.recording import record
from apps.tenants import services as tenants
from foundation import jobs, storage, tenancy
from foundation.clock import database_now
from foundation.errors import Conflict, Unavailable
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.jobs.choices import FINAL
from foundation.lake import shredding
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    from foundation.jobs.models import Job

log = logging.getLogger("sanad.projects")
Plan = dict[str, Any]


def delete_project(*, job: JobHandle, project_id: UUID) -> None:
    """Every step in its own transactions; only the last one says that it is done."""
    with job.scope():
        project = Project.objects.select_related("tenant").get(pk=project_id)
    if project.deleted_at is not None or project.deletion_begun_at is None:
        return
    plan = _planned(project)
    if plan is None:
        for one in _those_that_go(job, project):
            _end_what_runs(job, one)
        job.progress(_("Deleting rows"), 40)
        plan = _let_rows_go(job, project)
    late: Plan | None = plan
    while late is not None:
        _delete_outside(job, project, late)
        with job.scope():
            _forget_archives(project)
        with job.scope():
            late = _leave_a_stone(project)


def _end_what_runs(job: JobHandle, project: Project) -> None:
    job.progress(_("Ending what still runs"), 5)
    _end_jobs(project)
    for done, (room, farewell) in enumerate(farewells()):
        job.progress(_("Ending what runs outside: %(room)s") % {"room": room}, 10 + 25 * done / len(farewells()))
        farewell.end(project.tenant, project.pk)


def _end_jobs(project: Project) -> None:
    """Cancel what waits and what runs; Unavailable while something still runs, so that the job comes back later."""
    system = Actor.system(project.tenant, "leaving")
    with tenancy.scope(project.tenant_id):
        for job_id in list(_open_jobs(project).values_list("pk", flat=True)):
            jobs.cancel(actor=system, job_id=job_id)
    with tenancy.scope(project.tenant_id):
        _check_jobs_ended(project)


def _check_jobs_ended(project: Project) -> None:
    """A job that goes on would write tables and objects that no plan names."""
    if left := _open_jobs(project).count():
        raise Unavailable(_("%(count)s jobs of the project are still ending.") % {"count": left})


def _open_jobs(project: Project) -> QuerySet[Job]:
    """The deletion's own is the tenant's."""
    rows = jobs.visible_jobs(actor=Actor.system(project.tenant, "leaving"))
    return rows.exclude(state__in=FINAL).filter(project_id=project.pk)


def _planned(project: Project) -> Plan | None:
    """What is still to be deleted outside, once the rows are gone."""
    with tenancy.scope(project.tenant_id):
        return ProjectDeletion.objects.values_list("outside", flat=True).get(project=project)


def _those_that_go(job: JobHandle, project: Project) -> list[Project]:
    try:
        with job.scope():
            return _together(project)
    except Conflict:
        _wait_again(job, project)
        raise


def _together(project: Project) -> list[Project]:
    """The project and those in deletion that made something of it, or of those in turn; Conflict names any other."""
    begun = Project.objects.filter(tenant=project.tenant, deletion_begun_at__isnull=False, deleted_at=None)
    there = {one.pk: one for one in begun.select_related("tenant")}
    found = [project.pk]
    for pk in found:
        made = every_dependant(project=there[pk])
        policies.check_nothing_made_elsewhere([one for one in made if one.project.pk not in there])
        found += {one.project.pk for one in made} - set(found)
    return [there[pk] for pk in found]


def _let_rows_go(job: JobHandle, project: Project) -> Plan:
    """All rows at once, tokens void for good, and what lies outside written down.

    Also of those that made something of it and are in deletion: rows that point at each other go together.
    """
    try:
        with job.scope(), transaction.atomic():
            # Nothing that points at them is inserted from here on; all in one order, so that no two wait in a circle.
            begun = Project.objects.filter(tenant=project.tenant, deletion_begun_at__isnull=False, deleted_at=None)
            list(begun.select_for_update().order_by("pk"))
            if (plan := _planned(project)) is not None:
                return plan
            together = _together(project)
            for one in together:
                # What was asked for before it was begun and written since; the next attempt ends it.
                _check_jobs_ended(one)
            plans = {one: _plan(one.tenant, one.pk) for one in together}
            for one, written in plans.items():
                _let_go(one, written)
    except Conflict:
        _wait_again(job, project)
        raise
    return plans[project]


def _let_go(project: Project, plan: Plan) -> None:
    mine = {"tenant_id": project.tenant_id, "project_id": project.pk}
    system, begun = Actor.system(project.tenant, "leaving"), project.deletion_begun_at or database_now()
    plan["tokens"] = tenants.close_project(actor=system, project_id=project.pk, since=begun)
    tenants.end_usage_of_project(**mine, at=database_now())
    plan["rows"] = rows.delete_rows(project=project)
    ProjectDeletion.objects.filter(project=project).update(outside=plan)


def _wait_again(job: JobHandle, project: Project) -> None:
    """Another project came to need it while it was begun: it is found again, and its page says what it waits for."""
    with job.scope():
        Project.objects.filter(pk=project.pk).update(deletion_begun_at=None)


def _plan(tenant: Tenant, project_id: UUID) -> Plan:
    return {"rooms": {room: farewell.outside(tenant, project_id).as_words() for room, farewell in farewells()}}


def _delete_outside(job: JobHandle, project: Project, plan: Plan) -> None:
    job.progress(_("Deleting tables and their keys"), 50)
    _destroy_tables(job, plan)
    job.progress(_("Deleting objects"), 70)
    _delete_objects(project.tenant_id, plan)
    for done, (room, farewell) in enumerate(farewells()):
        job.progress(_("Deleting what lies elsewhere: %(room)s") % {"room": room}, 80 + 15 * done / len(farewells()))
        farewell.forget(project.tenant, project.pk, _of(plan, room, "things"))


def _destroy_tables(job: JobHandle, plan: Plan) -> None:
    if tables := _of_all(plan, "tables"):
        shredding.shred(actor=job.actor, tables=tables)


def _delete_objects(tenant_id: UUID, plan: Plan) -> None:
    for key in _of_all(plan, "objects"):
        for found in storage.list(tenant_id, key) if key.endswith("/") else [key]:
            storage.delete(tenant_id, found)
    storage.sweep_scratch()


def _forget_archives(project: Project) -> None:
    """Archives of the organisation hold every row; one that is being made may have read this project's already."""
    if tenants.is_archive_being_made(tenant_id=project.tenant_id):
        raise Unavailable(_("An archive of the organisation is being made; the deletion waits for it."))
    tenants.forget_archives(actor=Actor.system(project.tenant, "leaving"))


def _leave_a_stone(project: Project) -> Plan | None:
    """None when it is done; else what lies outside of rows that were written late, which is deleted before."""
    locked = Project.objects.select_for_update().get(pk=project.pk)
    deletion = ProjectDeletion.objects.get(project=locked)
    plan, late = deletion.outside or {}, _plan(project.tenant, project.pk)
    plan["rows"] += rows.delete_rows(project=locked)
    if any(_of_all(late, what) for what in ("tables", "objects", "things")):
        deletion.outside = _with(plan, late)
        deletion.save(update_fields=["outside"])
        return late
    said = ProjectDeleted(
        project_id=locked.pk,
        rows=plan["rows"],
        objects=len(_of_all(plan, "objects")),
        tables=len(_of_all(plan, "tables")),
        tokens=plan["tokens"],
    )
    record(said, Actor.system(project.tenant, "leaving"), locked)
    deletion.delete()
    empty = dict.fromkeys(("name", "purpose", "description"), "")
    people = dict.fromkeys(("created_by", "archived_by", "archived_at", "deletion_due"))
    Project.objects.filter(pk=locked.pk).update(**empty, **people, deleted_at=database_now())
    return None


def _with(plan: Plan, late: Plan) -> Plan:
    """Both, so that what is cut off is gone on with whole."""
    rooms = {
        room: {what: [*_of(plan, room, what), *_of(late, room, what)] for what in words}
        for room, words in late["rooms"].items()
    }
    return {**plan, "rooms": {**plan["rooms"], **rooms}}


def _of(plan: Plan, room: str, what: str) -> list[str]:
    """Of a room that was there when the plan was made; a later release may have brought others."""
    words: Mapping[str, list[str]] = plan["rooms"].get(room, {})
    return list(words.get(what, []))


def _of_all(plan: Plan, what: str) -> list[str]:
    return [name for room in plan["rooms"] for name in _of(plan, room, what)]
