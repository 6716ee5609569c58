"""A case is decided by somebody who just proved who they are; a token was made by somebody who did (test_api)."""

from dataclasses import replace

import pytest

from apps.approvals import selectors, services
from foundation.access import StepUpRequired
from tests.apps.tenants.test_step_up import age
from tests.support.forms import send_form


def test_no_case_is_decided_by_a_session_left_open(open_case, scientist, officer):
    case = open_case(scientist)
    with pytest.raises(StepUpRequired):
        services.decide(actor=replace(officer, stale=True), case=case, verdict="granted", reason="It is right")
    assert services.decide(actor=officer, case=case, verdict="granted", reason="It is right").state == "granted"


def test_the_page_asks_and_decides_then_with_the_reason_that_was_typed(open_case, scientist, officer, client_as):
    officer.user.set_password("correct horse battery staple")
    officer.user.save()
    case = open_case(scientist)
    client = age(client_as(officer))
    said = {"verdict": "granted", "reason": "Measured twice.\nBetter than the last one.", "digest": case.subject_digest}

    assert client.post(f"/t/acme/approvals/{case.pk}/decide/", said).status_code == 403
    proof = {"proof_password": "correct horse battery staple", "proof_next": f"/t/acme/approvals/{case.pk}/decide/"}
    answer = send_form(client, "/accounts/confirm/", said | proof | {"proof_method": "POST"})
    assert answer.status_code == 307
    send_form(client, answer["Location"], answer.wsgi_request.POST.dict())
    decided = selectors.get_case(actor=officer, case_id=case.pk)
    assert decided.state == "granted"
    assert decided.decision.reason.splitlines() == said["reason"].splitlines()
