"""A member of chosen projects asks for what they lack, sees their request and hears what was decided."""

import re

import pytest
from django.test import Client

from apps.approvals import policies, selectors, services
from apps.approvals.models import ApprovalCase
from apps.tenants import services as tenants
from apps.tenants.choices import HolderKind
from apps.tenants.services.project_roles import Holder
from foundation.access import Permission
from foundation.access.actors import actor_for_user
from foundation.errors import AccessDenied, Conflict, NotFound
from foundation.identity.models import ServiceAccount, User
from foundation.identity.tokens import create_token
from foundation.ledger import dispatch_once, sequence_once
from tests.support.people import make_person

ASK = "/t/acme/approvals/ask-for-access/"
CASES = "/api/v1/approvals/"
LIST = "/t/acme/approvals/?show=mine"
BELL = "/t/acme/notifications/"


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def anew(actor):
    return actor_for_user(user=actor.user, tenant=actor.tenant)


@pytest.fixture
def outsider(tenant, project):
    """A member of chosen projects for whom none was chosen."""
    return make_person(tenant, "member", "outsider@acme.test")


@pytest.fixture
def insider(tenant, admin, project):
    """A member of chosen projects who reads one."""
    person = make_person(tenant, "member", "insider@acme.test")
    holder = Holder(HolderKind.USER, person.user.pk)
    tenants.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")
    return anew(person)


@pytest.fixture(params=["outsider", "insider"])
def member(request):
    return request.getfixturevalue(request.param)


def ask(actor, permission=Permission.PROJECT_CREATE, project_id=None):
    return services.ask_for_access(actor=actor, permission=permission, project_id=project_id)[0]


def test_whoever_asks_lands_on_their_request_and_hears_the_decision(client_as, member, admin):
    client = client_as(member)
    answer = client.post(ASK, {"permission": "project.create", "reason": "A pilot"})
    assert answer.status_code == 303
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert "A pilot" in text_of(page) and "Withdraw" in text_of(page) and "The admin" in text_of(page)
    assert "Permission to create projects" in text_of(client.get(LIST))
    assert "Permission to create projects" in text_of(client_as(admin).get("/t/acme/approvals/"))

    services.decide(actor=admin, case=selectors.asked_by(actor=member).get(), verdict="refused", reason="In spring.")
    told = text_of(client.get(BELL))
    assert "The admin has decided: In spring." in told
    assert "In spring." in text_of(client.get(answer["Location"]))
    assert "In spring." not in text_of(client.get(BELL))


def test_whoever_asked_comments_and_withdraws(client_as, member):
    client, case = client_as(member), ask(member)
    here = f"/t/acme/approvals/{case.pk}/"

    assert client.post(f"{here}comment/", {"text": "It is for March."}).status_code == 303
    assert "It is for March." in text_of(client.get(here))
    assert client.post(f"{here}withdraw/").status_code == 303
    assert "took it back" in text_of(client.get(here))


def test_rest_answers_their_own_request_to_whoever_asked(api_as, client_as, member):
    case = ask(member)
    with_token = api_as(member)
    session = client_as(member, Accept="application/json")

    for client in (with_token, session):
        assert client.get(f"{CASES}{case.pk}/").json()["state"] == "open"
        assert [row["id"] for row in client.get(CASES).json()["results"]] == [str(case.pk)]
        assert client.get(f"{CASES}{case.pk}/comments/").json()["results"] == []
    assert with_token.post(f"{CASES}{case.pk}/withdraw/").status_code == 403
    assert session.post(f"{CASES}{case.pk}/withdraw/").json()["state"] == "withdrawn"


def test_nobody_else_s_case_is_shown_by_it(api_as, client_as, member, viewer, scientist, project, open_case):
    theirs = ask(viewer)
    beside = open_case(make_person(member.tenant, "scientist", "other@acme.test")) if not member.grants else theirs

    for case in (theirs, beside):
        with pytest.raises(NotFound):
            selectors.get_case(actor=member, case_id=case.pk)
        assert client_as(member).get(f"/t/acme/approvals/{case.pk}/").status_code == 404
        assert api_as(member).get(f"{CASES}{case.pk}/").status_code == 404


def test_a_token_that_was_not_made_to_see_cases_sees_not_even_its_owner_s(api_as, member, project):
    case = ask(member)

    assert api_as(member, scopes=["tenant.view"]).get(f"{CASES}{case.pk}/").status_code == 403
    limited = api_as(member, scopes=["approval.view"], project_id=project.pk)
    assert limited.get(f"{CASES}{case.pk}/").status_code == 404


def test_a_program_without_the_permission_is_refused_at_the_door(tenant, project):
    account = ServiceAccount.objects.create(tenant=tenant, name="nightly", role="member")
    _row, token = create_token(tenant=tenant, name="ci", service_account=account)
    client = Client(headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})

    assert client.get(CASES).status_code == 403
    assert client.post(ASK, {"permission": "project.create"}).status_code == 403


def test_what_was_granted_in_their_project_holds(insider, admin, project):
    case = ask(insider, Permission.DATASET_CREATE, project.pk)
    services.decide(actor=admin, case=case, verdict="granted", reason="Fine.")
    sequence_once()
    dispatch_once()

    assert Permission.DATASET_CREATE.value in anew(insider).grants[project.pk]


def test_a_project_that_is_not_theirs_cannot_be_asked_about(outsider, project):
    with pytest.raises((NotFound, AccessDenied)):
        ask(outsider, Permission.DATASET_CREATE, project.pk)


def test_what_is_asked_and_taken_back_is_asked_so_often_and_not_for_ever(outsider, monkeypatch):
    monkeypatch.setattr(policies, "MOST_ASKED", 2)
    for _ in range(2):
        services.withdraw(actor=outsider, case=ask(outsider))
    with pytest.raises(Conflict, match="2 times within a day"):
        ask(outsider)


def test_whoever_is_here_for_support_is_offered_no_way_to_ask_and_has_none(admin, tenant):
    operator = User.objects.create(email="operator@platform.test", name="The operator", is_operator=True)
    tenants.give_support(actor=admin, operator=operator, level="viewer", reason="A page is slow", hours=1)
    browser = Client()
    browser.force_login(operator)

    page = browser.get("/t/acme/settings/groups/")
    assert page.status_code == 403
    assert "ask-for-access" not in page.content.decode()
    refused = browser.post(ASK, {"permission": "run.start"})
    assert refused.status_code == 403
    assert "only the organisation" in text_of(refused)
    assert not ApprovalCase.objects.exists()
