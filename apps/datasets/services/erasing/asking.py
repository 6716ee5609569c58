"""Look where a person is; then have the person erased, and have what broke off go on."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import ERASURE_NEXT, LEFT_TO_PEOPLE, MENTIONS, ErasedKind, ErasureState
from apps.datasets.events import ErasureRequested, ErasureResumed
from apps.datasets.models import Dataset, DatasetVersion, Erasure
from apps.datasets.services.erasing.explaining import check_nothing_is_near, nowhere
from apps.datasets.services.erasing.reaching import Reached, Search, look_everywhere, reaches, unfinished_anywhere
from apps.datasets.services.erasing.sealing import digest_of_value, sealed_value
from foundation import jobs, ledger, states
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.storage import keys

if TYPE_CHECKING:
    from apps.projects.models import Project
    from foundation.web.chain import ChainNode

ERASE = "datasets.erase"


def find_person(
    *, actor: Actor, project: Project, column: str, value: str, dataset: Dataset | None = None
) -> list[Reached]:
    """Where the person is, and what was made of it, as counts alone. Nothing is changed or kept.

    Nothing is answered only where nobody is: a column that is not there, and rows that differ from the value only in
    capitals or outer spaces, are refused with what there is.
    """
    policies.check_can_erase(actor, project)
    return look(search_of(actor, project, column, value, dataset))


@transaction.atomic
def erase_person(
    *,
    actor: Actor,
    project: Project,
    column: str,
    value: str,
    dataset: Dataset | None = None,
    break_chain: bool = False,
) -> Erasure:
    """Have the person erased by a job: what holds the person is destroyed, the newest of each has a successor.

    Refused while an approval case rests on it or something is made of it just now, and, without `break_chain`, where
    something stays that was made of it: runs, models, deployments.
    """
    policies.check_can_erase(actor, project)
    search = search_of(actor, project, column, value, dataset)
    found = look(search)
    if not found:
        raise Invalid(nowhere(found), fields={"value": [nowhere(found)]})
    return begin(search, found, project=project, dataset=dataset, break_chain=break_chain)


def search_of(actor: Actor, project: Project, column: str, value: str, dataset: Dataset | None = None) -> Search:
    return Search(
        actor=actor,
        project_id=project.pk,
        column=column,
        value=checked(column, value),
        dataset_id=dataset.pk if dataset else None,
    )


def look(search: Search) -> list[Reached]:
    """Where the person is; Invalid where nothing was found and somebody may be there all the same."""
    found = look_everywhere(search)
    # Where it is only written down, rows may have it otherwise all the same.
    if all(one.kind in MENTIONS for one in found):
        check_nothing_is_near(search)
    return found


def begin(
    search: Search, found: list[Reached], *, project: Project, dataset: Dataset | None = None, break_chain: bool = False
) -> Erasure:
    """The erasure of what was found, as its job will do it; in a transaction. The caller has asked whether one may."""
    actor, digest = search.actor, digest_of_value(search.actor.tenant_id, search.value)
    _check_not_under_way(search, digest, project)
    check_nothing_rests_on(search, found, break_chain=break_chain)
    versions = [one for one in found if one.kind is ErasedKind.DATASET_VERSION]
    erasure = Erasure(
        pk=uuid4(),
        tenant=actor.tenant,
        project_id=project.pk,
        dataset=dataset,
        column=search.column,
        subject_digest=digest,
        version_count=len(versions),
        row_count=sum(one.rows or 0 for one in versions),
        created_by=actor.user,
    )
    erasure.sealed = sealed_value(erasure, search.value)
    erasure.save(force_insert=True)
    record(ErasureRequested, actor, erasure, version_count=len(versions))
    _enqueue(actor, erasure)
    return erasure


@transaction.atomic
def go_on_erasing(*, actor: Actor, erasure: Erasure, value: str) -> Erasure:
    """Have one that failed or was cancelled go on where it stopped; the value is not kept, so it is given once more."""
    erasure = Erasure.objects.select_for_update(of=("self",)).select_related("project").get(pk=erasure.pk)
    policies.check_can_erase(actor, erasure.project)
    if erasure.state != ErasureState.FAILED:
        raise Conflict(_("This erasure is %(state)s; there is nothing to go on with.") % _state(erasure))
    value = checked(erasure.column, value)
    if not hmac.compare_digest(digest_of_value(actor.tenant_id, value), erasure.subject_digest):
        sentence = _("This is another value than the one this erasure was asked for. Type the same one.")
        raise Invalid(sentence, fields={"value": [sentence]})
    keys.new_key(tenant_id=actor.tenant_id, purpose=erasure.key_purpose)
    states.move(erasure, ErasureState.ERASING, ERASURE_NEXT)
    erasure.sealed, erasure.ended_at = sealed_value(erasure, value), None
    erasure.failure, erasure.failure_words = "", {}
    erasure.save(update_fields=["state", "sealed", "failure", "failure_words", "ended_at"])
    record(ErasureResumed, actor, erasure)
    _enqueue(actor, erasure)
    return erasure


def record(event: Callable[..., ledger.Event], actor: Actor, erasure: Erasure, **words: object) -> None:
    said = event(erasure_id=erasure.pk, subject_digest=erasure.subject_digest, **words)
    ledger.record(said, actor=actor, project_id=erasure.project_id, subject=("erasure", erasure.pk))


def check_nothing_rests_on(search: Search, found: list[Reached], *, break_chain: bool) -> None:
    """Refused while somebody decides by it or makes something of it, and unless the chain may break."""
    policies.check_not_held([*_versions(found), *_set_aside_of(found)])
    policies.check_datasets_not_held({one.dataset_id for one in found if one.dataset_id})
    users = _users(search.actor, found)
    policies.check_nobody_decides(users)
    if waiting := unfinished_anywhere(search.beyond(found)):
        sentence = _(
            "Just now this is being made of the person's rows: %(names)s. Wait until it has ended or cancel it."
        )
        raise Conflict(sentence % {"names": ", ".join(waiting)})
    erased = {(str(one.kind), one.name) for one in found if one.kind not in LEFT_TO_PEOPLE}
    follows = frozenset[str]().union(*(reach.follows for reach in reaches()))
    left = [node for node in users if (node.kind, node.name) not in erased and node.kind not in follows]
    policies.check_chain_may_break(left, confirmed=break_chain)


def _check_not_under_way(search: Search, digest: str, project: Project) -> None:
    """Two that destroy the same rows would each make a successor of them; whoever sends a form twice means one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"erasure {project.pk} {digest}"])
    rows = Erasure.objects.filter(project_id=project.pk, subject_digest=digest, state=ErasureState.ERASING)
    if search.dataset_id:
        rows = rows.filter(Q(dataset=None) | Q(dataset=search.dataset_id))
    if running := rows.filter(column=search.column).first():
        sentence = _("This person is being erased from “%(project)s” already: it is the erasure %(erasure)s.")
        raise Conflict(sentence % {"project": project.name, "erasure": running})


def _users(actor: Actor, found: list[Reached]) -> list[ChainNode]:
    """What was made of what is erased, directly or not, each once."""
    nodes = [node for version in _versions(found) for node in selectors.made_from(actor=actor, version=version)]
    return list({(node.kind, node.name, node.url): node for node in nodes}.values())


def _versions(found: list[Reached]) -> list[DatasetVersion]:
    ids = [one.id for one in found if one.kind is ErasedKind.DATASET_VERSION]
    return list(DatasetVersion.objects.in_bulk(ids).values())


def _set_aside_of(found: list[Reached]) -> list[DatasetVersion]:
    """The versions of whose rows some are taken out of quarantine."""
    ids = [one.id for one in found if one.kind is ErasedKind.QUARANTINE]
    return list(DatasetVersion.objects.filter(quarantine__in=ids))


def _enqueue(actor: Actor, erasure: Erasure) -> None:
    jobs.enqueue(
        ERASE,
        actor=actor,
        project_id=erasure.project_id,
        subject=("erasure", erasure.pk),
        title=_("Erasing a person from %(project)s") % {"project": erasure.project.name},
        erasure_id=str(erasure.pk),
    )


def checked(column: str, value: str) -> str:
    """The value; Invalid where either says nothing."""
    if not column.strip() or not value.strip():
        empty = {name: [_("Give it.")] for name, given in (("column", column), ("value", value)) if not given.strip()}
        raise Invalid(_("Say which column names people, and which value names this person."), fields=empty)
    return value


def _state(erasure: Erasure) -> dict[str, str]:
    return {"state": str(ErasureState(erasure.state).label)}
