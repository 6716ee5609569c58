"""Words of the deployment pages: health, tabs, figures, snippets."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.deployments import policies, selectors
from apps.deployments.choices import HEALTH_TONES, Health, RevisionState
from apps.deployments.ports import LiveStats
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission, Verdict
from foundation.identity import Actor
from foundation.web.history import history as history_of
from foundation.web.templatetags.sanad_format import duration, number, percent

TABS = ("traffic", "try", "log", "use", "activity")
serving = selectors.serving_revisions


def may(actor: Actor, permission: Permission, thing: Any) -> Verdict:
    return access.ask(access.require, actor, permission, thing)


def milliseconds(value: float | None) -> str:
    return duration(value / 1000) if value is not None else "–"


def health(deployment: Any, gateway_answers: bool) -> dict[str, Any]:
    """Does it answer: a state for components/state.html."""
    found = selectors.health_of(deployment, gateway_answers=gateway_answers)
    return {"state": found.value, "label": found.label, "tone": HEALTH_TONES.get(found, "")}


def summary(deployments: list[Any], gateway_answers: bool) -> dict[str, int]:
    """How many deployments there are, and how many answer."""
    found = Counter(selectors.health_of(row, gateway_answers=gateway_answers) for row in deployments)
    return {"all": found.total(), "well": found[Health.HEALTHY], "bad": found[Health.UNHEALTHY]}


def tabs(tenant: str, deployment: Any, chosen: str) -> list[dict[str, Any]]:
    place = [tenant, deployment.project.slug, deployment.pk]
    here, trying = (
        reverse("deployments:deployment_detail", args=place),
        reverse("deployments:deployment_try", args=place),
    )
    labels = {
        "traffic": _("Traffic and revisions"),
        "try": _("Try it"),
        "log": _("Log"),
        "use": _("Use it"),
        "activity": _("Activity"),
    }
    return [
        {"label": labels[key], "url": trying if key == "try" else f"{here}?tab={key}", "current": key == chosen}
        for key in TABS
    ]


def stats(live: LiveStats | None) -> list[dict[str, Any]]:
    """Three to five figures of now."""
    if live is None:
        return []
    errors, requests = live.errors_in_window()
    share = percent(errors / requests) if requests else "–"
    return [
        {"label": _("Requests a second"), "value": number(live.rate(), 1), "note": _("over ten seconds")},
        {"label": _("Half are faster than"), "value": milliseconds(live.slowest("p50")), "note": _("p50, last minute")},
        {"label": _("95 of 100 are faster than"), "value": milliseconds(live.slowest("p95")), "note": "p95"},
        {"label": _("99 of 100 are faster than"), "value": milliseconds(live.slowest("p99")), "note": "p99"},
        {"label": _("Errors"), "value": share, "note": _("of two minutes")},
    ]


def revision_rows(actor: Actor, deployment: Any, live: LiveStats | None, form: Any) -> list[dict[str, Any]]:
    """Each revision with its share's field, its figures of now, and what may be done with it."""
    rows = []
    for revision in deployment.revisions.all():
        counted = live.revisions.get(str(revision.pk)) if live else None
        rows.append(
            {
                "revision": revision,
                "field": form[f"share_{revision.pk}"],
                "p95": milliseconds(counted.p95 if counted else None),
                "requests": number(counted.requests) if counted else "–",
                "changed": revision.artifact_digest != revision.model_version.artifact_digest,
                "may_serve": (may_serve := access.ask(policies.check_may_serve, actor, revision.model_version)),
                "takes_share": revision.state == RevisionState.READY and bool(may_serve or revision.traffic_percent),
                "may_stop": access.ask(policies.check_can_stop, actor, revision),
                "may_restart": access.ask(policies.check_can_restart, actor, revision),
            }
        )
    return rows


def history(actor: Actor, deployment: Any) -> list[dict[str, Any]]:
    numbers = {str(revision.pk): revision.number for revision in deployment.revisions.all()}
    subjects = [("revision", revision.pk) for revision in deployment.revisions.all()[:20]]

    def more(event: Any) -> str:
        if split := event.payload.get("split"):
            shares = (one.partition(":") for one in split)
            return ", ".join(_("revision %(n)s: %(p)s %%") % {"n": n, "p": p} for n, _colon, p in shares)
        number_ = numbers.get(str(event.payload.get("revision_id") or event.payload.get("to_revision_id")))
        return _("revision %(n)s") % {"n": number_} if number_ else ""

    return history_of(actor, ("deployment", deployment.pk), *subjects, names=tenants.names_of, more=more)


def log_topic(revision: Any | None) -> str:
    """What makes new lines likely: the start while it lasts, then requests."""
    if revision is None:
        return ""
    starting = revision.state == RevisionState.STARTING
    return f"revision:{revision.pk}" if starting else f"deployment:{revision.deployment_id}"
