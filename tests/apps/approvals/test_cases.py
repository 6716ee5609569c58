"""One asks, another decides, once, about what was asked about."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.approvals import selectors, services
from apps.approvals.choices import NEXT, CaseState
from apps.approvals.models import Decision
from apps.approvals.policies import check_can_decide
from apps.tenants import services as tenants
from foundation import access, ledger
from foundation.access.actors import actor_for_token
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.identity import Actor
from foundation.tenancy import scope
from tests.support.people import make_person

GRANT = {"verdict": "granted", "reason": "Better on every slice."}


def kinds_of(case):
    return [event.kind for event in ledger.events_of(subject=("approval_case", case.pk))]


def test_an_officer_grants_what_a_scientist_asked_and_the_event_names_the_digest(scientist, officer, open_case):
    case = services.decide(actor=officer, case=open_case(scientist), **GRANT)

    assert (case.state, case.decision.digest, case.decision.decided_by) == ("granted", "a" * 64, officer.user)
    event = ledger.events_of(subject=("approval_case", case.pk))[0]
    assert event.kind == "approval.granted"
    assert event.payload == {
        "case_id": str(case.pk),
        "case_kind": "model.promote",
        "subject_kind": "model_version",
        "subject_id": str(case.subject_id),
        "subject_digest": "a" * 64,
        "decision_id": str(case.decision.pk),
    }


def test_a_refusal_keeps_its_reason_off_the_ledger(scientist, officer, open_case):
    case = services.decide(actor=officer, case=open_case(scientist), verdict="refused", reason="Biased by airline")

    assert (case.state, case.decision.reason) == ("refused", "Biased by airline")
    assert "Biased" not in str([event.payload for event in ledger.events_of(subject=("approval_case", case.pk))])


def test_the_requester_never_decides(tenant, project, open_case):
    officer = make_person(tenant, "officer")
    asking = make_person(tenant, "scientist", "both@acme.test")
    case = open_case(asking)
    promoted = make_role(asking, "officer")

    with pytest.raises(AccessDenied, match="You asked for this yourself"):
        services.decide(actor=promoted, case=case, **GRANT)
    assert services.decide(actor=officer, case=case, **GRANT).state == "granted"


def make_role(actor, role):
    from foundation.access.actors import actor_for_user
    from foundation.access.models import Membership

    Membership.objects.filter(user=actor.user).update(role=role)
    return actor_for_user(user=actor.user, tenant=actor.tenant)


def test_the_database_refuses_a_decision_by_the_requester(scientist, open_case):
    case = open_case(scientist)

    with pytest.raises(IntegrityError, match="requester_never_decides"), transaction.atomic():
        decision(case, requester_id=case.requester_id, decided_by=scientist.user)


def test_the_database_refuses_a_decision_that_names_another_requester(scientist, open_case):
    case = open_case(scientist)

    with pytest.raises(IntegrityError, match="decision_of_the_requester_asked"), transaction.atomic():
        decision(case, requester_id=uuid4(), decided_by=scientist.user)


def decision(case, **who):
    return Decision.objects.create(
        tenant=case.tenant, case=case, verdict="granted", reason="x", digest="x", decided_at=case.created_at, **who
    )


def test_a_viewer_reads_who_may_decide(scientist, officer, viewer, open_case):
    verdict = access.ask(check_can_decide, viewer, open_case(scientist))

    assert not verdict.allowed
    assert "The officer" in verdict.reason


def test_where_nobody_may_decide_the_sentence_says_how_to_mend_it(scientist, viewer, open_case):
    assert "makes somebody officer" in access.ask(check_can_decide, viewer, open_case(scientist)).reason


def test_a_program_asks_but_never_decides(officer, scientist, open_case):
    row, _ = tenants.create_token(
        actor=scientist, name="ci", scopes=["approval.open", "project.view"], now=now(), expires_at=tomorrow()
    )
    case = open_case(actor_for_token(row=row, address=None))
    assert case.requester_id == scientist.id

    with pytest.raises(AccessDenied, match="Only a person decides"):
        services.decide(actor=Actor.system(case.tenant), case=case, **GRANT)


def now():
    from foundation.clock import now

    return now()


def tomorrow():
    return now() + timedelta(days=1)


def test_a_case_is_decided_once(scientist, officer, open_case):
    case = open_case(scientist)
    services.decide(actor=officer, case=case, **GRANT)

    with pytest.raises(Conflict, match="closed: Approved"):
        services.decide(actor=officer, case=case, verdict="refused", reason="No")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 4001])
def test_a_decision_says_why(scientist, officer, open_case, reason):
    with pytest.raises(Invalid) as refusal:
        services.decide(actor=officer, case=open_case(scientist), verdict="granted", reason=reason)
    assert list(refusal.value.fields) == ["reason"]


def test_an_unknown_verdict_is_refused(scientist, officer, open_case):
    with pytest.raises(Invalid, match="granted"):
        services.decide(actor=officer, case=open_case(scientist), verdict="maybe", reason="Hm")


def test_who_read_another_digest_does_not_decide(scientist, officer, open_case):
    with pytest.raises(Conflict, match="another digest"):
        services.decide(actor=officer, case=open_case(scientist), **GRANT, digest="b" * 64)


def test_a_case_about_something_that_changed_is_void(scientist, officer, open_case, present_digest):
    case = open_case(scientist)
    present_digest["now"] = "b" * 64

    with pytest.raises(Conflict, match="changed since"):
        services.decide(actor=officer, case=case, **GRANT)
    present_digest["now"] = None
    assert "gone" in selectors.void_reason(actor=officer, case=case)


def test_asking_anew_voids_the_outdated_case(scientist, open_case):
    subject = ("model_version", uuid4())
    old = open_case(scientist, subject=subject)
    new = open_case(scientist, subject=subject, subject_digest="b" * 64)

    assert selectors.get_case(actor=scientist, case_id=old.pk).state == "void"
    assert kinds_of(old) == ["approval.voided", "approval.opened"]
    assert new.state == "open"


def test_the_same_is_asked_once(scientist, open_case):
    subject = ("model_version", uuid4())
    open_case(scientist, subject=subject)

    with pytest.raises(Conflict, match="still open"):
        open_case(scientist, subject=subject)


def test_a_viewer_cannot_ask(viewer, open_case):
    with pytest.raises(AccessDenied, match=r"approval\.open"):
        open_case(viewer)


def test_another_tenants_project_cannot_be_asked_about(other_scientist, open_case):
    with scope(other_scientist.tenant_id), pytest.raises(NotFound):
        open_case(other_scientist)


def test_only_the_requester_withdraws(scientist, officer, open_case):
    case = open_case(scientist)
    with pytest.raises(AccessDenied, match="whoever asked"):
        services.withdraw(actor=officer, case=case)

    assert services.withdraw(actor=scientist, case=case).state == "withdrawn"
    assert kinds_of(case) == ["approval.withdrawn", "approval.opened"]
    with pytest.raises(Conflict):
        services.decide(actor=officer, case=case, **GRANT)


def test_comments_stay_beside_the_case(scientist, officer, viewer, open_case):
    case = open_case(scientist)
    services.comment(actor=officer, case=case, text=" Which slices were looked at? ")

    assert [c.text for c in case.comments.all()] == ["Which slices were looked at?"]
    assert kinds_of(case)[0] == "approval.commented"
    with pytest.raises(AccessDenied, match="you may read"):
        services.comment(actor=viewer, case=case, text="Me too")


def test_what_waits_for_whom(scientist, officer, viewer, other_scientist, open_case):
    case = open_case(scientist)

    assert list(selectors.waiting_for(actor=officer)) == [case]
    assert list(selectors.waiting_for(actor=scientist)) == list(selectors.waiting_for(actor=viewer)) == []
    assert list(selectors.asked_by(actor=scientist)) == [case]
    with scope(other_scientist.tenant_id):
        assert not selectors.visible_cases(actor=other_scientist).exists()


def test_every_state_has_its_next_states():
    assert set(NEXT) == set(CaseState)
    assert {state for following in NEXT.values() for state in following} <= set(CaseState)


def test_the_chain_leads_from_a_decision_to_what_it_is_about(scientist, officer, open_case, present_digest):
    from foundation.web.chain import chain_of

    case = open_case(scientist)
    assert [(node.kind, node.current, node.state) for node in chain_of(officer, "approval_case", case.pk)] == [
        ("approval_case", True, "open")
    ]
    present_digest["now"] = "b" * 64
    assert "changed" in chain_of(officer, "approval_case", case.pk)[0].broken_reason
    assert connection.in_atomic_block
