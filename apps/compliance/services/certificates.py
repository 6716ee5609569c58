"""The certificate of an erasure: what the summary says by ids and digests, for people to read and to file.

It is set in type as reports are, from the same rows as the summary and weighed against the same entry of the ledger.
Of the person it holds nothing but the keyed digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from apps.compliance.adapters.typst import TypstTypesetter
from apps.compliance.ports import Statement
from apps.compliance.selectors.proofs import Proofs, in_words
from apps.compliance.services.documents import words
from apps.datasets import selectors as datasets
from apps.datasets import services as erasing
from apps.datasets.choices import LEARNED, MENTIONS, ErasedKind, ErasureState
from apps.tenants import selectors as tenants
from foundation import access, ledger
from foundation.clock import now
from foundation.errors import Conflict, NotFound
from foundation.identity import Actor
from foundation.ledger.proving import Entry

_HEADINGS = {
    "report": ("Certificate of erasure", "شهادة محو"),
    "summary": ("In short", "باختصار"),
    "record": ("The ledger", "السجل"),
    "limits": ("What remains, and why", "ما بقي ولماذا"),
    "check": ("How to check it yourself", "كيف تتحقق بنفسك"),
}
_DESTROYED = {ErasedKind.DATASET_VERSION, ErasedKind.FEATURE_VIEW, ErasedKind.TRAINING_SET}
_ENDED = "dataset.person_erased"
FORMS = ("html", "pdf")


def certificate(*, actor: Actor, erasure_id: UUID, form: str) -> tuple[bytes, str, str]:
    """Content, file name and SHA-256 of one edition ("html" or "pdf"), in the reader's language.

    Conflict as `certificate_document` has it.
    """
    if form not in FORMS:
        raise NotFound(_("A certificate can be had as HTML or PDF."))
    document, erasure = _certified(actor, erasure_id)
    if form == "pdf":
        content = TypstTypesetter().pdf(document, made_at=(erasure.ended_at or now()).replace(microsecond=0))
    else:
        content = render_to_string("compliance/report.html", {"document": document}).encode()
    return content, f"erasure-{erasure.pk}.{form}", hashlib.sha256(content).hexdigest()


def certificate_document(*, actor: Actor, erasure_id: UUID) -> dict[str, Any]:
    """What both editions are set from, for programs, in the reader's language.

    Conflict while the erasure has not ended, or the entry that says so has no place in the chain: until then there is
    nothing to certify.
    """
    document, _erasure = _certified(actor, erasure_id)
    return document


def _certified(actor: Actor, erasure_id: UUID) -> tuple[dict[str, Any], Any]:
    erasure = datasets.get_erasure(actor=actor, erasure_id=erasure_id)
    access.require_fresh(actor)
    if erasure.state != ErasureState.ERASED:
        raise Conflict(_("There is no certificate yet: the erasure has not ended."))
    said = ledger.events_of(subject=("erasure", erasure.pk))
    if any(event.kind == _ENDED and not event.seq for event in said):
        raise Conflict(
            _("There is no certificate yet: the entry that it rests on waits for its place. Look again in a minute.")
        )
    return certificate_of(actor=actor, erasure=erasure), erasure


def certificate_of(*, actor: Actor, erasure: Any) -> dict[str, Any]:
    """The document as JSON, as `templates/compliance/report.*` take it."""
    found = ledger.entries_about(tenant_id=actor.tenant_id, subjects=[("erasure", erasure.pk)])
    people = {entry.event.named_actor for entry in found} | {erasure.created_by_id}
    # Whoever may have people erased from one project alone reads no more of the record than what is about this erasure.
    state = ledger.standing(Actor.system(actor.tenant, "certificate"), checkpoints=1)
    signed = state.checkpoints[0].tree_size if state.checkpoints else 0
    names = tenants.names_of(actor=actor, user_ids=people)
    proofs = Proofs(found, names, whole=0 if state.broken else state.entries, signed=signed)
    things = list(erasure.things.all())
    language = get_language() or "en"
    return {
        "language": language,
        "direction": "rtl" if language.startswith("ar") else "ltr",
        "headings": {key: {"en": en, "ar": ar} for key, (en, ar) in _HEADINGS.items()},
        "title": f"{erasure.project.name} · {erasure}",
        "facts": _facts(actor.tenant.shown_name, erasure, found, names),
        "summary": _summary(erasure, things, state.broken),
        "whole": not state.broken,
        "record": _record(proofs),
        "sections": [
            {
                "key": "erased",
                "title": "What was destroyed",
                "title_ar": "ما الذي أُتلف",
                "statements": [_shown(one) for one in _statements(proofs, erasure, things)],
            }
        ],
        "limits": _remains(things),
        "check": _how_to_check(erasure, found),
        "words": words(),
    }


def _facts(organisation: str, erasure: Any, found: list[Entry], names: Mapping[UUID, str]) -> list[list[str]]:
    asked = found[0].event if found else None
    who = names.get(asked.named_actor, "–") if asked and asked.named_actor else str(erasure.created_by or "–")
    every = _("Every dataset of the project that has the column")
    return [
        [_("Organisation"), organisation],
        [_("Project"), erasure.project.name],
        [_("Dataset"), erasure.dataset.name if erasure.dataset else every],
        [_("Column that names people"), erasure.column],
        [_("Keyed digest of the person"), erasure.subject_digest],
        # Without a role: the ledger does not say which they had then, and today's is another matter.
        [_("Asked by"), who],
        [_("Asked"), in_words(erasure.created_at)],
        [_("Ended"), in_words(erasure.ended_at)],
        [_("Case"), str(erasure.pk)],
        [_("Digest of the summary"), erasure.summary_digest],
    ]


def _summary(erasure: Any, things: list[Any], broken: str) -> list[str]:
    destroyed = [one for one in things if one.kind in _DESTROYED]
    left = sum(one.kind in LEARNED for one in things)
    mentions = sum(one.kind in MENTIONS for one in things)
    rows = ngettext("%(n)d row of the person was erased.", "%(n)d rows of the person were erased.", erasure.row_count)
    versions = ngettext(
        "%(n)d dataset version held such rows.", "%(n)d dataset versions held such rows.", erasure.version_count
    )
    said = [_("The ledger is NOT whole: %(fault)s") % {"fault": broken}] if broken else []
    said += [rows % {"n": erasure.row_count}, versions % {"n": erasure.version_count}]
    if destroyed:
        said.append(
            _(
                "The keys of what held these rows were destroyed and the files removed: no backup of them opens any "
                "more. The newest of each has a successor without the person."
            )
        )
    if left:
        said.append(
            ngettext(
                "%(n)d run or model learned from the rows and is left to people.",
                "%(n)d runs and models learned from the rows and are left to people.",
                left,
            )
            % {"n": left}
        )
    if mentions:
        said.append(
            ngettext(
                "%(n)d text that people wrote names the person by the value, and is left to people.",
                "%(n)d texts that people wrote name the person by the value, and are left to people.",
                mentions,
            )
            % {"n": mentions}
        )
    return said


def _statements(proofs: Proofs, erasure: Any, things: list[Any]) -> list[Statement]:
    """Each thing rests on the entry that ended the erasure, which names the digest of the list that it stands in."""
    computed = hashlib.sha256(erasing.summary_lines(erasure)).hexdigest()
    return [
        proofs.state(
            ("erasure", erasure.pk), _ENDED, _in_words(one), agrees={"summary_digest": computed}, digest=one.digest
        )
        for one in things
        if not one.is_left
    ]


def _in_words(one: Any) -> str:
    name = f"{one.get_kind_display()} “{one.name}”" if one.kind in _DESTROYED else one.get_kind_display()
    said = [name]
    if one.row_count is not None:
        rows = ngettext("%(n)d row of the person", "%(n)d rows of the person", one.row_count)
        said.append(rows % {"n": one.row_count})
    if not _is_for_others(one):
        said.append(_what_was_done(one) % {"at": in_words(one.erased_at)})
    if one.successor_id:
        said.append(_("followed by a successor without the person: %(id)s") % {"id": one.successor_id})
    if one.note:
        said.append(one.note.rstrip("."))
    return "; ".join(said) + "."


def _what_was_done(one: Any) -> str:
    if one.kind in _DESTROYED:
        return _("data key and files destroyed %(at)s")
    if one.kind == ErasedKind.ARCHIVE:
        return _("destroyed whole %(at)s")
    return _("the person's entries removed %(at)s")


def _is_for_others(one: Any) -> bool:
    """Whether the portal could only say who does it: files of a broker that it may not write anew."""
    return bool(one.kind == ErasedKind.BROKER and one.note)


def _record(proofs: Proofs) -> list[str]:
    return [
        _("Entry %(seq)d, %(at)s: %(kind)s, by %(who)s. Hash %(hash)s.")
        % {"seq": one.seq, "at": one.at, "kind": one.kind, "who": one.actor, "hash": one.hash}
        for one in proofs.evidence(proofs.entries)
    ] or [_("No entry of the ledger tells of this erasure.")]


def _remains(things: list[Any]) -> list[str]:
    left = [
        _("%(kind)s “%(name)s” keeps what it learned; whether to train anew or to retire it is for people to decide.")
        % {"kind": one.get_kind_display(), "name": one.name}
        for one in things
        if one.kind in LEARNED
    ]
    mentions = [
        _("%(kind)s: “%(name)s”; whether to change it is for people to decide.")
        % {"kind": one.get_kind_display(), "name": one.name}
        for one in things
        if one.kind in MENTIONS
    ]
    return [
        *left,
        *mentions,
        *(one.note for one in things if _is_for_others(one)),
        _("The ledger keeps that rows were erased, with ids, counts, digests and a keyed digest of the person."),
        _("Lineage and the names of versions remain, so that what was built on them can still be explained."),
        _("Files that somebody fetched from the portal before are not within its reach."),
    ]


def _how_to_check(erasure: Any, found: list[Entry]) -> list[str]:
    ended = [entry.event.seq for entry in found if entry.event.kind == _ENDED][-1:]
    return [
        _("Fetch the summary of this erasure (JSON lines); its SHA-256 has to be %(digest)s.")
        % {"digest": erasure.summary_digest},
        *(
            _("Entry %(seq)d of the ledger, “%(kind)s”, names the same digest.") % {"seq": seq, "kind": _ENDED}
            for seq in ended
        ),
        _("Export the ledger (Activity, The record), take key and anchor from where you keep them, and run:"),
        "python sanad_verify.py ledger.jsonl --key key.pem --anchor anchor.jsonl",
    ]


def _shown(said: Statement) -> dict[str, Any]:
    return {**asdict(said), "state": str(said.state)}


__all__ = ["FORMS", "certificate", "certificate_document", "certificate_of"]
