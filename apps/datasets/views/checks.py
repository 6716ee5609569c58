"""Expectations and what came of them, as pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.datasets import policies, selectors, services
from apps.datasets.choices import ReportOutcome, ResultState, Severity
from foundation import access
from foundation.web.requests import PortalRequest

_TONES = {
    ResultState.PASSED: "ok",
    ResultState.FAILED: "bad",
    ResultState.UNCHECKED: "wait",
    ResultState.WITHHELD: "wait",
    ReportOutcome.WARNED: "wait",
    ReportOutcome.WITHHELD: "wait",
    ReportOutcome.QUARANTINED: "wait",
    ReportOutcome.BLOCKED: "bad",
}


def row(one: Any, result: Mapping[str, Any] | None, names: Mapping[str, str]) -> dict[str, Any]:
    """One expectation as a line; `result` is what came of it, where it was asked."""
    shown = {
        "id": one.id,
        "sentence": services.sentence(one, datasets=names),
        "kind": one.kind.label,
        "severity": Severity(one.severity).label,
        "description": one.description,
    }
    if result is None:
        return shown
    state = ResultState(result["state"])
    tone = "wait" if state is ResultState.FAILED and one.severity is Severity.WARN else _TONES[state]
    return {
        **shown,
        "state": state.value,
        "state_label": state.label,
        "tone": tone,
        "told": services.told(one, result),
        "share": result["share"] if result.get("failed_rows") else None,
        "seconds": result["seconds"],
    }


def report(request: PortalRequest, version: Any) -> dict[str, Any]:
    """What came of a version's expectations, and its rows in quarantine."""
    found = selectors.report_of(actor=request.actor, version=version)
    shown: dict[str, Any] = {"quarantine": selectors.quarantine_of(actor=request.actor, version=version)}
    if found is None:
        return {**shown, "report": None}
    names = selectors.dataset_names(actor=request.actor, project_id=version.project_id)
    pairs = zip(services.expectations_of(found.suite), found.results, strict=True)
    outcome = ReportOutcome(found.outcome)
    return {
        **shown,
        "report": found,
        "outcome": {"state": outcome.value, "label": outcome.label, "tone": _TONES.get(outcome, "ok")},
        "results": [row(one, result, names) for one, result in pairs],
    }


def of_dataset(request: PortalRequest, dataset: Any, version: Any) -> dict[str, Any]:
    """What is expected now, how the newest version stood up to it, and what waits in quarantine."""
    suite = selectors.newest_suite(dataset)
    names = selectors.dataset_names(actor=request.actor, project_id=dataset.project_id)
    waiting = selectors.waiting_quarantines(actor=request.actor, dataset_id=dataset.pk)
    return {
        "suite": suite,
        "rows": [row(one, None, names) for one in services.expectations_of(suite)],
        "waiting": list(waiting[:50]),
        "may_expect": access.ask(policies.check_can_expect, request.actor, dataset),
        **(report(request, version) if version else {"report": None}),
    }


def changes(found: Sequence[Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The differences between two suites in words."""
    words = {"added": _("Added"), "removed": _("Removed"), "changed": _("Changed"), "moved": _("Moved")}
    return [
        {
            "change": words[one.change],
            "sentence": services.sentence(one.expectation, datasets=names),
            "severity": Severity(one.expectation.severity).label,
        }
        for one in found
    ]
