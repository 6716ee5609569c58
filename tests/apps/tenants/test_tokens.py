"""Tokens: no wider and no longer than their maker, void everywhere once revoked, each act on the ledger."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from apps.tenants import selectors, services
from foundation import ledger
from foundation.access.actors import actor_for_token
from foundation.clock import now
from foundation.errors import AccessDenied, Invalid
from foundation.identity import Actor, tokens
from foundation.tenancy import scope
from tests.support.people import make_person

NOON = now()
WEEK = timedelta(days=7)


def make(actor, **changes):
    given = {"name": "laptop", "scopes": ["*"], "expires_at": NOON + WEEK, "now": NOON} | changes
    return services.create_token(actor=actor, **given)


def kinds_of(row):
    return [event.kind for event in ledger.events_of(subject=("token", row.pk))]


def test_a_token_is_made_shown_once_and_recorded_without_its_name(scientist):
    row, text = make(scientist)

    assert text.startswith("snd_")
    assert text not in str(vars(row))
    event = ledger.events_of(subject=("token", row.pk))[0]
    assert (event.kind, event.payload["everything"]) == ("token.created", True)
    assert "laptop" not in str(event.payload)


def test_a_viewer_makes_no_token(viewer):
    with pytest.raises(AccessDenied, match=r"token\.create"):
        make(viewer)


def test_nobody_gives_a_permission_that_they_do_not_hold(scientist):
    with pytest.raises(AccessDenied, match=r"approval\.decide"):
        make(scientist, scopes=["approval.decide"])


def test_an_unknown_permission_is_named(scientist):
    with pytest.raises(Invalid, match=r"dataset\.burn"):
        make(scientist, scopes=["dataset.burn"])


@pytest.mark.parametrize("expires_at", [None, NOON, NOON + timedelta(days=400)])
def test_a_token_ends_within_a_year(scientist, expires_at):
    with pytest.raises(Invalid) as refusal:
        make(scientist, expires_at=expires_at)
    assert list(refusal.value.fields) == ["expires_at"]


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("scopes", [])])
def test_name_and_scopes_are_wanted(scientist, field, value):
    with pytest.raises(Invalid) as refusal:
        make(scientist, **{field: value})
    assert list(refusal.value.fields) == [field]


def test_a_limited_token_cannot_make_a_wider_or_longer_one(scientist):
    project = uuid4()
    row, _ = make(scientist, scopes=["token.create", "run.view"], project_id=project)
    limited = actor_for_token(row=row, address=None)

    with pytest.raises(AccessDenied, match="everything"):
        make(limited, project_id=project)
    with pytest.raises(AccessDenied, match=r"run\.start"):
        make(limited, scopes=["run.start"], project_id=project)
    with pytest.raises(AccessDenied, match="one project"):
        make(limited, scopes=["run.view"])
    with pytest.raises(AccessDenied, match="longer than itself"):
        make(limited, scopes=["run.view"], project_id=project, expires_at=NOON + 2 * WEEK)


@pytest.mark.parametrize("scope", ["member.manage", "tenant.manage", "project.create", "ledger.export"])
def test_a_token_for_one_project_is_given_nothing_that_concerns_the_whole_tenant(admin, tenant, scope):
    with pytest.raises(Invalid, match=scope) as refusal:
        make(admin, scopes=["run.view", scope], project_id=uuid4())
    assert list(refusal.value.fields) == ["scopes"]
    with pytest.raises(Invalid, match=scope):
        services.issue_workload_token(
            actor=Actor.system(tenant), project_id=uuid4(), purpose="run:1", scopes=[scope], ttl=WEEK
        )
    assert make(admin, scopes=[scope])


def test_a_revoked_token_is_void_and_the_gateway_hears_of_it(scientist):
    row, text = make(scientist)
    before, _ = tokens.revoked_since(0)

    services.revoke_token(actor=scientist, token=row, now=NOON)

    assert tokens.find_token(text, now=NOON) is None
    assert tokens.revoked_since(before)[1] == [row.digest]
    assert kinds_of(row) == ["token.revoked", "token.created"]


def test_revoking_twice_records_once(scientist):
    row, _ = make(scientist)
    for _ in range(2):
        services.revoke_token(actor=scientist, token=row, now=NOON)

    assert kinds_of(row) == ["token.revoked", "token.created"]


def test_only_the_owner_or_an_administrator_revokes(scientist, admin, tenant):
    row, _ = make(scientist)
    with pytest.raises(AccessDenied, match="owner"):
        services.revoke_token(actor=make_person(tenant, "scientist", "else@acme.test"), token=row, now=NOON)

    assert services.revoke_token(actor=admin, token=row, now=NOON).revoked_at == NOON


def test_a_member_sees_their_own_tokens_and_an_administrator_all(scientist, admin, other_scientist):
    row, _ = make(scientist)
    with scope(other_scientist.tenant_id):
        make(other_scientist)
    services.issue_workload_token(
        actor=scientist, project_id=uuid4(), purpose="run:1", scopes=["run.track"], ttl=timedelta(hours=1)
    )

    assert list(selectors.visible_tokens(actor=scientist)) == [row]
    assert list(selectors.visible_tokens(actor=admin)) == [row]


def test_a_workload_token_is_narrow_short_and_renewed_while_it_works(scientist, tenant):
    project = uuid4()
    row, text = services.issue_workload_token(
        actor=scientist, project_id=project, purpose="run:1", scopes=["run.track"], ttl=timedelta(minutes=5)
    )
    workload = actor_for_token(row=row, address=None)
    assert (workload.kind, workload.project_id, workload.scopes) == ("workload", project, {"run.track"})

    later = now() + timedelta(minutes=4)
    assert services.renew_workload_token(tenant=tenant, purpose="run:1", ttl=timedelta(minutes=5), now=later) == 1
    assert tokens.find_token(text, now=later + timedelta(minutes=4)) is not None

    assert services.revoke_workload_tokens(tenant=tenant, purpose="run:1", now=later) == 1
    assert tokens.find_token(text, now=later) is None
    assert services.renew_workload_token(tenant=tenant, purpose="run:1", ttl=WEEK, now=later) == 0
    assert kinds_of(row) == ["token.revoked", "token.created"]


def test_a_workload_gets_no_right_that_its_starter_has_not(viewer):
    with pytest.raises(AccessDenied, match=r"run\.track"):
        services.issue_workload_token(actor=viewer, project_id=uuid4(), purpose="run:1", scopes=["run.track"], ttl=WEEK)


def test_a_workload_cannot_make_tokens(scientist):
    row, _ = services.issue_workload_token(
        actor=scientist, project_id=uuid4(), purpose="run:1", scopes=["token.create"], ttl=WEEK
    )
    with pytest.raises(AccessDenied, match="Only a person"):
        make(actor_for_token(row=row, address=None), scopes=["token.create"])


def test_the_portal_itself_issues_tokens_for_what_it_restarts(tenant):
    row, _ = services.issue_workload_token(
        actor=Actor.system(tenant), project_id=uuid4(), purpose="revision:1", scopes=["run.track"], ttl=WEEK
    )
    assert row.purpose == "revision:1"


def test_last_use_says_from_where_also_behind_the_front_door(scientist):
    row, text = make(scientist)
    client = Client(headers={"Authorization": f"Bearer {text}", "X-Forwarded-For": "2001:db8::7"})
    client.get("/api/v1/projects/", REMOTE_ADDR="")

    row.refresh_from_db()
    assert (row.last_used_at is not None, row.last_used_from) == (True, "2001:db8::7")
