"""PostgreSQL itself keeps tenants apart: every table is listed, forced, and tried with raw SQL of the portal's role."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from foundation.tenancy import scope
from foundation.tenancy.models import Tenant
from foundation.tenancy.row_security import protected_models
from tests.support.people import make_person

PROTECTED = protected_models()
OURS = [
    model
    for model in apps.get_models(include_auto_created=True)
    if model.__module__.startswith(("apps.", "foundation.")) and model._meta.managed and not model._meta.proxy
]
# Tables without a tenant, each for a reason.
SHARED = {
    "identity.User": "people may belong to several tenants; memberships say to which",
    "identity.User_groups": "of people",
    "identity.User_user_permissions": "of people",
    "identity.RevokedToken": "digests alone, for the gateway, which serves all tenants",
    "identity.ServiceCall": "numbers of service tokens, each used once by the gateway, which serves all tenants",
    "features.PlanTable": "one row: the number of what the gateway knows of views, of all tenants",
    "deployments.RouteTable": "one row: the number of the gateway's present routes, which serve all tenants",
    "jobs.JobTicket": "places and leases of jobs, read across tenants by the queues: ids and times alone",
    "jobs.Clockwork": "the system's own periodic tasks",
    "jobs.Worker": "the system's own processes",
    "tenants.SignInAttempt": "digests alone, counted before anybody is known",
}


def named(models):
    return pytest.mark.parametrize("model", models, ids=[model._meta.label for model in models])


def rows(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def points_at(model):
    return [
        field.related_model
        for field in model._meta.get_fields()
        if field.many_to_one or (field.one_to_one and field.concrete)
    ]


@named(OURS)
def test_every_table_of_a_tenant_is_protected(model):
    belongs = Tenant in points_at(model) or any(other in PROTECTED for other in points_at(model))
    has_column = any(field.name in {"tenant", "tenant_id"} for field in model._meta.get_fields())
    if (belongs or has_column) and model._meta.label not in SHARED:
        assert model in PROTECTED, f"{model._meta.label} holds rows of a tenant: inherit TenantModel."


def test_every_table_of_a_package_that_says_something_of_a_person_is_protected():
    people = apps.get_model("identity", "User")
    # Guardian's own table stays empty: grants lie in access.UserGrant.
    unused = {apps.get_model("guardian", "UserObjectPermission")}
    packages = [model for model in apps.get_models(include_auto_created=True) if model not in {*OURS, *unused}]
    of_people = {model for model in packages if people in points_at(model) and model._meta.managed}
    about_these = {model for model in packages if set(points_at(model)) & of_people}
    assert of_people, "allauth's tables are no longer found"
    assert of_people | about_these <= set(PROTECTED)


def test_a_person_sees_and_writes_their_own_factors_alone(scientist, viewer):
    from allauth.mfa.models import Authenticator

    with scope(None, user_id=scientist.user.pk):
        Authenticator.objects.create(user=scientist.user, type="totp", data={})
        refused("UPDATE mfa_authenticator SET user_id = %s", [viewer.user.pk])
    for other in (scope(None), scope(scientist.tenant_id), scope(None, user_id=viewer.user.pk)):
        with other:
            assert not rows("SELECT 1 FROM mfa_authenticator")
            refused(
                "INSERT INTO mfa_authenticator (user_id, type, data, created_at) VALUES (%s, 'totp', '{}', now())",
                [scientist.user.pk],
            )


@named([model for model in OURS if model not in PROTECTED])
def test_every_unprotected_table_is_known_to_hold_nothing_of_a_tenant(model):
    assert model._meta.label in SHARED, f"{model._meta.label}: inherit TenantModel, or say why not in SHARED."


@named(PROTECTED)
def test_row_security_is_on_and_forced_also_for_the_owner(db, model):
    found = rows(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table]
    )
    assert found == [(True, True)]
    policies = rows("SELECT cmd FROM pg_policies WHERE tablename = %s", [model._meta.db_table])
    assert ("ALL",) in policies


@pytest.mark.django_db
def test_the_portals_role_owns_nothing_and_bypasses_nothing():
    role = settings.DATABASE_PORTAL_ROLE
    assert rows("SELECT current_user") == [(role,)]
    assert rows("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = %s", [role]) == [
        (False, False, False)
    ]
    assert rows("SELECT relname FROM pg_class WHERE relowner = %s::regrole", [role]) == []


def test_without_a_scope_raw_sql_sees_no_row_of_anybody(secrets):
    with scope(None):
        seen = {model._meta.label for model in PROTECTED if rows(f'SELECT 1 FROM "{model._meta.db_table}" LIMIT 1')}
    assert not seen


def test_from_another_scope_raw_sql_sees_no_row_of_the_tenant(secrets, tenant, stranger):
    filled = [model for model in PROTECTED if rows(_of_tenant(model), [str(tenant.pk)])]
    expected = {
        "projects.Project",
        "approvals.ApprovalCase",
        "identity.ApiToken",
        "access.UserGrant",
        "ledger.LedgerEvent",
    }
    assert expected <= {model._meta.label for model in filled}
    with scope(stranger.tenant_id):
        seen = {model._meta.label for model in filled if rows(_of_tenant(model), [str(tenant.pk)])}
    assert not seen


def _of_tenant(model):
    column = "id" if model is Tenant else "tenant_id"
    if column not in {field.column for field in model._meta.concrete_fields}:
        return f'SELECT 1 FROM "{model._meta.db_table}" WHERE %s IS NULL'
    return f'SELECT 1 FROM "{model._meta.db_table}" WHERE {column} = %s LIMIT 1'


def test_from_another_scope_nothing_is_changed_or_deleted(secrets, project_table, stranger):
    with scope(stranger.tenant_id), connection.cursor() as cursor:
        for sql in (f"UPDATE {project_table} SET name = 'mine'", f"DELETE FROM {project_table}"):
            cursor.execute(f"{sql} WHERE id = %s", [str(secrets["project"])])
            assert cursor.rowcount == 0


def test_nothing_is_written_into_another_tenant(secrets, tenant, project_table, stranger):
    insert = (
        f"INSERT INTO {project_table} (id, tenant_id, slug, name, description, purpose, created_at) "
        "VALUES (gen_random_uuid(), %s, 'x', 'x', '', 'x', now())"
    )
    with scope(stranger.tenant_id):
        refused(insert, [str(tenant.pk)])
        refused(f"UPDATE {project_table} SET tenant_id = %s", [str(tenant.pk)])


def test_the_portals_role_cannot_lift_the_protection(secrets, project_table, stranger):
    with scope(stranger.tenant_id):
        refused(f"ALTER TABLE {project_table} DISABLE ROW LEVEL SECURITY")
        refused(f"DROP POLICY sanad_scope ON {project_table}")
        refused(f"CREATE POLICY mine ON {project_table} USING (true)")
        refused(f"TRUNCATE {project_table}")
        refused(f"ALTER ROLE {settings.DATABASE_PORTAL_ROLE} BYPASSRLS")
        refused("SET ROLE sanad_owner")
        with transaction.atomic():
            rows("SELECT set_config('row_security', 'off', true)")
            refused(f"SELECT 1 FROM {project_table}")
            transaction.set_rollback(True)


def test_the_scope_ends_with_its_block(secrets, tenant):
    with scope(None):
        with scope(tenant.pk):
            assert rows("SELECT 1 FROM projects_project LIMIT 1")
        assert not rows("SELECT 1 FROM projects_project LIMIT 1")


def test_one_person_sees_their_own_memberships_and_nobody_elses(secrets, admin, scientist):
    with scope(None, user_id=scientist.user.pk):
        assert rows("SELECT user_id FROM access_membership") == [(scientist.user.pk,)]


def test_a_digest_shows_its_own_token_or_invitation_and_no_other(secrets, admin, tenant):
    from apps.tenants.models import Invitation

    digest = Invitation.objects.get(pk=secrets["invitation"]).digest
    make_person(tenant, "viewer")
    with scope(None):
        rows("SELECT set_config('sanad.invitation_digest', %s, true)", [digest])
        assert rows("SELECT digest FROM tenants_invitation") == [(digest,)]
        assert rows("SELECT 1 FROM identity_apitoken") == []
        rows("SELECT set_config('sanad.invitation_digest', '', true)")


@pytest.fixture
def project_table():
    return apps.get_model("projects", "Project")._meta.db_table


def refused(sql, params=None):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
