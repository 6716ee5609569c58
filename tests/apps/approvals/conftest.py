from __future__ import annotations

from uuid import uuid4

import pytest

from apps.approvals import selectors, services
from apps.approvals.choices import ACCESS_CASE
from foundation.words import Words

DIGEST = "a" * 64


@pytest.fixture(autouse=True)
def no_apps_above(monkeypatch):
    """What apps above registered for their kinds of cases stays out: here a case is about nothing that exists."""
    own = {kind: shown for kind, shown in selectors._kinds.items() if kind == ACCESS_CASE}
    monkeypatch.setattr(selectors, "_kinds", own)


@pytest.fixture
def open_case(project):
    """Asks for a decision: `open_case(scientist)`; another subject or digest by keyword."""

    def ask(actor, **changes):
        given = {
            "project_id": project.pk,
            "kind": "model.promote",
            "subject": ("model_version", uuid4()),
            "subject_digest": DIGEST,
            "title": Words("Promote delays v1 to production"),
            "evidence": {"roc_auc": 0.76},
        } | changes
        return services.open_case(actor=actor, **given)

    return ask


@pytest.fixture
def present_digest(monkeypatch):
    """What the thing's digest is now, as the app above would say: change `present_digest["now"]`."""
    said = {"now": DIGEST}
    monkeypatch.setattr(selectors, "_kinds", {})
    services.register_evidence(
        "model.promote", "components/empty.html", lambda actor, case: {}, digest_fn=lambda actor, pk: said["now"]
    )
    return said
