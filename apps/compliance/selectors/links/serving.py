"""Revisions with their traffic, monitors with their alerts."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.compliance.choices import Proof
from apps.compliance.ports import Statement
from apps.compliance.selectors.chains import ModelChain
from apps.compliance.selectors.proofs import Proofs, missing

_MOST_SPLITS = 20


def revision(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    if not chain.revisions:
        return [missing(_("Deployment"), _("This version has never been deployed."))]
    said: list[Statement] = []
    for row in chain.revisions:
        text = _("%(revision)s was started with this artifact.") % {"revision": row}
        agrees = {"artifact_digest": chain.version.artifact_digest, "model_version_id": chain.version.pk}
        subject = ("revision", row.pk)
        said.append(proofs.state(subject, "revision.started", text, agrees=agrees, digest=row.artifact_digest))
        ready = _("It answered; the replica verified signature and digest before it loaded the model.")
        said.append(proofs.state(subject, "revision.ready", ready))
    return [*said, *_traffic(chain, proofs)]


def monitor(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    if not chain.monitors:
        return [missing(_("Monitoring"), _("Nothing watches this version."))]
    said: list[Statement] = []
    for row in chain.monitors:
        text = _("%(deployment)s is watched: a feature counts as drifted from a stability index of %(limit)s on.") % {
            "deployment": row.deployment,
            "limit": row.drifted_at,
        }
        said.append(proofs.state(("monitor", row.pk), "monitor.created", text))
    return [*said, *(_alert(row, proofs) for row in chain.alerts)]


def _traffic(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    """Each change of the split, and whether the present shares are those of the last one."""
    said: list[Statement] = []
    for deployment_id in dict.fromkeys(row.deployment_id for row in chain.revisions):
        subject = ("deployment", deployment_id)
        changes = proofs.of(subject, "deployment.split_changed", "deployment.rolled_back")
        for entry in changes[-_MOST_SPLITS:]:
            reason = proofs.fault(entry)
            state = Proof.UNPROVEN if reason else Proof.PROVEN
            said.append(Statement(state, _change_in_words(entry.event), reason, "", proofs.evidence([entry])))
        said += _present(deployment_id, chain, proofs)
    return said or [missing(_("Traffic"), _("No share of the traffic was ever given to this version."))]


def _change_in_words(event: Any) -> str:
    if event.kind == "deployment.rolled_back":
        return _("The deployment was rolled back.")
    shares = [tuple(word.split(":", 1)) for word in event.payload.get("split", [])]
    named = [_("revision %(n)s: %(percent)s %%") % {"n": n, "percent": percent} for n, percent in shares]
    return _("The traffic was given to %(shares)s.") % {"shares": ", ".join(named) or "–"}


def _present(deployment_id: Any, chain: ModelChain, proofs: Proofs) -> list[Statement]:
    splits = proofs.of(("deployment", deployment_id), "deployment.split_changed")
    if not splits:
        return []
    last = dict(word.split(":", 1) for word in splits[-1].event.payload.get("split", []))
    wrong = [
        row
        for row in chain.revisions
        if row.deployment_id == deployment_id and row.traffic_percent != int(last.get(str(row.number), 0))
    ]
    if not wrong:
        return []
    text = _("The present shares are those of the last change.")
    reason = _("%(revision)s has %(percent)d %%, which no entry says.") % {
        "revision": wrong[0],
        "percent": wrong[0].traffic_percent,
    }
    return [Statement(Proof.UNPROVEN, text, reason, "", proofs.evidence(splits[-1:]))]


def _alert(row: Any, proofs: Proofs) -> Statement:
    text = _(
        "Alert: %(feature)s in %(window)s left its reference, stability index %(psi).3f over %(rows)s rows: %(state)s."
    )
    values = {
        "feature": row.feature or _("the prediction"),
        "window": f"{row.window:%Y-%m}",
        "psi": row.psi,
        "rows": f"{row.rows:,}",
        "state": row.get_state_display(),
    }
    agrees = {"psi": round(row.psi, 4), "rows": row.rows, "window": f"{row.window:%Y-%m}"}
    said = proofs.state(("alert", row.pk), "alert.raised", text % values, agrees=agrees)
    later = proofs.of(("alert", row.pk), "alert.acknowledged", "alert.resolved")
    return Statement(said.state, said.text, said.reason, said.digest, (*said.evidence, *proofs.evidence(later)))
