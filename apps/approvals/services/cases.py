"""Writes of approval cases: open, decide, withdraw, comment."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.approvals import policies, selectors
from apps.approvals.choices import DECIDE_WITHIN, NEXT, CaseState, Verdict
from apps.approvals.events import CaseCommented, CaseGranted, CaseOpened, CaseRefused, CaseVoided, CaseWithdrawn
from apps.approvals.models import ApprovalCase, Comment, Decision
from apps.approvals.selectors import CaseKind, ContextOf, DigestOf, VoidBecause
from apps.projects import selectors as projects
from apps.projects.services import hold_open
from foundation import access, ledger, states
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.identity import Actor
from foundation.words import Words

if TYPE_CHECKING:
    from foundation.identity.models import User

_LONGEST_TEXT = 4000


def register_evidence(
    kind: str,
    template: str,
    context_fn: ContextOf,
    *,
    digest_fn: DigestOf | None = None,
    void_fn: VoidBecause | None = None,
) -> None:
    """How the case page shows cases of this kind: `context_fn(actor, case)` fills `template`.

    `digest_fn(actor, subject_id)` is the digest that the thing has now, None where it is gone: a case about another
    digest is void and cannot be decided. `void_fn(actor, case)` says why else it is, or nothing.
    """
    selectors.register_kind(kind, CaseKind(template, context_fn, digest_fn, void_fn))


@transaction.atomic
def open_case(
    *,
    actor: Actor,
    project_id: UUID,
    kind: str,
    subject: tuple[str, UUID],
    subject_digest: str,
    title: Words,
    evidence: dict[str, Any],
) -> ApprovalCase:
    """Ask for a decision about a thing as it is now; one open case for each thing and kind."""
    policies.check_can_open(actor, project_id)
    projects.get_project_by_id(actor=actor, project_id=project_id)
    hold_open(actor=actor, project_id=project_id)
    _void_outdated(actor, kind, subject, subject_digest)
    return enter_case(
        actor=actor,
        project_id=project_id,
        kind=kind,
        subject=subject,
        subject_digest=subject_digest,
        title=title,
        evidence=evidence,
    )


def enter_case(
    *,
    actor: Actor,
    project_id: UUID | None,
    kind: str,
    subject: tuple[str, UUID],
    subject_digest: str,
    title: Words,
    evidence: dict[str, Any],
) -> ApprovalCase:
    """Write a new case; the caller has checked who may ask, and whether an archive takes it.

    Without a project it is about the tenant.
    """
    moment = now()
    case = ApprovalCase(
        tenant=actor.tenant,
        project_id=project_id,
        kind=kind,
        subject_kind=subject[0],
        subject_id=subject[1],
        subject_digest=subject_digest,
        title=title.plain[:200],
        words=title.as_json(),
        requester_id=_requester(actor),
        requested_by=actor.user,
        evidence=evidence,
        created_at=moment,
        due_at=moment + DECIDE_WITHIN,
    )
    _insert(case)
    shown = hashlib.sha256(json.dumps(evidence, sort_keys=True, cls=DjangoJSONEncoder).encode()).hexdigest()
    _record(CaseOpened(**_facts(case), evidence_digest=shown), actor, case)
    return case


@transaction.atomic
def decide(*, actor: Actor, case: ApprovalCase, verdict: str, reason: str, digest: str = "") -> ApprovalCase:
    """Grant or refuse an open case, once; `digest` is what the decider read, where the caller knows it."""
    case = _locked(case)
    policies.check_can_decide(actor, case)
    access.require_fresh(actor)
    if digest and digest != case.subject_digest:
        raise Conflict(_("You read another digest than the one this case is about. Read the case again."))
    chosen, moment = _checked_verdict(verdict), now()
    decision = Decision.objects.create(
        tenant=actor.tenant,
        case=case,
        requester_id=case.requester_id,
        decided_by=_person(actor),
        verdict=chosen,
        reason=_checked_text(reason, "reason"),
        digest=case.subject_digest,
        decided_at=moment,
    )
    _close(case, CaseState.GRANTED if chosen is Verdict.GRANTED else CaseState.REFUSED)
    event = CaseGranted if chosen is Verdict.GRANTED else CaseRefused
    _record(event(**_facts(case), decision_id=decision.pk), actor, case)
    return case


@transaction.atomic
def withdraw(*, actor: Actor, case: ApprovalCase) -> ApprovalCase:
    """Take back what one asked for, while nobody has decided it."""
    case = _locked(case)
    policies.check_can_withdraw(actor, case)
    _close(case, CaseState.WITHDRAWN)
    _record(CaseWithdrawn(**_facts(case)), actor, case)
    return case


@transaction.atomic
def comment(*, actor: Actor, case: ApprovalCase, text: str) -> Comment:
    """Say something beside the case; the ledger keeps that it was said, not what."""
    policies.check_can_comment(actor, case)
    made = Comment.objects.create(
        tenant=actor.tenant, case=case, author=actor.user, text=_checked_text(text, "text"), created_at=now()
    )
    _record(CaseCommented(case_id=case.pk, comment_id=made.pk), actor, case)
    return made


def _void_outdated(actor: Actor, kind: str, subject: tuple[str, UUID], digest: str) -> None:
    """A thing that changed is asked about anew: the open case about what it was is void."""
    rows = ApprovalCase.objects.select_for_update().filter(
        tenant_id=actor.tenant_id, kind=kind, subject_kind=subject[0], subject_id=subject[1], state=CaseState.OPEN
    )
    for case in rows.exclude(subject_digest=digest):
        close_as_void(actor, case)


def close_as_void(actor: Actor, case: ApprovalCase) -> None:
    """End a case that nobody decided, since what it was about is not so any more."""
    _close(case, CaseState.VOID)
    _record(CaseVoided(**_facts(case)), actor, case)


def _requester(actor: Actor) -> UUID:
    if actor.id is None:
        raise AccessDenied(_("A case needs somebody who asks; the portal itself cannot."))
    return actor.id


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise AccessDenied(_("Only a person decides; programs may ask."))
    return actor.user


def _insert(case: ApprovalCase) -> None:
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("This was asked for already, and the case is still open.")) from error


def _locked(case: ApprovalCase) -> ApprovalCase:
    rows = ApprovalCase.objects.select_for_update(of=("self",)).select_related("project", "requested_by")
    return rows.get(pk=case.pk)


def _close(case: ApprovalCase, state: CaseState) -> None:
    states.move(case, state, NEXT)
    case.closed_at = now()
    case.save(update_fields=["state", "closed_at"])


def _facts(case: ApprovalCase) -> dict[str, Any]:
    return {
        "case_id": case.pk,
        "case_kind": case.kind,
        "subject_kind": case.subject_kind,
        "subject_id": case.subject_id,
        "subject_digest": case.subject_digest,
    }


def _record(event: ledger.Event, actor: Actor, case: ApprovalCase) -> None:
    ledger.record(event, actor=actor, project_id=case.project_id, subject=("approval_case", case.pk))


def _checked_verdict(verdict: str) -> Verdict:
    if verdict not in Verdict.values:
        sentence = _("A verdict is “granted” or “refused”.")
        raise Invalid(sentence, fields={"verdict": [sentence]})
    return Verdict(verdict)


def _checked_text(text: str, field: str) -> str:
    kept = text.strip()
    if not kept:
        raise Invalid(_("A word is missing."), fields={field: [_("Say why in a sentence; it stays with the case.")]})
    if len(kept) > _LONGEST_TEXT:
        sentence = _("At most %(most)d signs.") % {"most": _LONGEST_TEXT}
        raise Invalid(sentence, fields={field: [sentence]})
    return kept
