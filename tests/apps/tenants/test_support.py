"""A platform operator sees nothing of a tenant until it lets them in: for some hours, at a level, on its ledger."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from apps.projects import selectors as projects
from apps.tenants import selectors, services
from apps.tenants.selectors import platform
from foundation import access, ledger
from foundation.access import Permission
from foundation.access.actors import actor_for_user
from foundation.access.models import SupportGrant
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.identity.models import User
from foundation.live.visitors import Visitor
from foundation.live.watching import no_longer_welcome
from tests.support.forms import send_form

PAGE = "/t/acme/settings/support/"
WORDS = {"level": "viewer", "reason": "A run hangs", "hours": 4}


@pytest.fixture
def browser(operator):
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def asked(operator, tenant):
    return services.ask_support(operator=operator, tenant_id=tenant.pk, **WORDS)


@pytest.fixture
def granted(admin, asked):
    return services.grant_support(actor=admin, grant=asked)


def given(admin, operator, level="admin"):
    return services.give_support(actor=admin, operator=operator, **WORDS | {"level": level})


def let_time_pass(grant):
    """Set the row as if its hours were over; the database's clock goes on."""
    SupportGrant.objects.filter(pk=grant.pk).update(
        granted_at=now() - timedelta(hours=9), ends_at=now() - timedelta(seconds=1)
    )


def test_asking_opens_nothing(browser, project, asked):
    for page in ("/t/acme/", "/t/acme/p/flights/", "/t/acme/settings/members/"):
        assert browser.get(page).status_code == 404
    assert browser.get("/api/v1/projects/", headers={"X-Sanad-Tenant": "acme"}).status_code == 404


def test_an_administrator_is_told_and_lets_the_operator_in(admin, operator, browser, asked, client_as):
    client = client_as(admin)
    assert "asks to come in" in client.get("/t/acme/").content.decode()
    assert "A run hangs" in client.get(PAGE).content.decode()

    assert client.post(f"{PAGE}{asked.pk}/grant/").status_code == 303
    shown = browser.get("/t/acme/").content.decode()
    assert "for platform support" in shown
    assert "Viewer" in shown
    guest = actor_for_user(user=operator, tenant=admin.tenant)
    assert (guest.kind, guest.label) == ("user", "The operator · platform support")


def test_a_hundred_that_were_given_unasked_hide_nothing(admin, operator, asked, browser, client_as):
    """What waits comes first, and an operator takes back their own however many others there are."""
    long_ago = now() - timedelta(days=40)
    words = {"tenant": admin.tenant, "user": operator, "level": "viewer", "reason": "Given", "hours": 1}
    ended = {"granted_at": long_ago, "ends_at": long_ago, "ended_at": long_ago}
    SupportGrant.objects.bulk_create(SupportGrant(**words, **ended) for _number in range(120))
    assert f"{PAGE}{asked.pk}/grant/" in client_as(admin).get(PAGE).content.decode()
    assert platform.support_of_platform(operator=operator)[0] == asked

    oldest = SupportGrant.objects.filter(ended_at=long_ago).order_by("pk").first()
    assert platform.get_support_of_platform(operator=operator, grant_id=oldest.pk).tenant == admin.tenant
    found = platform.get_support_of_platform(operator=operator, grant_id=asked.pk)
    services.grant_support(actor=admin, grant=found)
    assert platform.support_of_platform(operator=operator)[0] == asked, "it is the newest"
    stranger = User.objects.create(email="second@portal.test", name="Second", is_operator=True)
    with pytest.raises(NotFound):
        platform.get_support_of_platform(operator=stranger, grant_id=asked.pk)


def test_it_ends_by_its_time_whether_or_not_anything_ran(browser, granted):
    assert browser.get("/t/acme/").status_code == 200
    let_time_pass(granted)
    assert browser.get("/t/acme/").status_code == 404

    assert services.end_expired_support() == 1
    ended = ledger.events_of(subject=("support", granted.pk))[0]
    assert (ended.kind, ended.payload["how"], ended.actor_kind) == ("support.ended", "expired", "system")


def test_it_ends_at_once_when_the_tenant_ends_it(admin, operator, browser, granted, client_as):
    guest = Visitor(actor_for_user(user=operator, tenant=admin.tenant))
    assert not no_longer_welcome([guest], now=now())

    client_as(admin).post(f"{PAGE}{granted.pk}/end/")
    assert browser.get("/t/acme/").status_code == 404
    assert guest in no_longer_welcome([guest], now=now())


def test_a_viewer_of_the_platform_does_no_act_of_an_administrator(admin, operator, browser, granted):
    guest = actor_for_user(user=operator, tenant=admin.tenant)
    assert access.can(guest, Permission.PROJECT_VIEW)
    for permission in (Permission.TENANT_MANAGE, Permission.MEMBER_MANAGE, Permission.RUN_START):
        assert not access.can(guest, permission)
    assert browser.get("/t/acme/settings/organisation/").status_code == 403
    assert send_form(browser, "/t/acme/settings/members/", {"email": "a@b.test", "role": "admin"}).status_code != 303


def test_an_administrator_of_the_platform_makes_nothing_that_outlives_the_visit(admin, operator, browser):
    given(admin, operator)
    guest = actor_for_user(user=operator, tenant=admin.tenant)
    assert access.can(guest, Permission.TENANT_MANAGE)
    for permission in (Permission.MEMBER_MANAGE, Permission.TOKEN_CREATE, Permission.APPROVAL_DECIDE):
        assert not access.can(guest, permission)
    with pytest.raises(AccessDenied, match="own people"):
        words = {"name": "mine", "scopes": ["*"], "project_id": None, "networks": []}
        services.create_token(actor=guest, **words, expires_at=now() + timedelta(days=1), now=now())
    with pytest.raises(AccessDenied, match="own people"):
        services.set_second_factor_rule(actor=guest, required=False, grace_days=0, now=now())
    with pytest.raises(AccessDenied, match="own people"):
        services.set_budget(actor=guest, project_id=None, soft_limit=None, hard_limit=1_000_000)
    with pytest.raises(AccessDenied, match="own people"):
        services.set_quota(actor=guest, project_id=None, gpus=64)
    with pytest.raises(AccessDenied, match="own people"):
        services.edit_tenant(actor=guest, name="Mine", name_ar="", zones=["US"])


def test_nobody_who_is_in_by_support_lengthens_it_or_lets_others_in(admin, operator):
    given(admin, operator)
    guest = actor_for_user(user=operator, tenant=admin.tenant)
    with pytest.raises(AccessDenied, match="own people"):
        services.give_support(actor=guest, operator=operator, **WORDS)


def test_what_they_do_stands_on_the_ledger_under_their_name(admin, operator, browser):
    grant = given(admin, operator)
    words = {"slug": "looking", "name": "Looking into it", "purpose": "Why the run hangs"}
    assert send_form(browser, "/t/acme/projects/new/", words).status_code == 303
    made = ledger.events_of(subject=("project", projects.get_project(actor=admin, slug="looking").pk))[-1]
    assert (made.kind, made.actor_kind, made.actor_id) == ("project.created", "user", operator.pk)
    names = selectors.names_of(actor=admin, user_ids=[operator.pk])
    assert names == {operator.pk: "The operator · platform support"}
    services.end_support(actor=admin, grant=grant)
    kinds = [event.kind for event in ledger.events_of(subject=("support", grant.pk))]
    assert kinds == ["support.ended", "support.granted"]


def test_the_panel_says_who_can_see_this_and_why(admin, operator, project, granted):
    found = selectors.who_can(actor=admin, permission=Permission.DATASET_VIEW, project_id=project.pk)
    ways = next(reach.ways for reach in found if reach.id == operator.pk)
    assert ways[0].startswith("platform support as Viewer, until")
    may_decide = selectors.who_can(actor=admin, permission=Permission.APPROVAL_DECIDE, project_id=project.pk)
    assert operator.pk not in {reach.id for reach in may_decide}

    let_time_pass(granted)
    found = selectors.who_can(actor=admin, permission=Permission.DATASET_VIEW, project_id=project.pk)
    assert operator.pk not in {reach.id for reach in found}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"hours": 73}, "72"), ({"hours": 0}, "72"), ({"reason": " "}, "what"), ({"level": "officer"}, "viewer")],
)
def test_what_is_asked_wrongly_is_refused_in_words(operator, tenant, wrong, why):
    with pytest.raises(Invalid, match=why):
        services.ask_support(operator=operator, tenant_id=tenant.pk, **WORDS | wrong)


def test_one_request_at_a_time_and_a_refused_one_opens_nothing(admin, operator, browser, asked):
    with pytest.raises(Conflict, match="already"):
        services.ask_support(operator=operator, tenant_id=admin.tenant_id, **WORDS)
    services.refuse_support(actor=admin, grant=asked)
    assert browser.get("/t/acme/").status_code == 404
    with pytest.raises(Conflict, match="decided"):
        services.grant_support(actor=admin, grant=asked)
    services.ask_support(operator=operator, tenant_id=admin.tenant_id, **WORDS)


def test_only_an_operator_asks_and_only_of_themselves(admin, scientist, operator, granted):
    with pytest.raises(NotFound):
        services.ask_support(operator=scientist.user, tenant_id=admin.tenant_id, **WORDS)
    scientist.user.is_operator = True
    with pytest.raises(NotFound):
        services.leave_support(operator=scientist.user, grant=granted)


def test_whoever_is_an_operator_no_longer_is_out_at_once(operator, browser, granted):
    assert browser.get("/t/acme/").status_code == 200
    services.make_operator(email=operator.email, operator=False)
    assert browser.get("/t/acme/").status_code == 404


def test_a_grant_of_one_tenant_opens_no_other(operator, browser, granted, other_tenant):
    assert browser.get("/t/other/").status_code == 404
    with pytest.raises(NotFound):
        actor_for_user(user=operator, tenant=other_tenant)


def test_row_level_security_keeps_grants_to_tenant_and_operator(operator, granted, other_tenant, scientist):
    from foundation.tenancy import scope

    def seen(**where):
        with scope(where.get("tenant"), user_id=where.get("user")), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM access_supportgrant")
            return cursor.fetchone()[0]

    assert seen(tenant=granted.tenant_id) == seen(user=operator.pk) == 1
    assert seen(tenant=other_tenant.pk) == seen(user=scientist.user.pk) == 0


def test_a_member_who_operates_the_portal_is_not_offered_to_themselves(admin, operator, client_as):
    User.objects.filter(pk=admin.user.pk).update(is_operator=True)
    assert selectors.operators_to_let_in(actor=admin) == [operator]
    assert f'value="{admin.user.pk}"' not in client_as(admin).get(PAGE).content.decode()
