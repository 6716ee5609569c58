"""Run, model version, approval."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from apps.approvals.choices import CaseState
from apps.compliance.choices import Proof
from apps.compliance.ports import Statement
from apps.compliance.selectors.chains import ModelChain
from apps.compliance.selectors.proofs import Proofs, in_words, missing

_DIGEST_PLACES = (("code", "sha256"), ("code_digest", None))


def run(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    row, subject = chain.run, ("run", chain.run.pk)
    words = {"run": f"{row} {row.recipe}", "seed": row.seed, "set": chain.training_set}
    asked = _("%(run)s was asked for on %(set)s with seed %(seed)s.") % words
    agrees = {"spec_digest": row.spec_digest, "training_set_id": row.training_set_id}
    said = [proofs.state(subject, "run.queued", asked, agrees=agrees, digest=row.spec_digest)]
    started = _("Attempt %(n)s ran on the engine “%(engine)s”.") % {"n": row.attempt, "engine": row.engine}
    said.append(proofs.state(subject, "run.started", started, agrees={"attempt": row.attempt, "engine": row.engine}))
    digest = hashlib.sha256(json.dumps(row.manifest, sort_keys=True).encode()).hexdigest()
    ended = _(
        "It succeeded. Its manifest names data, features, seed, code %(code)s and the packages (%(packages)d)."
    ) % {
        "code": _code(row.manifest)[:12] or "–",
        "packages": len(row.manifest.get("packages", {})),
    }
    said.append(proofs.state(subject, "run.succeeded", ended, agrees={"manifest_digest": digest}, digest=digest))
    return [*said, _repeated(chain, proofs)]


def model_version(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    row, subject = chain.version, ("model_version", chain.version.pk)
    registered = _("%(version)s was registered from this run and its artifact signed.") % {"version": row}
    agrees = {"artifact_digest": row.artifact_digest, "run_id": row.run_id, "number": row.number}
    if row.signing_key:
        agrees["signing_key_id"] = row.signing_key.key_id
    kind = "model_version.registered"
    said = [proofs.state(subject, kind, registered, agrees=agrees, digest=row.artifact_digest)]
    for gate in row.gates.all():
        text = _("Gate “%(gate)s”: %(state)s. %(why)s") % {
            "gate": gate.get_gate_display(),
            "state": gate.get_state_display(),
            "why": gate.said,
        }
        kind, where = "model_version.gate_decided", {"gate": gate.gate}
        said.append(proofs.state(subject, kind, text, where=where, agrees={"state": gate.state}))
    return [*said, _card(row, proofs)]


def approval_case(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    if not chain.cases:
        return [missing(_("Approval for production"), _("Nobody has asked for it."))]
    said: list[Statement] = []
    for case in chain.cases:
        said += [_asked(case, chain, proofs), _decided(case, chain, proofs)]
    return [*said, *_promoted(chain, proofs)]


def _repeated(chain: ModelChain, proofs: Proofs) -> Statement:
    """By the ledger's word on each repeat: one that gave other figures outweighs all that gave the same."""
    text = _("The run was repeated with the same figures to the last digit.")
    said = [_by_repeat(text, chain.run, repeat, proofs) for repeat in chain.repeats]
    for state in (Proof.UNPROVEN, Proof.PROVEN, Proof.MISSING):
        if found := [one for one in said if one.state == state]:
            return found[-1]
    return missing(text, _("Nobody has repeated it yet."))


def _by_repeat(text: str, run: Any, repeat: Any, proofs: Proofs) -> Statement:
    lacking = _("The database names run %(repeat)s as its repeat; no entry of the ledger does.") % {"repeat": repeat}
    where, agrees = {"repeated_from_id": run.pk}, {"reproduced": repeat.reproduced}
    said = proofs.state(("run", repeat.pk), "run.succeeded", text, where=where, agrees=agrees, lacking=lacking)
    if said.state != Proof.PROVEN or repeat.reproduced:
        return said
    if repeat.reproduced is None:
        return missing(text, _("Run %(repeat)s ended first, so nothing was compared.") % {"repeat": repeat})
    return replace(said, state=Proof.UNPROVEN, reason=_("Run %(repeat)s gave other figures.") % {"repeat": repeat})


def _card(row: Any, proofs: Proofs) -> Statement:
    text = _("The model card says what the model is for, and its limits (edition %(n)d).") % {"n": row.card_number}
    if row.card_number < 2:
        return missing(text, _("It is the draft made at registration; nobody has completed it."))
    digest = hashlib.sha256(row.card.encode()).hexdigest()
    kind = "model_version.card_changed"
    return proofs.state(("model_version", row.pk), kind, text, agrees={"card_digest": digest}, digest=digest)


def _asked(case: Any, chain: ModelChain, proofs: Proofs) -> Statement:
    shown = hashlib.sha256(json.dumps(case.evidence, sort_keys=True, cls=DjangoJSONEncoder).encode()).hexdigest()
    text = _("%(who)s asked for a decision on this artifact, with the evidence of that moment.") % {
        "who": case.requested_by or _("A program")
    }
    agrees = {"subject_digest": chain.version.artifact_digest, "evidence_digest": shown}
    kind = "approval.opened"
    return proofs.state(("approval_case", case.pk), kind, text, agrees=agrees, digest=case.subject_digest)


def _decided(case: Any, chain: ModelChain, proofs: Proofs) -> Statement:
    decision = getattr(case, "decision", None)
    if decision is None:
        return missing(_("The decision"), str(CaseState(case.state).label))
    text = _("%(who)s decided “%(verdict)s” on %(when)s, about the digest below. Reason: %(reason)s") % {
        "who": decision.decided_by,
        "verdict": CaseState(decision.verdict).label,
        "when": in_words(decision.decided_at),
        "reason": decision.reason,
    }
    subject, kind = ("approval_case", case.pk), f"approval.{decision.verdict}"
    agrees = {"subject_digest": chain.version.artifact_digest, "decision_id": decision.pk}
    said = proofs.state(subject, kind, text, agrees=agrees, digest=decision.digest)
    reason = _not_two_people(case, decision, kind, proofs)
    if said.state == Proof.PROVEN and reason:
        return replace(said, state=Proof.UNPROVEN, reason=reason)
    return said


def _not_two_people(case: Any, decision: Any, kind: str, proofs: Proofs) -> str:
    """The ledger has to name another person for the decision than for the request, and the one that the case names."""
    subject = ("approval_case", case.pk)
    asked = {entry.event.actor_id for entry in proofs.of(subject, "approval.opened")}
    decided = {entry.event.actor_id for entry in proofs.of(subject, kind)}
    if asked & decided:
        return _("The ledger names the same person for the request and for the decision.")
    if decided and decision.decided_by_id not in decided:
        return _("The ledger names another person for the decision than the database.")
    return ""


def _promoted(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    granted = [case for case in chain.cases if case.state == CaseState.GRANTED]
    if not granted:
        return []
    text = _("%(version)s went to production by that decision.") % {"version": chain.version}
    agrees = {"artifact_digest": chain.version.artifact_digest, "case_id": granted[-1].pk}
    subject, kind = ("model_version", chain.version.pk), "model_version.promoted"
    return [proofs.state(subject, kind, text, agrees=agrees, digest=chain.version.artifact_digest)]


def _code(manifest: dict[str, Any]) -> str:
    for name, inner in _DIGEST_PLACES:
        found = manifest.get(name)
        if isinstance(found, dict) and inner:
            found = found.get(inner)
        if isinstance(found, str):
            return found
    return ""
