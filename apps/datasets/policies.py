from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.approvals.choices import CaseState
from apps.datasets import selectors
from apps.datasets.choices import NEXT, VersionState
from foundation import access
from foundation.access import Permission
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.identity import Actor
from foundation.tenancy import zones
from foundation.web.chain import ChainNode

if TYPE_CHECKING:
    from uuid import UUID

    from apps.datasets.models import (
        Breach,
        Dataset,
        DatasetVersion,
        Ingestion,
        Quarantine,
        Transformation,
        TransformationDefinition,
    )


def check_can_read(actor: Actor, version: DatasetVersion) -> None:
    access.require(actor, Permission.DATASET_VIEW, version)


def check_can_add(actor: Actor, project: object) -> None:
    access.require(actor, Permission.DATASET_CREATE, project)
    zones.require_zone(actor.tenant)


def check_can_change_transformation(actor: Actor, transformation: Transformation) -> None:
    access.require(actor, Permission.DATASET_CREATE, transformation)
    zones.require_zone(actor.tenant)


def check_same_project(dataset: Dataset, project_id: UUID) -> None:
    """A transformation stays in one project: whoever sees what it makes sees what it is made from."""
    if dataset.project_id != project_id:
        raise Invalid(_("“%(name)s” is in another project; take datasets of this one.") % {"name": dataset.name})


def check_can_edit(actor: Actor, dataset: Dataset) -> None:
    access.require(actor, Permission.DATASET_CREATE, dataset)


def check_can_expect(actor: Actor, dataset: Dataset) -> None:
    sentence = _("Only whoever may add datasets here may say what is expected of their rows.")
    access.require(actor, Permission.DATASET_CREATE, dataset, else_say=sentence)


def check_can_promise(actor: Actor, dataset: Dataset) -> None:
    """The owner's word; an administrator's where the owner is away."""
    if actor.user is None or dataset.owner_id != actor.user.pk:
        sentence = _("Only the dataset's owner, or an administrator, may publish its contract.")
        access.require(actor, Permission.DATASET_DESTROY, dataset, else_say=sentence)
    access.require(actor, Permission.DATASET_CREATE, dataset)


def check_may_speak(actor: Actor, breach: Breach) -> None:
    """Whoever makes things here, or decides approvals; for which of them one speaks is asked one by one."""
    if not access.ask(lambda who: access.require(who, Permission.APPROVAL_DECIDE, breach), actor):
        sentence = _("You made nothing that builds on this dataset. Its makers, or whoever decides approvals, say it.")
        access.require(actor, Permission.DATASET_CREATE, breach, else_say=sentence)


def speaks_for(actor: Actor, breach: Breach, owner: str) -> bool:
    """Whether the actor made what `owner` made, or decides approvals in the project."""
    if actor.user is not None and owner == str(actor.user.pk):
        return True
    return bool(access.ask(lambda who: access.require(who, Permission.APPROVAL_DECIDE, breach), actor))


def check_breach_seen(breach: Breach | None) -> None:
    """What breaks the contract is committed when everybody who builds on the dataset has seen it."""
    if breach is not None and breach.unseen:
        names = ", ".join(breach.unseen[:5]) + (", …" if len(breach.unseen) > 5 else "")
        sentence = _("It breaks the data contract. Whoever made these has to see it first: %(names)s.")
        raise Conflict(sentence % {"names": names})


def check_can_see(actor: Actor, quarantine: Quarantine) -> None:
    access.require(actor, Permission.DATASET_VIEW, quarantine)


def check_can_mend(actor: Actor, quarantine: Quarantine) -> None:
    """Correct, discard and replay rows that were set aside."""
    sentence = _("Only whoever may add datasets here may correct, discard or replay rows in quarantine.")
    access.require(actor, Permission.DATASET_CREATE, quarantine, else_say=sentence)


def check_may_change_rows(actor: Actor, quarantine: Quarantine) -> None:
    """What is under legal hold stays as it is, and where it is."""
    check_can_mend(actor, quarantine)
    if quarantine.is_sample:
        sentence = _(
            "These are the first rows that kept %(version)s from being made, to be looked at. Mend what was sent, and "
            "send it again."
        )
        raise Conflict(sentence % {"version": quarantine.version})
    check_not_held([quarantine.version])


def check_can_replay(actor: Actor, quarantine: Quarantine) -> None:
    """Replayed rows join the newest version's: before the commit that is the one before, and the next lacks them."""
    check_may_change_rows(actor, quarantine)
    if quarantine.version.state == VersionState.REVIEW:
        sentence = _(
            "The version that these rows were set aside of waits for review. Commit it first, then replay them."
        )
        raise Conflict(sentence)


def check_not_replaying(version: DatasetVersion | None) -> None:
    """What is on its way into a version is neither changed nor sent twice."""
    if version is None:
        return
    if version.state == VersionState.REVIEW:
        sentence = _("Rows of this quarantine wait for review in %(version)s. Commit or discard that version first.")
    else:
        sentence = _("Rows of this quarantine are on their way into %(version)s. Wait until they have arrived.")
    raise Conflict(sentence % {"version": version})


def check_can_commit(actor: Actor, version: DatasetVersion) -> None:
    access.require(actor, Permission.DATASET_CREATE, version)
    if VersionState.READY not in NEXT[VersionState(version.state)]:
        raise Conflict(
            _("This version is %(state)s; only one that waits for review can be committed.") % _state(version)
        )
    check_breach_seen(getattr(version, "breach", None))


def check_can_discard(actor: Actor, version: DatasetVersion) -> None:
    access.require(actor, Permission.DATASET_CREATE, version)
    if version.state != VersionState.REVIEW:
        raise Conflict(
            _("This version is %(state)s; only one that waits for review can be discarded.") % _state(version)
        )


def check_can_destroy(actor: Actor, version: DatasetVersion) -> None:
    """Again while it is being destroyed: an attempt may have ended for good before it was done."""
    sentence = _("Only an administrator, of the organisation or of the project, may destroy a version for good.")
    access.require(actor, Permission.DATASET_DESTROY, version, else_say=sentence)
    state = VersionState(version.state)
    if state is not VersionState.DESTROYING and VersionState.DESTROYING not in NEXT[state]:
        raise Conflict(_("This version is %(state)s; there are no rows to destroy.") % _state(version))


def check_not_written_to(version: DatasetVersion, writer: str) -> None:
    """A version that was cut out of a table which still grows cannot be taken out of it alone."""
    if writer:
        sentence = _(
            "The rows of %(version)s lie in the table that “%(writer)s” writes to. Delete that for ever first."
        )
        raise Conflict(sentence % {"version": version, "writer": writer})


def check_can_erase(actor: Actor, project: object) -> None:
    sentence = _("Only an administrator, of the organisation or of the project, may erase a person's data.")
    access.require(actor, Permission.DATASET_DESTROY, project, else_say=sentence)
    access.require_fresh(actor)


def check_name_typed(version: DatasetVersion, typed: str) -> None:
    if " ".join(typed.split()) != " ".join(str(version).split()):
        sentence = _("Type %(name)s to confirm.") % {"name": version}
        raise Invalid(sentence, fields={"confirmation": [sentence]})


def check_nobody_decides(users: Iterable[ChainNode]) -> None:
    """A case is decided on evidence: what it rests on stays until the word is spoken."""
    for node in users:
        if node.kind == "approval_case" and CaseState(node.state) is CaseState.OPEN:
            raise Conflict(
                _("“%(case)s” is open and rests on this version. Have it decided or withdrawn first.")
                % {"case": node.name}
            )


def check_chain_may_break(users: Collection[ChainNode], *, confirmed: bool) -> None:
    if users and not confirmed:
        names = ", ".join(node.name for node in users)
        sentence = _(
            "Made from this version: %(names)s. Their chain will show a broken link, and nobody can make them again. "
            "Confirm that, or delete them first."
        )
        said = sentence % {"names": names}
        raise Invalid(said, fields={"break_chain": [said]})


def check_can_classify(actor: Actor, version: DatasetVersion) -> None:
    access.require(actor, Permission.DATASET_CREATE, version)


def _state(version: DatasetVersion) -> dict[str, str]:
    return {"state": str(VersionState(version.state).label)}


def check_can_hold(actor: Actor, thing: object) -> None:
    sentence = _("Only a compliance officer or an administrator may place or release a legal hold.")
    access.require(actor, Permission.DATASET_HOLD, thing, else_say=sentence)


def check_not_held(versions: Collection[DatasetVersion]) -> None:
    """Held by law: neither its owner nor the person in it has it destroyed; an officer weighs the two."""
    held = selectors.held_among([version.pk for version in versions])
    _check_nothing_held({str(version.pk): str(version) for version in held})


def check_datasets_not_held(dataset_ids: Collection[UUID]) -> None:
    """The same of rows of a dataset that are in no version yet: a hold on the whole dataset is on these too."""
    _check_nothing_held({str(dataset.pk): dataset.name for dataset in selectors.datasets_held(dataset_ids)})


def _check_nothing_held(held: Mapping[str, str]) -> None:
    if held:
        sentence = _(
            "Under legal hold, so nobody may destroy it: %(names)s. A compliance officer releases the hold first, or "
            "decides that it stands."
        )
        raise Conflict(sentence % {"names": ", ".join(held.values())}, details={"held": list(held)})


def check_can_tag(actor: Actor, version: DatasetVersion) -> None:
    access.require(actor, Permission.DATASET_CREATE, version)
    if version.state != VersionState.READY:
        raise Conflict(_("This version is %(state)s; only one that is ready can be tagged.") % _state(version))


def check_can_roll_back(version: DatasetVersion, newest: DatasetVersion | None) -> None:
    if version.state != VersionState.READY:
        raise Conflict(_("This version is %(state)s; only to one that is ready leads a way back.") % _state(version))
    if newest is not None and newest.digest == version.digest:
        raise Conflict(_("The newest version, %(version)s, has these rows already.") % {"version": newest})


def check_sees_clear(actor: Actor, thing: object) -> None:
    sentence = _("You see personal values masked. Ask an administrator for seeing them in clear.")
    access.require(actor, Permission.DATASET_CLEAR, thing, else_say=sentence)


def check_may_query(actor: Actor, versions: Iterable[DatasetVersion]) -> None:
    """SQL could bring out what is masked, letter by letter: whoever does not see it in clear writes none over it."""
    for version in versions:
        if not selectors.masks(actor, version):
            continue
        sentence = _(
            "%(version)s holds personal values, which you see masked: %(columns)s. SQL could show them, so ask an "
            "administrator for seeing them in clear."
        )
        names = ", ".join(selectors.covered_columns(version)[:12])
        access.require(
            actor, Permission.DATASET_CLEAR, version, else_say=sentence % {"version": version, "columns": names}
        )


def check_may_match(actor: Actor, newest: DatasetVersion, key: Iterable[str]) -> None:
    """Whether a guessed key replaced a row shows in the number of rows, and which row in the difference."""
    if masked := [name for name in key if name in selectors.masks(actor, newest)]:
        sentence = _(
            "You see these masked, so rows are not matched by them for you: %(columns)s. Ask an administrator for "
            "seeing personal values in clear, or choose another key."
        )
        access.require(actor, Permission.DATASET_CLEAR, newest, else_say=sentence % {"columns": ", ".join(masked)})


def check_may_still_match(actor: Actor, ingestion: Ingestion) -> None:
    """The same each time that an ingestion runs, also for a program whose limits nobody knows any more."""
    newest = selectors.latest_ready(ingestion.dataset) if ingestion.key else None
    if newest is None:
        return
    check_may_match(actor, newest, ingestion.key)
    if ingestion.masked and (covered := [name for name in ingestion.key if name in selectors.covered_columns(newest)]):
        sentence = _(
            "Whoever set this up saw these masked, so rows are not matched by them: %(columns)s. Somebody who sees "
            "personal values in clear has to save it once more."
        )
        raise AccessDenied(sentence % {"columns": ", ".join(covered)})


def why_reads_masked(definition: TransformationDefinition, versions: Iterable[DatasetVersion]) -> str:
    """Why the SQL may not read these versions, empty where it may: they need not be harmless as those before were."""
    if definition.sees_clear:
        return ""
    for version in versions:
        if selectors.covered_columns(version):
            sentence = _(
                "%(version)s holds personal values, and whoever wrote this SQL saw them masked. Somebody who sees them "
                "in clear has to save it once more."
            )
            return sentence % {"version": version}
    return ""


def check_can_retire(actor: Actor, dataset: Dataset) -> None:
    sentence = _("Only an administrator, of the organisation or of the project, says how long versions are kept.")
    access.require(actor, Permission.DATASET_DESTROY, dataset, else_say=sentence)


def check_can_unlink(actor: Actor) -> None:
    sentence = _("Only an administrator of the organisation destroys the key of its tokens.")
    access.require(actor, Permission.DATASET_DESTROY, else_say=sentence)


def check_tenant_typed(actor: Actor, typed: str) -> None:
    if typed.strip() != actor.tenant.slug:
        sentence = _("Type the organisation's short name, %(name)s, to confirm.") % {"name": actor.tenant.slug}
        raise Invalid(sentence, fields={"confirmation": [sentence]})
