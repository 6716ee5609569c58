from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.approvals.choices import CaseState
from apps.features import selectors
from apps.features.choices import NEXT, BuildState
from foundation import access
from foundation.access import Permission
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.identity import Actor
from foundation.web.chain import ChainNode
from foundation.web.looks import KINDS

if TYPE_CHECKING:
    from apps.features.models import FeatureService, FeatureView, OnDemandView, Retrieval, TrainingSet


def check_can_define(actor: Actor, project: object) -> None:
    access.require(actor, Permission.FEATURE_DEFINE, project)


def check_out_of_bin(thing: object) -> None:
    """From the bin a version comes back as it was: there nothing is said of it, and nothing promised."""
    if getattr(thing, "state", "") == BuildState.BINNED:
        raise Conflict(_("%(thing)s lies in the bin. Restore it first.") % {"thing": thing})


def check_may_read(actor: Actor, retrieval: Retrieval) -> None:
    """What was sent along is of whoever sent it: nobody has said what is in its columns."""
    access.require(actor, Permission.FEATURE_DEFINE, retrieval)
    if retrieval.asked_by is None or retrieval.asked_by != actor.named:
        raise AccessDenied(_("Whoever asked for these features reads them, and nobody else. Ask for them yourself."))


def check_may_see_slice(actor: Actor, thing: FeatureView | TrainingSet, feature: str, masked: bool) -> None:
    """The rows behind a figure are shown to whoever may know the figure: of masked values there is none."""
    access.require(actor, Permission.FEATURE_VIEW, thing)
    if masked:
        sentence = _(
            "You see %(feature)s masked, so neither how far it moved nor the rows behind it are shown. Ask an "
            "administrator for seeing personal values in clear."
        )
        access.require(actor, Permission.DATASET_CLEAR, thing, else_say=sentence % {"feature": feature})


def check_may_name(actor: Actor, view: FeatureView) -> None:
    """Asking by a key tells whether there is such a one: whoever sees the key masked would try them out."""
    _check_clear(actor, view, set(view.entity.join_keys))


def check_may_probe(actor: Actor, view: FeatureView) -> None:
    """The same of rows that somebody brings: their times would tell those of the view, too."""
    _check_clear(actor, view, {*view.entity.join_keys, view.event_time, view.created_column})


def check_may_match(
    actor: Actor, view: FeatureView, keys: Mapping[str, str], event_time: str, covered: Collection[str]
) -> None:
    """The same of rows of a version, by the columns that the view's keys stand in; `covered` are those of which nobody
    made up a value to try it out (`datasets.selectors.beyond_guessing`)."""
    names = {key for key, column in keys.items() if column not in covered}
    if event_time and event_time not in covered:
        names |= {view.event_time, view.created_column}
    _check_clear(actor, view, names)


def _check_clear(actor: Actor, view: FeatureView, names: set[str]) -> None:
    if masked := sorted(names & set(selectors.masks_of_view(actor, view))):
        sentence = _(
            "%(view)s is found by %(keys)s, which you see masked: the answer would tell who is in it. Ask an "
            "administrator for seeing personal values in clear."
        )
        said = sentence % {"view": view, "keys": ", ".join(masked)}
        access.require(actor, Permission.DATASET_CLEAR, view, else_say=said)


def check_can_remove(actor: Actor, view: FeatureView) -> None:
    """Again while it is being destroyed: an attempt may have ended for good before it was done."""
    sentence = _("Only an administrator, of the organisation or of the project, may remove a feature view.")
    access.require(actor, Permission.DATASET_DESTROY, view, else_say=sentence)
    state = BuildState(view.state)
    # What an erasure destroys ends by itself.
    again = state is BuildState.DESTROYING and view.removed
    if state is BuildState.BINNED:
        raise Conflict(_("%(view)s lies in the bin already.") % {"view": view})
    if not again and BuildState.BINNED not in NEXT[state]:
        raise Conflict(_("This version is %(state)s; there are no rows to remove.") % {"state": state.label})


def check_can_remove_on_demand(actor: Actor, view: OnDemandView) -> None:
    """It keeps no rows, so whoever may define may take a definition out of use, as with services."""
    check_can_define(actor, view)
    if view.removed_at is not None:
        raise Conflict(f"{view}: {selectors.removed_in_words(view)}")


def check_can_clear(actor: Actor, training_set: TrainingSet) -> None:
    """One that is ready stays, since what was trained on it names it; so does what an erasure destroys."""
    sentence = _("Only an administrator, of the organisation or of the project, may remove a training set.")
    access.require(actor, Permission.DATASET_DESTROY, training_set, else_say=sentence)
    state = BuildState(training_set.state)
    again = state is BuildState.DESTROYING and not training_set.digest
    if not again and state not in {BuildState.FAILED, BuildState.CANCELLED}:
        sentence = _("This training set is %(state)s; one that failed or was cancelled can be removed.")
        raise Conflict(sentence % {"state": state.label})


def check_name_typed(view: FeatureView | OnDemandView, typed: str) -> None:
    if " ".join(typed.split()) != str(view):
        sentence = _("Type %(name)s to confirm.") % {"name": view}
        raise Invalid(sentence, fields={"confirmation": [sentence]})


def check_not_deployed(
    view: FeatureView | OnDemandView, deployed: Collection[ChainNode], seen: Collection[ChainNode]
) -> None:
    """`seen` is what the actor sees of what was made of it: the others are counted, and not named."""
    if deployed:
        sentence = _("%(view)s is used by models that answer predictions: %(names)s. Stop or replace them first.")
        raise Conflict(sentence % {"view": view, "names": _names_for(deployed, seen)})


def check_in_no_service(view: FeatureView | OnDemandView, services: Collection[FeatureService]) -> None:
    if services:
        sentence = _(
            "%(view)s is part of feature services: %(names)s. Remove those versions first; where one of them was used"
            " for a training set or a model, it stays: deprecate %(view)s instead."
        )
        raise Conflict(sentence % {"view": view, "names": ", ".join(str(service) for service in services)})


def check_unused(
    thing: FeatureView | FeatureService | OnDemandView, users: Collection[ChainNode], seen: Collection[ChainNode]
) -> None:
    if users:
        sentence = _("%(service)s was used for %(names)s, which name it for good. Deprecate it instead.")
        # A training set is often called like its service.
        raise Conflict(sentence % {"service": thing, "names": _names_for(users, seen, with_kinds=True)})


def _names_for(nodes: Collection[ChainNode], seen: Collection[ChainNode], *, with_kinds: bool = False) -> str:
    """The names of those that the reader sees, and how many others there are."""
    open_ones = {node.url for node in seen}
    shown = [node for node in nodes if node.url in open_ones]
    names = [f"{node.name} ({KINDS[node.kind][0]})" if with_kinds else node.name for node in shown]
    if hidden := len(nodes) - len(names):
        names.append(_("%(count)d that you do not see") % {"count": hidden})
    return ", ".join(names)


def open_cases(nodes: Collection[ChainNode]) -> list[ChainNode]:
    """The decisions among these that are not made yet."""
    return [node for node in nodes if node.kind == "approval_case" and CaseState(node.state) is CaseState.OPEN]


def check_no_case_open(users: Collection[ChainNode], seen: Collection[ChainNode]) -> None:
    """`seen` is what the actor sees of the users: a decision that is not among them is not named."""
    for node in open_cases(seen):
        raise Conflict(
            _("“%(case)s” is open and rests on this version. Have it decided or withdrawn first.") % {"case": node.name}
        )
    if open_cases(users):
        raise Conflict(
            _("A decision that you do not see is open and rests on this version. Have it decided or withdrawn first.")
        )


def check_chain_may_break(
    view: FeatureView | OnDemandView, users: Collection[ChainNode], seen: Collection[ChainNode], *, confirmed: bool
) -> None:
    if users and not confirmed:
        sentence = _("Made from %(view)s: %(names)s. Their chain will show a broken link. Confirm that.")
        said = sentence % {"view": view, "names": _names_for(users, seen)}
        raise Invalid(said, fields={"break_chain": [said]})
