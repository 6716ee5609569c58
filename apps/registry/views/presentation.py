"""Words of the registry's pages: first sentences, tabs, facts, snippets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.approvals import selectors as approvals
from apps.approvals.choices import CaseState
from apps.experiments.choices import metric_label
from apps.features.services import proof_in_words
from apps.registry import selectors
from apps.registry.choices import OnnxState, Stage
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission, Verdict
from foundation.identity import Actor
from foundation.web.editions import looked_at
from foundation.web.history import history as history_of
from foundation.web.templatetags.sanad_format import ago, filesize, number

_TABS = ("evidence", "card", "inputs", "proof", "activity")


def may(actor: Actor, permission: Permission, thing: Any) -> Verdict:
    return access.ask(access.require, actor, permission, thing)


def history(actor: Actor, *subjects: tuple[str, UUID]) -> list[dict[str, Any]]:
    return history_of(actor, *subjects, names=tenants.names_of)


def rungs(actor: Actor, model_id: UUID) -> list[tuple[Stage, list[tuple[Any, dict[str, Any]]]]]:
    """The ladder, with the figure that decides beside each version."""
    return [
        (stage, [(version, _figure(version)) for version in versions])
        for stage, versions in selectors.ladder(actor=actor, model_id=model_id)
    ]


def _figure(version: Any) -> dict[str, Any]:
    name, value, _more = selectors.primary_metric(version)
    return {"name": str(metric_label(name)), "value": value}


def model_history(actor: Actor, model_id: UUID) -> list[dict[str, Any]]:
    """What happened to a model and to its newest versions."""
    versions = selectors.visible_versions(actor=actor).filter(model_id=model_id)[:10]
    numbers = {version.pk: str(version) for version in versions}

    def more(event: Any) -> str:
        return numbers.get(event.subject[1], "")

    subjects = [("model", model_id), *(("model_version", pk) for pk in numbers)]
    return history_of(actor, *subjects, names=tenants.names_of, more=more)


def run_label(run: Any) -> str:
    """#12 · hist_gradient_boosting · late-flights v1."""
    return f"#{run.number} · {run.recipe} · {run.training_set}"


def usual_name(models: Any, project: Any) -> str:
    """The project's only model, which the next version most likely belongs to; the first is named like the project."""
    names = [model.name for model in models[:2]]
    return names[0] if len(names) == 1 else "" if names else project.slug


def open_case(actor: Actor, version: Any) -> Any | None:
    if not access.can(actor, Permission.APPROVAL_VIEW, version):
        return None
    cases = approvals.cases_of(actor=actor, subject=("model_version", version.pk))
    return cases.filter(state=CaseState.OPEN).first()


def chosen_tab(asked: str) -> str:
    return asked if asked in _TABS else _TABS[0]


def version_tabs(here: str, chosen: str, version: Any) -> list[dict[str, Any]]:
    labels = {
        "evidence": _("Evidence"),
        "card": _("Model card"),
        "inputs": _("Inputs"),
        "proof": _("Proof"),
        "activity": _("Activity"),
    }
    counts = {"inputs": len(version.input_schema.get("features", [])) or None}
    return [
        {"label": labels[key], "url": f"{here}?tab={key}", "current": key == chosen, "count": counts.get(key)}
        for key in _TABS
    ]


def deploy_url(*, tenant: str, version: Any) -> str:
    """The form of the app above that gives a version an address."""
    return reverse("deployments:deployment_new", args=[tenant, version.project.slug]) + f"?version={version.pk}"


def failed_gate(version: Any) -> Any | None:
    return next(iter(selectors.failed_gates(version)), None)


def tab_context(actor: Actor, project: Any, version: Any, serving: Any | None, tab: str) -> dict[str, Any]:
    """What the chosen tab needs, and nothing of the others."""
    if tab == "evidence":
        found = selectors.comparison(actor=actor, version=version, serving=serving)
        return {
            "comparison": selectors.in_words(found),
            "leakage": proof_in_words(actor=actor, training_set_id=version.run.training_set_id),
            "snippets": promote_snippets(version),
        }
    if tab == "inputs":
        return {"features": version.input_schema.get("features", []), "target": version.input_schema.get("target", {})}
    if tab == "proof":
        return {"facts": proof_facts(version), "onnx": onnx_facts(version)}
    if tab == "activity":
        return {"history": history(actor, ("model_version", version.pk))}
    return {}


def editions_of(version: Any, asked: str) -> dict[str, Any]:
    """The card's editions, and the one that the address names."""
    return looked_at(selectors.about_card(version), asked)


def proof_facts(version: Any) -> list[dict[str, Any]]:
    key = version.signing_key
    return [
        {"term": _("Digest of the files"), "value": version.artifact_digest, "digest": True},
        {"term": _("Signed with the key"), "value": key.key_id if key else None, "digest": bool(key)},
        {"term": _("Signature"), "value": _("Ed25519 over an in-toto statement of every file (DSSE)") if key else None},
        {"term": _("Size"), "value": filesize(version.artifact_bytes)},
        {"term": _("Code of the run"), "value": _code(version), "digest": bool(_code(version))},
        {"term": _("Registered by"), "value": str(version.created_by or "–")},
        {"term": _("Registered"), "value": ago(version.created_at)},
    ]


def _code(version: Any) -> str:
    return str(version.run.manifest.get("code", {}).get("sha256", ""))


def onnx_facts(version: Any) -> list[dict[str, Any]]:
    report = version.onnx_report
    served = _("The ONNX copy") if version.onnx_state == OnnxState.VERIFIED else _("The original")
    return [
        {"term": _("Served"), "value": served},
        {"term": _("State of the copy"), "value": OnnxState(version.onnx_state).label},
        {"term": _("Compared on held-out rows"), "value": number(report.get("rows"))},
        {"term": _("Largest difference"), "value": number(report.get("max_abs_diff"))},
        {"term": _("Allowed difference"), "value": number(report.get("tolerance"))},
    ]


def register_snippets(project: str) -> list[dict[str, Any]]:
    curl = (
        f"curl -X POST {settings.SANAD_PUBLIC_URL}/api/v1/models/ \\\n"
        "  -H 'Authorization: Bearer snd_…' -H 'Content-Type: application/json' \\\n"
        """  -d '{"run": "RUN_ID", "name": "my-model"}'"""
    )
    python = (
        "from sanad import Client\n\n"
        f'client = Client("{settings.SANAD_PUBLIC_URL}", "snd_…", "{project}")\n'
        'version = client.models.register(run="RUN_ID", name="my-model")'
    )
    return [
        {"name": "CLI", "code": f"sanad --project {project} model register --run RUN_ID --name my-model"},
        {"name": "Python", "code": python},
        {"name": "curl", "code": curl},
    ]


def promote_snippets(version: Any) -> list[dict[str, Any]]:
    curl = (
        f"curl -X POST {settings.SANAD_PUBLIC_URL}/api/v1/model-versions/{version.pk}/promote/ \\\n"
        "  -H 'Authorization: Bearer snd_…'"
    )
    python = (
        "from sanad import Client\n\n"
        f'client = Client("{settings.SANAD_PUBLIC_URL}", "snd_…", "{version.project.slug}")\n'
        f'client.models.promote("{version.pk}")'
    )
    return [
        {"name": "CLI", "code": f"sanad model promote {version.pk}"},
        {"name": "Python", "code": python},
        {"name": "curl", "code": curl},
    ]
