"""Whoever lacks a permission asks for it, an administrator decides, and it holds in that project alone."""

from uuid import UUID

import pytest

from apps.approvals import selectors, services
from apps.approvals.choices import ACCESS_CASE
from apps.approvals.models import ApprovalCase
from apps.projects.services import create_project
from apps.tenants import selectors as tenants
from apps.tenants import services as tenant_services
from foundation import access, ledger, live
from foundation.access import Permission
from foundation.access.actors import actor_for_token, actor_for_user
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, NotFound
from foundation.identity import Actor
from foundation.identity.tokens import create_token
from foundation.ledger import dispatch_once, sequence_once
from foundation.tenancy import scope
from tests.support.people import make_person

ADD_DATA = Permission.DATASET_CREATE
GRANT = {"verdict": "granted", "reason": "They load the tables this month."}


def ask(actor, project=None, permission=ADD_DATA, reason=""):
    place = project.pk if project else None
    return services.ask_for_access(actor=actor, permission=permission, project_id=place, reason=reason)[0]


def deliver():
    """What was recorded reaches whoever listens."""
    sequence_once()
    dispatch_once()


def anew(actor):
    """The same person as their next request finds them."""
    return actor_for_user(user=actor.user, tenant=actor.tenant)


def state_of(case):
    return ApprovalCase.objects.get(pk=case.pk).state


@pytest.fixture
def granted(viewer, admin, project):
    """A viewer who asked to add data to the project, and got it."""
    case = services.decide(actor=admin, case=ask(viewer, project, reason="To load the weather"), **GRANT)
    deliver()
    return case


def test_what_an_administrator_grants_holds_in_that_project_alone(granted, viewer, scientist, project):
    beside = create_project(actor=scientist, slug="beside", name="Beside", purpose="Another")
    now_held = anew(viewer)

    assert access.can(now_held, ADD_DATA, project)
    assert not access.can(now_held, ADD_DATA, beside)
    assert not access.can(now_held, ADD_DATA)
    assert not access.can(now_held, Permission.RUN_START, project)


def test_the_ledger_names_person_permission_project_and_case_and_no_reason(granted, viewer, project):
    membership = tenants.member_of(actor=viewer, user_id=viewer.user.pk)
    event = ledger.events_of(subject=("membership", membership.pk))[0]

    assert (event.kind, event.project_id, event.actor_kind) == ("permission.given", project.pk, "system")
    assert event.payload == {
        "membership_id": str(membership.pk),
        "user_id": str(viewer.user.pk),
        "permission": "dataset.create",
        "project": str(project.pk),
        "case_id": str(granted.pk),
    }
    opened = ledger.events_of(subject=("approval_case", granted.pk))[-1]
    assert "weather" not in str(opened.payload)
    assert granted.evidence["reason"] == "To load the weather"


def test_delivered_twice_it_is_given_once(granted, viewer, admin, tenant):
    case = granted
    services.give_asked_access(actor=Actor.system(tenant), case_id=case.pk, digest=case.subject_digest)

    assert len(tenants.permissions_given(actor=admin)) == 1


def test_open_pages_of_the_person_are_told_to_come_back(viewer, admin, project, monkeypatch):
    told = []
    monkeypatch.setattr(live, "disconnect", lambda **who: told.append(who["user_id"]))
    services.decide(actor=admin, case=ask(viewer, project), **GRANT)
    deliver()

    assert told == [viewer.user.pk]


@pytest.mark.parametrize("end", ["refused", "withdrawn"])
def test_a_case_that_ends_otherwise_changes_nothing(viewer, admin, project, end):
    case = ask(viewer, project)
    if end == "refused":
        services.decide(actor=admin, case=case, verdict="refused", reason="Ask again in spring.")
    else:
        services.withdraw(actor=viewer, case=case)
    deliver()

    assert state_of(case) == end
    assert anew(viewer).grants == {}


def test_administrators_decide_and_nobody_else(viewer, admin, officer, scientist, project):
    case = ask(viewer, project)

    for actor in (officer, scientist):
        assert case not in selectors.waiting_for(actor=actor)
        with pytest.raises(AccessDenied, match="The admin may"):
            services.decide(actor=actor, case=case, **GRANT)
    assert list(selectors.waiting_for(actor=admin)) == [case]
    assert selectors.people_who_decide(actor=viewer, case=case) == ["The admin"]


def test_administrators_still_do_not_decide_on_promotions(scientist, admin, open_case):
    case = open_case(scientist)

    assert not selectors.waiting_for(actor=admin).exists()
    with pytest.raises(AccessDenied):
        services.decide(actor=admin, case=case, **GRANT)


def test_an_administrator_who_asks_does_not_decide_themselves(admin, tenant, project):
    case = ask(admin, project, Permission.APPROVAL_DECIDE)
    assert case not in selectors.waiting_for(actor=admin)
    with pytest.raises(AccessDenied, match="You asked for this yourself"):
        services.decide(actor=admin, case=case, **GRANT)
    assert selectors.people_who_decide(actor=admin, case=case) == []

    other = make_person(tenant, "admin", "second@acme.test")
    assert services.decide(actor=other, case=case, **GRANT).state == "granted"


def test_who_may_decide_in_one_project_by_a_grant_sees_what_waits_there(scientist, admin, tenant, project, open_case):
    asker = make_person(tenant, "scientist", "asker@acme.test")
    services.decide(actor=admin, case=ask(scientist, project, Permission.APPROVAL_DECIDE), **GRANT)
    deliver()
    case, decider = open_case(asker), anew(scientist)

    assert list(selectors.waiting_for(actor=decider)) == [case]
    assert selectors.people_who_decide(actor=asker, case=case) == [str(scientist.user)]
    assert services.decide(actor=decider, case=case, **GRANT).state == "granted"


def test_what_is_asked_twice_is_open_once(viewer, project):
    first, is_new = services.ask_for_access(actor=viewer, permission=ADD_DATA, project_id=project.pk)
    again, is_new_again = services.ask_for_access(actor=viewer, permission=ADD_DATA, project_id=project.pk)

    assert (first.pk, is_new, is_new_again) == (again.pk, True, False)
    assert ask(viewer, project, Permission.RUN_START).pk != first.pk


def test_two_people_may_ask_for_the_same(viewer, auditor, project):
    assert ask(viewer, project).pk != ask(auditor, project).pk


def test_nobody_asks_for_what_they_hold(scientist, project):
    with pytest.raises(Conflict, match="already"):
        ask(scientist, project)


def test_a_token_asks_for_nothing_and_takes_nothing_back(scientist, project, tenant):
    _row, _text = create_token(tenant=tenant, name="ci", user=scientist.user, scopes=["project.view", "approval.view"])
    program = actor_for_token(row=_row, address=None)
    with pytest.raises(AccessDenied, match="signed in"):
        ask(program, project)
    case = ask(scientist, project, Permission.APPROVAL_DECIDE)
    with pytest.raises(AccessDenied, match="signed in"):
        services.withdraw(actor=program, case=case)


def test_a_project_of_another_tenant_cannot_be_asked_about(other_scientist, project):
    with scope(other_scientist.tenant_id), pytest.raises(NotFound):
        ask(other_scientist, project, Permission.APPROVAL_DECIDE)


def test_what_a_role_brings_is_asked_of_the_tenant_and_no_grant_follows(viewer, admin, project):
    case = ask(viewer, project, Permission.MEMBER_MANAGE)
    assert case.project is None

    services.decide(actor=admin, case=case, **GRANT)
    deliver()
    assert anew(viewer).grants == {}
    assert not access.can(anew(viewer), Permission.MEMBER_MANAGE)


def test_who_gets_the_role_meanwhile_keeps_nobody_waiting(viewer, admin, project):
    data, members = ask(viewer, project), ask(viewer, permission=Permission.MEMBER_MANAGE)
    place = tenants.member_of(actor=admin, user_id=viewer.user.pk)
    tenant_services.change_role(actor=admin, membership=place, role="scientist")
    with pytest.raises(Conflict, match="holds this permission by now"):
        services.decide(actor=admin, case=data, **GRANT)
    deliver()

    assert (state_of(data), state_of(members)) == ("void", "open")


def test_who_leaves_keeps_nobody_waiting_and_nothing_that_was_given(granted, viewer, admin, project, tenant):
    waiting = ask(anew(viewer), project, Permission.RUN_START)
    place = tenants.member_of(actor=admin, user_id=viewer.user.pk)
    tenant_services.remove_member(actor=admin, membership=place, now=now())
    with pytest.raises(Conflict, match="not a member any more"):
        services.decide(actor=admin, case=waiting, **GRANT)
    deliver()

    assert state_of(waiting) == "void"
    assert "permission.taken_back" in [event.kind for event in ledger.events_of(subject=("membership", place.pk))]
    come_back(viewer)
    assert anew(viewer).grants == {}


def come_back(actor):
    from foundation.access.models import Membership

    Membership.objects.create(tenant=actor.tenant, user=actor.user, role="viewer")


def test_who_leaves_between_decision_and_delivery_gets_nothing(viewer, admin, project):
    services.decide(actor=admin, case=ask(viewer, project), **GRANT)
    place = tenants.member_of(actor=admin, user_id=viewer.user.pk)
    tenant_services.remove_member(actor=admin, membership=place, now=now())
    deliver()
    come_back(viewer)

    assert anew(viewer).grants == {}


def test_a_case_that_names_another_permission_than_was_granted_gives_nothing(viewer, admin, project, tenant):
    case = services.decide(actor=admin, case=ask(viewer, project), **GRANT)
    ApprovalCase.objects.filter(pk=case.pk).update(evidence={**case.evidence, "permission": "run.start"})

    with pytest.raises(Conflict, match="another permission"):
        services.give_asked_access(actor=Actor.system(tenant), case_id=case.pk, digest=case.subject_digest)


def test_a_case_that_nobody_granted_gives_nothing(viewer, project, tenant):
    case = ask(viewer, project)
    with pytest.raises(Conflict, match="Only a granted case"):
        services.give_asked_access(actor=Actor.system(tenant), case_id=case.pk, digest=case.subject_digest)


def test_a_permission_is_never_given_by_hand(admin, viewer, project):
    with pytest.raises(AccessDenied, match="never by hand"):
        tenant_services.give_permission(
            actor=admin, user_id=viewer.user.pk, permission=ADD_DATA, project_id=project.pk, case_id=UUID(int=1)
        )


def test_who_asked_may_add_a_word(viewer, admin, project):
    case = ask(viewer, project)
    services.comment(actor=viewer, case=case, text="Until the end of March is enough.")
    services.comment(actor=admin, case=case, text="Fine.")

    assert case.comments.count() == 2
    assert case.kind == ACCESS_CASE
